public import DurableFiles
public import Faults

/// A directory with the metadata that was verified last, each file replaced durably.
public struct MetadataCache: ~Copyable {
    /// The longest file that is read back.
    private static let limit = 8 << 20

    private let directory: Directory

    /// Takes a directory for it; nothing else may stand in it.
    public init(in directory: consuming Directory) { self.directory = directory }

    /// A stored file; `nil` where there is none, or one that cannot be read: what is lost is fetched
    /// again.
    public func load(_ name: String) -> [UInt8]? {
        (try? directory.read(name, limit: MetadataCache.limit)) ?? nil
    }

    /// Stores a file; a crash leaves the old or the new one, whole.
    public func store(_ name: String, _ bytes: [UInt8]) throws(Fault) {
        // A directory in its place, which nobody of ours made, would stand in the way for ever.
        if try directory.info(name)?.kind == .directory { try directory.removeTree(name) }
        // No percent-encoded name has a plus sign.
        try directory.replace(name, with: bytes, temporary: ".+new")
    }

    /// Removes a file, durably.
    public func remove(_ name: String) throws(Fault) {
        try directory.remove(name)
        try directory.sync()
    }
}
