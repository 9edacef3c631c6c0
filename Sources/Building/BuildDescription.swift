// Building: everything that makes a bundle from a tree: description, chunks, pack, signatures; and
// what looks into one. For the CI side; no device runs it.

public import Bundle
internal import DurableFiles
public import Faults
internal import Sealing
internal import YAML

/// What is to be built: the content of a `bundle.yaml`, checked as far as it can be without the tree.
public struct BuildDescription: Sendable {
    /// The longest description, in bytes.
    public static let byteLimit = 1 << 20

    /// The directory to which the description's paths are relative.
    public let directory: String
    /// The application that the bundle is a version of.
    public let application: String
    /// The version, for people.
    public let version: String
    /// Counts releases of the application.
    public let releaseCounter: UInt64
    /// One line for people.
    public let summary: String
    /// The machines that may run it.
    public let compatible: [String]
    /// What a machine must have.
    public let requirements: Manifest.Requirements
    /// Which files are sealed.
    public let seal: SealRules
    /// Public key files of those who can open it, as paths from here.
    public let recipients: [String]
    /// How the archive stream is cut.
    public let chunks: ChunkSizes
    /// zstd's level.
    public let level: Int
    /// How the version proves itself before it is swapped in.
    public let smoke: SmokeSpecification
    /// How it is watched after.
    public let probation: ProbationSpecification

    /// Where its reference comes from, if it has one.
    let reference: ReferenceDescription?
    /// Documents on where the version comes from.
    let provenance: [ProvenanceSource]
    let sources: [TreeSource]
    let fields: YAMLFields

    /// Reads a description.
    ///
    /// - Parameter path: the file.
    /// - Returns: what it says.
    /// - Throws: a `Fault` of code `source` that begins with file, line and column, or that of
    ///   reading the file.
    public static func read(path: String) throws(Fault) -> BuildDescription {
        let bytes = try FilePlace.read(path, limit: byteLimit)
        let parent = try FilePlace(path).parent
        return try BuildDescription(bytes, file: path, directory: parent)
    }

    /// Reads a description from its bytes.
    ///
    /// - Parameters:
    ///   - bytes: the YAML text.
    ///   - file: its name, for messages.
    ///   - directory: where the paths in it start.
    /// - Throws: a `Fault` of code `source`.
    public init(_ bytes: [UInt8], file: String, directory: String) throws(Fault) {
        let fields = try YAMLReader.read(bytes, file: file, code: .source)
        try fields.refuseUnknownKeys(known: [
            "application", "version", "release-counter", "summary", "compatible", "requires",
            "tree", "seal", "chunks", "compression", "smoke", "probation", "reference",
            "provenance",
        ])
        self.fields = fields
        self.directory = directory
        application = try fields.bundleName("application")
        version = try fields.bundleName("version")
        releaseCounter = try fields.integer("release-counter", in: 1...UInt64(1) << 62)
        summary = try fields.optionalString("summary", limit: 1024) ?? ""
        compatible = try fields.strings("compatible", limit: 256, length: 128)
        guard !compatible.isEmpty else {
            throw fields.fault("compatible", "is empty; no machine would take the bundle")
        }
        requirements = try DescriptionParts.requirements(try fields.optionalMapping("requires"))
        provenance = try ProvenanceSource.read(fields)
        sources = try DescriptionParts.sources(fields) + provenance.compactMap(\.treeSource)
        let seal = try fields.optionalMapping("seal")
        self.seal = try DescriptionParts.sealRules(seal)
        recipients = try DescriptionParts.recipients(seal).map { path in
            SourceTree.resolve(path, below: directory)
        }
        chunks = try DescriptionParts.chunks(try fields.optionalMapping("chunks"))
        level = try DescriptionParts.level(try fields.optionalMapping("compression"))
        smoke = try SmokeReader.read(try fields.mapping("smoke"))
        probation = try DescriptionParts.probation(try fields.optionalMapping("probation"))
        reference = try ReferenceDescription.read(fields, smoke, below: directory)
    }
}

extension YAMLFields {
    /// A name or version as manifests accept it.
    fileprivate func bundleName(_ key: String) throws(Fault) -> String {
        let name = try string(key, limit: 64)
        guard Manifest.isName(name) else {
            throw fault(
                key,
                "is “\(name)”; letters, digits and . _ + - were expected, not beginning with a dot "
                    + "or dash")
        }
        return name
    }
}
