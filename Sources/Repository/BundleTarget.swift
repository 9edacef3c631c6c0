public import Bundle
public import Faults
public import Sealing
public import StrictJSON

/// What a repository says of a bundle beside its envelope's digest (`custom` of a TUF target).
///
/// A hint for choosing, as the manifest alone says what a bundle is: what was chosen by it must be equal
/// to ``init(_:)`` of the manifest.
public struct BundleTarget: Sendable, Equatable {
    /// The member of `custom` that holds it.
    public static let key = "nacelle"

    /// The application.
    public var application: String
    /// The version, for people.
    public var version: String
    /// The release counter, by which versions are compared.
    public var releaseCounter: UInt64
    /// The machines that may run it.
    public var machines: [String]
    /// The processor architecture; `nil` where any will do.
    public var architecture: String?
    /// The bundle's id, 16 bytes.
    public var bundle: [UInt8]
    /// The tree digest of the version.
    public var tree: Digest
    /// Of a delta: what it builds on, and the full bundle that it stands for.
    public var delta: Manifest.Delta?
    /// Bytes of the index.
    public var index: Int64
    /// Bytes of the pack.
    public var pack: Int64
    /// Bytes of the unpacked files.
    public var bytes: Int64

    /// What there is to say of a bundle.
    public init(_ manifest: Manifest) {
        application = manifest.application
        version = manifest.version
        releaseCounter = manifest.releaseCounter
        machines = manifest.compatible
        architecture = manifest.requirements.architecture
        bundle = manifest.bundle
        tree = manifest.tree.digest
        delta = manifest.delta
        index = manifest.index.length
        pack = manifest.packLength
        bytes = manifest.tree.bytes
    }

    /// Reads what a target's `custom` says; `nil` where it does not speak of a bundle.
    ///
    /// - Throws: a `Fault` of code `malformed` where it does, wrongly.
    public init?(custom: JSONValue?) throws(Fault) {
        guard let value = custom?[BundleTarget.key] else { return nil }
        let fields = try JSONFields(value, path: "custom.\(BundleTarget.key)")
        application = try fields.string("application", limit: 64)
        version = try fields.string("version", limit: 64)
        guard Manifest.isName(application), Manifest.isName(version) else {
            throw Fault(
                .malformed,
                "“\(fields.path)” names an application or a version that no bundle can have.")
        }
        releaseCounter = try fields.integer("release-counter", in: 0...UInt64.max)
        machines = try fields.strings("machines", limit: 256, length: 128)
        architecture = try fields.optionalString("architecture", limit: 64)
        bundle = try BundleTarget.identifier(fields, "bundle")
        tree = try BundleTarget.digest(fields, "tree")
        delta = try fields.optionalObject("delta").map { (fields) throws(Fault) in
            Manifest.Delta(
                baseTree: try BundleTarget.digest(fields, "base-tree"),
                baseVersion: try fields.string("base-version", limit: 64),
                full: try BundleTarget.identifier(fields, "full"))
        }
        index = try fields.integer("index", in: 0...BundleLimits.indexBytes)
        pack = try fields.integer("pack", in: 0...BundleLimits.packBytes)
        bytes = try fields.integer("bytes", in: 0...Int64.max)
    }

    /// The value of a target's `custom`.
    public var custom: JSONValue {
        .members([
            (
                BundleTarget.key,
                .members([
                    ("application", .string(application)),
                    ("version", .string(version)),
                    ("release-counter", .integer(releaseCounter)),
                    ("machines", .array(machines.map { .string($0) })),
                    ("architecture", architecture.map { .string($0) }),
                    ("bundle", .string(Hex.encode(bundle))),
                    ("tree", .string(tree.hex)),
                    (
                        "delta",
                        delta.map {
                            .members([
                                ("base-tree", .string($0.baseTree.hex)),
                                ("base-version", .string($0.baseVersion)),
                                ("full", .string(Hex.encode($0.full))),
                            ])
                        }
                    ),
                    ("index", .integer(index)),
                    ("pack", .integer(pack)),
                    ("bytes", .integer(bytes)),
                ])
            )
        ])
    }

    private static func digest(_ fields: JSONFields, _ key: String) throws(Fault) -> Digest {
        guard let digest = Digest(hex: try fields.string(key, limit: 64)) else {
            throw Fault(.malformed, "“\(fields.path).\(key)” is no SHA-256 in hexadecimal.")
        }
        return digest
    }

    private static func identifier(_ fields: JSONFields, _ key: String) throws(Fault) -> [UInt8] {
        guard let bytes = Hex.decode(try fields.string(key, limit: 32)), bytes.count == 16 else {
            throw Fault(.malformed, "“\(fields.path).\(key)” is no id of 32 hexadecimal digits.")
        }
        return bytes
    }
}
