public import Faults
internal import Sealing

/// Judges the entries of one archive, in their order, with what it has seen of the earlier ones.
///
/// The reader and the builder share it, so what the builder makes the reader accepts. Memory is some
/// 20 to 40 bytes an entry: paths are held as 128 bits of their SHA-256, never as text.
public struct EntryValidator: ~Copyable {
    private enum Seen: UInt8 { case file, directory, symbolicLink, hardLink }

    /// The bounds that are applied.
    public let rules: EntryRules
    /// The entries admitted so far.
    public private(set) var entries = 0
    /// The bytes of the files admitted so far.
    public private(set) var bytes: Int64 = 0

    private var seen: [PathKey: Seen] = [:]
    private var sha: SHA256

    /// Begins an archive.
    ///
    /// - Throws: a `Fault` where libcrypto has no SHA-256.
    public init(rules: EntryRules) throws(Fault) {
        sha = try SHA256()
        self.rules = rules
    }

    /// Admits the next entry or refuses it.
    ///
    /// - Throws: a `Fault` of code `unsafe-archive` that says which rule, with the numbers.
    public mutating func admit(_ entry: ArchiveEntry) throws(Fault) {
        guard entries < rules.maxEntries else {
            throw refusal(entry, "comes after the most entries that may be, \(rules.maxEntries)")
        }
        if let flaw = EntryName.flaw(path: entry.path) { throw refusal(entry, flaw) }
        try checkPlace(entry)
        let kind = try checkKind(entry)
        try checkPermissions(entry)
        guard seen.updateValue(kind, forKey: try key(entry.path)) == nil else {
            throw refusal(entry, "stands in the archive twice")
        }
        entries += 1
        bytes += entry.size
    }

    private mutating func checkPlace(_ entry: ArchiveEntry) throws(Fault) {
        guard let parent = EntryName.split(entry.path).parent else { return }
        switch seen[try key(parent)] {
        case .directory: return
        case nil: throw refusal(entry, "stands below a directory that does not precede it")
        case .symbolicLink: throw refusal(entry, "stands below a symbolic link")
        case .file, .hardLink: throw refusal(entry, "stands below a file")
        }
    }

    private mutating func checkKind(_ entry: ArchiveEntry) throws(Fault) -> Seen {
        guard entry.size >= 0 else { throw refusal(entry, "has the size \(entry.size)") }
        if entry.kind != .file, entry.size != 0 {
            throw refusal(entry, "has \(entry.size) bytes of content; only files have content")
        }
        switch entry.kind {
        case .file:
            guard entry.size <= rules.maxFileBytes else {
                throw refusal(
                    entry, "has \(entry.size) bytes; a file has at most \(rules.maxFileBytes)")
            }
            guard entry.size <= rules.maxTotalBytes - bytes else {
                throw refusal(
                    entry,
                    "has \(entry.size) bytes after \(bytes) in the files before it;"
                        + " together at most \(rules.maxTotalBytes) may be")
            }
            return .file
        case .directory: return .directory
        case .symbolicLink(let target):
            if let flaw = EntryName.flaw(target: target, at: entry.path) {
                throw refusal(entry, flaw)
            }
            return .symbolicLink
        case .hardLink(let target):
            // The path of the group's first name: a second name is no target.
            guard EntryName.flaw(path: target) == nil, seen[try key(target)] == .file else {
                throw refusal(
                    entry,
                    "is a hard link to \(EntryName.quoted(target)),"
                        + " which is no file that precedes it")
            }
            return .hardLink
        }
    }

    private func checkPermissions(_ entry: ArchiveEntry) throws(Fault) {
        guard entry.permissions & ~0o777 == 0 else {
            throw refusal(
                entry,
                "has the mode \(String(entry.permissions, radix: 8));"
                    + " set-user-id, set-group-id and sticky bits may not be set")
        }
        let needed: UInt32? =
            switch entry.kind {
            case .file: 0o400
            case .directory: 0o500
            case .symbolicLink, .hardLink: nil
            }
        if let needed, entry.permissions & needed != needed {
            throw refusal(
                entry,
                "has the mode \(String(entry.permissions, radix: 8)),"
                    + " with which its owner cannot read it")
        }
    }

    private mutating func key(_ path: String) throws(Fault) -> PathKey {
        PathKey(try sha.digest(Array(path.utf8).span))
    }

    private func refusal(_ entry: ArchiveEntry, _ flaw: String) -> Fault {
        EntryValidator.refusal(entry.path, number: entries + 1, flaw)
    }

    /// The fault of a refused entry.
    static func refusal(_ path: String, number: Int, _ flaw: String) -> Fault {
        Fault(.unsafeArchive, "\(EntryName.quoted(path)) (entry \(number)) \(flaw).")
    }
}

/// 128 bits of a path's SHA-256, in which a collision cannot be found.
private struct PathKey: Hashable {
    let high: UInt64
    let low: UInt64

    init(_ digest: Digest) {
        let bytes = digest.bytes
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
