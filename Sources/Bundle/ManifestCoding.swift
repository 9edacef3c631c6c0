public import Faults
public import Sealing
public import StrictJSON

extension Manifest {
    /// Reads a manifest.
    ///
    /// Unknown fields are passed over: a field that an older agent must not pass over comes with a
    /// higher `requires.agent`.
    ///
    /// - Parameter bytes: the payload of an envelope whose signatures were verified.
    /// - Throws: a `Fault` of code `malformed` that names the field, or `unsupported`.
    public init(reading bytes: [UInt8]) throws(Fault) {
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: BundleLimits.manifestBytes))
        let fields = try JSONFields(json, path: "manifest")
        let format: UInt16 = try fields.integer("format", in: 1...UInt16.max)
        guard format == BundleLimits.formatVersion else {
            throw Fault(
                .unsupported,
                "The manifest has format \(format); this release reads format "
                    + "\(BundleLimits.formatVersion).", advice: "Update the agent first.")
        }
        let requires = try fields.object("requires")
        let tree = try fields.object("tree")
        let stream = try fields.object("stream")
        let index = try fields.object("index")
        let maximum = BundleLimits.streamBytes
        self.init(
            bundle: try fields.bundleID("bundle"),
            application: try fields.string("application", limit: 64),
            version: try fields.string("version", limit: 64),
            releaseCounter: try fields.integer("releaseCounter", in: 1...UInt64(1) << 62),
            summary: try fields.optionalString("summary", limit: 1024) ?? "",
            compatible: try fields.strings("compatible", limit: 256, length: 128),
            requirements: Requirements(
                architecture: try requires.optionalString("architecture", limit: 32),
                processorFeatures: try requires.strings(
                    "processorFeatures", limit: 64, length: 32),
                memory: try requires.integer("memory", in: 0...maximum),
                accelerator: try requires.optionalString("accelerator", limit: 64),
                agent: try requires.string("agent", limit: 32)),
            tree: Tree(
                digest: try tree.digest("digest"),
                entries: try tree.integer("entries", in: 1...BundleLimits.treeEntries),
                bytes: try tree.integer("bytes", in: 0...maximum),
                diskBytes: try tree.integer("diskBytes", in: 0...2 * maximum)),
            stream: Stream(
                length: try stream.integer("length", in: 1...maximum),
                digest: try stream.digest("digest")),
            index: Index(
                length: try index.integer("length", in: 1...Int64(1) << 32),
                pages: try index.integer("pages", in: 1...BundleLimits.pages),
                chunks: try index.integer("chunks", in: 1...BundleLimits.chunks),
                paths: try index.integer("paths", in: 0...BundleLimits.basePaths),
                table: try index.digest("table")),
            packLength: try fields.object("pack").integer("length", in: 0...BundleLimits.packBytes),
            commitment: try fields.optionalObject("sealing").reading { (sealing) throws(Fault) in
                let cipher = try sealing.string("cipher", limit: 64)
                guard cipher == "chacha20-poly1305" else {
                    throw Fault(
                        .unsupported,
                        "The bundle is sealed with “\(cipher)”; this release opens "
                            + "chacha20-poly1305.")
                }
                return try sealing.digest("commitment")
            },
            delta: try fields.optionalObject("delta").reading { (delta) throws(Fault) in
                Delta(
                    baseTree: try delta.digest("baseTree"),
                    baseVersion: try delta.string("baseVersion", limit: 64),
                    full: try delta.bundleID("full"))
            },
            smoke: try SmokeSpecification(fields.object("smoke")),
            probation: try ProbationSpecification(fields.object("probation")),
            reference: fields.has("reference") ? fields.value["reference"] : nil,
            provenance: fields.has("provenance") ? fields.value["provenance"] : nil)
        guard (delta == nil) == (self.index.paths == 0) else {
            throw Fault(
                .malformed,
                "The manifest has \(self.index.paths) base paths and \(delta == nil ? "no" : "a") "
                    + "delta; a delta has some, and only a delta has any.")
        }
        for name in [application, version] where !Manifest.isName(name) {
            throw Fault(
                .malformed,
                "“\(name)” is no acceptable application name or version: letters, "
                    + "digits and . _ + - alone, not beginning with a dot or dash.")
        }
    }

    /// Whether a text can be an application's name or version: it is shown and compared, never
    /// used as a path, and yet could safely be one.
    public static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
        return first != UInt8(ascii: ".") && first != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The manifest as JSON, its fields in a fixed order.
    public var json: JSONValue {
        .members([
            ("format", .integer(BundleLimits.formatVersion)),
            ("bundle", .string(Hex.encode(bundle))),
            ("application", .string(application)),
            ("version", .string(version)),
            ("releaseCounter", .integer(releaseCounter)),
            ("summary", summary.isEmpty ? nil : .string(summary)),
            ("compatible", .array(compatible.map(JSONValue.string))),
            (
                "requires",
                .members([
                    ("architecture", requirements.architecture.map(JSONValue.string)),
                    (
                        "processorFeatures",
                        .array(requirements.processorFeatures.map(JSONValue.string))
                    ),
                    ("memory", .integer(requirements.memory)),
                    ("accelerator", requirements.accelerator.map(JSONValue.string)),
                    ("agent", .string(requirements.agent)),
                ])
            ),
            (
                "tree",
                .members([
                    ("digest", .string(tree.digest.hex)), ("entries", .integer(tree.entries)),
                    ("bytes", .integer(tree.bytes)), ("diskBytes", .integer(tree.diskBytes)),
                ])
            ),
            (
                "stream",
                .members([
                    ("length", .integer(stream.length)), ("digest", .string(stream.digest.hex)),
                ])
            ),
            (
                "index",
                .members([
                    ("length", .integer(index.length)), ("pages", .integer(index.pages)),
                    ("chunks", .integer(index.chunks)), ("paths", .integer(index.paths)),
                    ("table", .string(index.table.hex)),
                ])
            ),
            ("pack", .members([("length", .integer(packLength))])),
            (
                "sealing",
                commitment.map {
                    .members([
                        ("cipher", .string("chacha20-poly1305")), ("commitment", .string($0.hex)),
                    ])
                }
            ),
            (
                "delta",
                delta.map {
                    .members([
                        ("baseTree", .string($0.baseTree.hex)),
                        ("baseVersion", .string($0.baseVersion)),
                        ("full", .string(Hex.encode($0.full))),
                    ])
                }
            ),
            ("smoke", smoke.json),
            ("probation", probation.json),
            ("reference", reference),
            ("provenance", provenance),
        ])
    }
}

extension JSONFields {
    /// A SHA-256 digest as 64 lower-case hexadecimal digits.
    public func digest(_ key: String) throws(Fault) -> Digest {
        let text = try string(key, limit: 64)
        guard let digest = Digest(hex: text) else {
            throw Fault(.malformed, "“\(path).\(key)” is not a SHA-256 digest in hexadecimal.")
        }
        return digest
    }

    /// A bundle's id as 32 lower-case hexadecimal digits.
    func bundleID(_ key: String) throws(Fault) -> [UInt8] {
        guard let id = Hex.decode(try string(key, limit: 32)), id.count == 16 else {
            throw Fault(.malformed, "“\(path).\(key)” is not a bundle id of 32 digits.")
        }
        return id
    }
}

extension Optional {
    /// `map` for closures with typed throws.
    fileprivate func reading<Result>(
        _ transform: (Wrapped) throws(Fault) -> Result
    ) throws(Fault) -> Result? {
        guard let self else { return nil }
        return try transform(self)
    }
}
