internal import Faults
internal import Sealing

/// The tree digest: SHA-256 over one line an entry, in the order of the paths' bytes.
///
/// A line is, in ASCII but for the paths themselves,
///
///     TYPE SP MODE SP LENGTH ":" PATH SP SIZE SP DIGEST SP GROUP LF
///
/// - TYPE is `f` for a file, `d` for a directory, `l` for a symbolic link.
/// - MODE is the permission bits as three octal digits; `777` for a link.
/// - LENGTH is the number of PATH's bytes, in decimal without leading zeros; PATH is the path from
///   the tree's root. The length before it makes the line readable in one way only.
/// - SIZE is in decimal: a file's bytes, the bytes of a link's target, 0 for a directory.
/// - DIGEST is the SHA-256 of the file's content or the link's target, 64 lower-case hexadecimal
///   digits; `-` for a directory.
/// - GROUP is `-`, but for a file that has an earlier name in the order: then that group's first
///   path, as LENGTH ":" PATH.
///
/// The root itself has no line; owners and times are not part of it.
struct TreeDigest: ~Copyable {
    private var sha: SHA256
    private(set) var entries = 0
    private(set) var bytes: Int64 = 0
    private(set) var diskBytes: Int64 = 0
    private(set) var largestFile: Int64 = 0

    private static let block: Int64 = 4096

    init() throws(Fault) { sha = try SHA256() }

    mutating func directory(_ path: String, mode: UInt32) throws(Fault) {
        diskBytes += Self.block
        try add("d", mode, path, size: 0, digest: nil, group: nil)
    }

    mutating func link(_ path: String, target: String, digest: Digest) throws(Fault) {
        try add("l", 0o777, path, size: Int64(target.utf8.count), digest: digest, group: nil)
    }

    /// Adds a file; `group` is the first path of a group of names, for all but that first one.
    mutating func file(
        _ path: String, mode: UInt32, size: Int64, digest: Digest, group: String?
    ) throws(Fault) {
        if group == nil {
            bytes += size
            diskBytes += (size + Self.block - 1) / Self.block * Self.block
            largestFile = max(largestFile, size)
        }
        try add("f", mode, path, size: size, digest: digest, group: group)
    }

    private mutating func add(
        _ type: String, _ mode: UInt32, _ path: String, size: Int64, digest: Digest?,
        group: String?
    ) throws(Fault) {
        let octal = String(mode, radix: 8)
        let padding = String(repeating: "0", count: max(0, 3 - octal.utf8.count))
        let first = group.map { "\($0.utf8.count):\($0)" } ?? "-"
        let line =
            "\(type) \(padding)\(octal) \(path.utf8.count):\(path) \(size)"
            + " \(digest?.hex ?? "-") \(first)\n"
        try sha.update(Array(line.utf8).span)
        entries += 1
    }

    mutating func finish() throws(Fault) -> TreeSummary {
        TreeSummary(
            digest: try sha.finish(), entries: entries, bytes: bytes, diskBytes: diskBytes,
            largestFile: largestFile)
    }
}
