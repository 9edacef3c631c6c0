import DurableFiles
import Faults
import Glibc

/// A directory in memory for readers of files; one for each process, made when it is first needed.
enum Workplace {
    private static let path: Result<String, Fault> = {
        var template = Array("/dev/shm/nacelle-fuzz-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            return .failure(Fault(.storage, "Cannot make a directory in /dev/shm: error \(errno)."))
        }
        atexit { Workplace.remove() }
        let path = template.dropLast().map(UInt8.init(bitPattern:))
        return .success(String(decoding: path, as: UTF8.self))
    }()

    private static func remove() {
        guard let path = try? path.get(), let parent = try? Directory.open(path: "/dev/shm") else {
            return
        }
        try? parent.removeTree(String(path.dropFirst("/dev/shm/".count)))
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
