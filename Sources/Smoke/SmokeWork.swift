internal import DurableFiles
internal import Faults
internal import Glibc
internal import Processes

/// The directory that a smoke run's program may write to, removed when it goes.
///
/// Isolated, it is the empty directory over which the program's own tmpfs is mounted; otherwise it is
/// an ordinary directory, whose content is counted.
struct SmokeWork: ~Copyable {
    /// The most that the program may store in it, in bytes.
    static let limit = 64 << 20
    /// The most files and directories in it.
    static let entries = 4096

    private let parent: Directory
    private let name: String
    /// Its absolute path.
    let path: String

    /// The socket's path as the program is given it.
    var socket: String { path + "/socket" }

    /// Makes the directory.
    ///
    /// - Parameters:
    ///   - runtime: where it is made.
    ///   - mode: its permission bits.
    /// - Throws: a `Fault`.
    init(in runtime: String, mode: UInt32) throws(Fault) {
        guard runtime.utf8.first == UInt8(ascii: "/") else {
            throw Fault(
                .configuration, "The runtime directory “\(runtime)” is not an absolute path.")
        }
        let parent = try Directory.open(path: runtime)
        let name = "smoke-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
        let made = try parent.make(name, mode: mode)
        try made.chmod(mode)
        self.parent = parent
        self.name = name
        path = "\(runtime)/\(name)"
    }

    deinit { try? parent.removeTree(name) }

    /// Counts what an unmounted directory holds, up to just beyond the limits.
    static func used(at path: String) throws(Fault) -> (bytes: Int, entries: Int) {
        var sum = (bytes: 0, entries: 0)
        try count(try Directory.open(path: path), into: &sum, depth: 0)
        return sum
    }

    private static func count(
        _ directory: borrowing Directory, into sum: inout (bytes: Int, entries: Int), depth: Int
    ) throws(Fault) {
        // What cannot be counted (too many names, names that are not UTF-8) is too much.
        guard let names = try? directory.names(limit: entries) else {
            sum.entries = entries + 1
            return
        }
        for name in names {
            sum.entries += 1
            guard sum.entries <= entries, sum.bytes <= limit, let info = try? directory.info(name)
            else { continue }
            sum.bytes += Int(clamping: info.allocated)
            if info.kind == .directory, depth < 64, let inner = try? directory.open(name) {
                try count(inner, into: &sum, depth: depth + 1)
            }
        }
    }
}
