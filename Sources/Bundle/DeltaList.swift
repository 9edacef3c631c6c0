public import Faults
public import Sealing
public import StrictJSON

/// The deltas that stand beside a full bundle, as its signers list them.
///
/// The list is the payload of a DSSE envelope of its own type, in a file of the full bundle's name
/// and ``suffix``. It is a hint for choosing: each delta's own manifest is what a device goes by.
public struct DeltaList: Sendable, Equatable {
    /// What is appended to the full bundle's file name.
    public static let suffix = ".deltas"
    /// The longest list, in bytes of JSON.
    public static let limit = 512 << 10
    /// The most deltas in one.
    public static let deltaLimit = 256
    /// Bytes of the longest file name.
    public static let nameLimit = 255

    /// One delta.
    public struct Entry: Sendable, Equatable {
        /// The file's name, beside the list.
        public var file: String
        /// Its bundle id.
        public var bundle: [UInt8]
        /// Tree digest of the version that it builds on.
        public var baseTree: Digest
        /// That version, for people.
        public var baseVersion: String
        /// Bytes of the whole file.
        public var length: Int64
        /// Bytes of its index.
        public var index: Int64
        /// Bytes of its pack.
        public var pack: Int64

        /// Makes an entry.
        public init(
            file: String, bundle: [UInt8], baseTree: Digest, baseVersion: String, length: Int64,
            index: Int64, pack: Int64
        ) {
            self.file = file
            self.bundle = bundle
            self.baseTree = baseTree
            self.baseVersion = baseVersion
            self.length = length
            self.index = index
            self.pack = pack
        }
    }

    /// The application.
    public var application: String
    /// The version that all of them give, for people.
    public var version: String
    /// Its release counter.
    public var releaseCounter: UInt64
    /// Its tree digest.
    public var tree: Digest
    /// Id of the full bundle.
    public var full: [UInt8]
    /// The deltas, each from a base of its own.
    public private(set) var deltas: [Entry]

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - manifest: the full bundle's manifest.
    ///   - deltas: its deltas.
    public init(of manifest: Manifest, deltas: [Entry] = []) {
        application = manifest.application
        version = manifest.version
        releaseCounter = manifest.releaseCounter
        tree = manifest.tree.digest
        full = manifest.bundle
        self.deltas = deltas
    }

    /// Whether the list is that of a full bundle.
    public func belongs(to manifest: Manifest) -> Bool {
        application == manifest.application && tree == manifest.tree.digest
            && releaseCounter == manifest.releaseCounter && full == manifest.bundle
    }

    /// The delta that builds on a tree; `nil` where there is none.
    public func delta(from base: Digest) -> Entry? { deltas.first { $0.baseTree == base } }

    /// Puts a delta in, in the place of one from the same base or of the same file name.
    ///
    /// - Parameter entry: the delta.
    /// - Throws: a `Fault` of code `source` where the list is full or the entry is none that
    ///   would be read.
    public mutating func put(_ entry: Entry) throws(Fault) {
        var changed = deltas.filter { $0.baseTree != entry.baseTree && $0.file != entry.file }
        changed.append(entry)
        changed.sort { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
        guard changed.count <= DeltaList.deltaLimit else {
            throw Fault(
                .source,
                "The list has \(deltas.count) deltas, the most that it takes.",
                advice: "Take old ones away: remove the list and make it anew from those that are "
                    + "needed.")
        }
        if let flaw = DeltaList.flaw(of: entry, in: self) {
            throw Fault(.source, "The delta “\(entry.file)” \(flaw).")
        }
        deltas = changed
    }

    /// What is wrong with an entry; `nil` where nothing is.
    static func flaw(of entry: Entry, in list: DeltaList) -> String? {
        let name = entry.file
        guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= nameLimit,
            !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(where: { $0 < 0x20 }),
            !name.utf8.contains(0x7F)
        else { return "has a name that is not one plain file name of at most 255 bytes" }
        guard entry.baseTree != list.tree else { return "builds on the tree that it gives" }
        let head =
            Int64(Preamble.length + BundleLimits.envelopeBytes)
            + Int64(8 + 96 * BundleLimits.recipients)
        let content = entry.index + entry.pack
        guard content < entry.length, entry.length - content <= head else {
            return "has \(entry.length) bytes, which do not fit \(entry.index) of index and "
                + "\(entry.pack) of pack"
        }
        return nil
    }
}

extension DeltaList {
    /// Reads a list.
    ///
    /// - Parameter bytes: the payload of an envelope whose signatures were verified.
    /// - Throws: a `Fault` of code `malformed` that names the field, or `unsupported`.
    public init(reading bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: DeltaList.limit, depth: 8, values: 8192)
        let fields = try JSONFields(
            try JSONReader.read(bytes, limits: limits), path: "delta list")
        let format: UInt16 = try fields.integer("format", in: 1...UInt16.max)
        guard format == BundleLimits.formatVersion else {
            throw Fault(
                .unsupported,
                "The delta list has format \(format); this release reads format "
                    + "\(BundleLimits.formatVersion).", advice: "Update the agent first.")
        }
        application = try fields.string("application", limit: 64)
        version = try fields.string("version", limit: 64)
        releaseCounter = try fields.integer("releaseCounter", in: 1...UInt64(1) << 62)
        tree = try fields.digest("tree")
        full = try fields.bundleID("full")
        deltas = []
        for name in [application, version] where !Manifest.isName(name) {
            throw Fault(
                .malformed, "“\(name)” in the delta list is no acceptable application or version.")
        }
        let list = try fields.array("deltas", limit: DeltaList.deltaLimit)
        for (number, value) in list.enumerated() {
            let entry = try Entry(JSONFields(value, path: "delta list.deltas[\(number)]"))
            if let flaw = DeltaList.flaw(of: entry, in: self) {
                throw Fault(.malformed, "Delta \(number) of the list \(flaw).")
            }
            guard
                !deltas.contains(where: { $0.baseTree == entry.baseTree || $0.file == entry.file })
            else {
                throw Fault(
                    .malformed, "Delta \(number) of the list has the base or file of another.")
            }
            deltas.append(entry)
        }
    }

    /// The list as JSON, its fields in a fixed order.
    public var json: JSONValue {
        .members([
            ("format", .integer(BundleLimits.formatVersion)),
            ("application", .string(application)), ("version", .string(version)),
            ("releaseCounter", .integer(releaseCounter)), ("tree", .string(tree.hex)),
            ("full", .string(Hex.encode(full))), ("deltas", .array(deltas.map(\.json))),
        ])
    }
}

extension DeltaList.Entry {
    init(_ fields: JSONFields) throws(Fault) {
        self.init(
            file: try fields.string("file", limit: DeltaList.nameLimit),
            bundle: try fields.bundleID("bundle"), baseTree: try fields.digest("baseTree"),
            baseVersion: try fields.string("baseVersion", limit: 64),
            length: try fields.integer("length", in: 1...Int64(1) << 42),
            index: try fields.integer("index", in: 1...BundleLimits.indexBytes),
            pack: try fields.integer("pack", in: 0...BundleLimits.packBytes))
    }

    var json: JSONValue {
        .members([
            ("file", .string(file)), ("bundle", .string(Hex.encode(bundle))),
            ("baseTree", .string(baseTree.hex)), ("baseVersion", .string(baseVersion)),
            ("length", .integer(length)), ("index", .integer(index)), ("pack", .integer(pack)),
        ])
    }
}
