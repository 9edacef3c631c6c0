import DurableFiles
import Faults
import Glibc

/// A directory, in memory where that can be, for readers of files; one a process, made when needed.
enum Workplace {
    private static let path: Result<String, Fault> = {
        // Not each machine lets everybody write to its memory.
        for parent in ["/dev/shm", "/tmp"] {
            var template = Array("\(parent)/nacelle-fuzz-\(getpid())-XXXXXX".utf8CString)
            guard unsafe mkdtemp(&template) != nil else { continue }
            atexit { Workplace.remove() }
            let path = template.dropLast().map(UInt8.init(bitPattern:))
            return .success(String(decoding: path, as: UTF8.self))
        }
        return .failure(Fault(.storage, "Cannot make a directory in /tmp: error \(errno)."))
    }()

    private static func remove() {
        guard let path = try? path.get(), let slash = path.lastIndex(of: "/") else { return }
        try? Directory.open(path: String(path[..<slash]))
            .removeTree(String(path[path.index(after: slash)...]))
    }

    /// Its path.
    static func place() throws(Fault) -> String { try path.get() }

    /// A directory in it, made where it is not there.
    static func directory(_ name: String) throws(Fault) -> Directory {
        try Directory.open(path: place()).openOrMake(name, mode: 0o700)
    }

    /// A directory in it that holds nothing.
    static func empty(_ name: String) throws(Fault) -> Directory {
        let parent = try Directory.open(path: place())
        try parent.removeTree(name)
        return try parent.make(name)
    }

    /// Puts a file's content in its place, without syncing: what a reader finds after a crash.
    static func put(
        _ name: String, _ bytes: [UInt8], in directory: borrowing Directory
    ) throws(Fault) {
        try directory.remove(name)
        try directory.create(name, mode: 0o600).write(bytes.span, name)
    }
}
