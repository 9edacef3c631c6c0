internal import DurableFiles
internal import Faults
internal import Glibc

/// A file's directory, and its name in it.
struct FilePlace {
    /// The directory's path; `.` where none is named.
    let parent: String
    let name: String

    init(_ path: String) throws(Fault) {
        let slash = UInt8(ascii: "/")
        let cut = path.utf8.lastIndex(of: slash).map { path.utf8.index(after: $0) }
        let name = String(path[(cut ?? path.startIndex)...])
        guard Directory.isComponent(name) else {
            throw Fault(.notFound, "“\(path)” does not name a file.")
        }
        self.name = name
        let parent = String(path[..<(cut ?? path.startIndex)])
        self.parent = parent.isEmpty ? "." : parent
    }

    /// A path that is relative to a directory, from here.
    static func resolve(_ path: String, below directory: String) -> String {
        path.utf8.first == UInt8(ascii: "/") || directory == "." ? path : "\(directory)/\(path)"
    }

    /// What stands at a path that a person named; links are followed.
    static func info(_ path: String) throws(Fault) -> EntryInfo {
        // Non-blocking, so that a pipe cannot hang the command.
        let raw = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard raw >= 0 else { throw systemFault("cannot open \(path)") }
        return try Descriptor(owning: raw).info(path)
    }

    /// Opens a regular file that a person named; links are followed.
    static func open(_ path: String) throws(Fault) -> Descriptor {
        // Non-blocking, so that a pipe cannot hang the command.
        let raw = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard raw >= 0 else { throw systemFault("cannot open \(path)") }
        let file = Descriptor(owning: raw)
        guard try file.info(path).kind == .file else {
            throw Fault(.notFound, "\(path) is not a regular file.")
        }
        return file
    }

    /// Reads a whole small file that a person named.
    static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        let file = try open(path)
        let size = try file.info(path).size
        guard size <= limit else {
            throw Fault(
                .malformed, "\(path) has \(size) bytes; at most \(limit) were expected there.")
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try file.read(at: 0, into: &bytes, count: bytes.count, path)
        return Array(bytes[..<count])
    }
}
