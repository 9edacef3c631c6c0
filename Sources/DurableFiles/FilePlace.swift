public import Faults
internal import Glibc

/// A file that a person named: its directory, and its name in it.
///
/// Links in the path are followed, unlike below a ``Directory``: whoever runs the command named it.
public struct FilePlace: Sendable {
    /// The directory's path; `.` where none is named.
    public let parent: String
    /// The name in it.
    public let name: String

    /// Splits a path.
    ///
    /// - Parameter path: the path; it must not end in a slash, `.` or `..`.
    /// - Throws: a `Fault` of code `not-found` for a path that names no file.
    public init(_ path: String) throws(Fault) {
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

    /// Opens a regular file for reading.
    ///
    /// - Parameter path: the file's path.
    /// - Returns: the open file.
    /// - Throws: a `Fault`, of code `not-found` also where it is no regular file.
    public static func open(_ path: String) throws(Fault) -> Descriptor {
        let descriptor = try openAnything(path)
        guard try descriptor.info(path).kind == .file else {
            throw Fault(.notFound, "\(path) is not a regular file.")
        }
        return descriptor
    }

    /// What stands at a path.
    public static func info(_ path: String) throws(Fault) -> EntryInfo {
        try openAnything(path).info(path)
    }

    /// Reads a whole small file.
    ///
    /// - Parameters:
    ///   - path: the file's path.
    ///   - limit: the most bytes that are accepted.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`, of code `malformed` where the file is longer.
    public static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        let file = try open(path)
        let size = try file.info(path).size
        guard size <= limit else {
            throw Fault(
                .malformed, "\(path) has \(size) bytes; at most \(limit) were expected there.")
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try file.read(at: 0, into: &bytes, count: bytes.count, path)
        // Not copied: it may be a key, which whoever asked wipes.
        if count < bytes.count { bytes.removeLast(bytes.count - count) }
        return bytes
    }

    private static func openAnything(_ path: String) throws(Fault) -> Descriptor {
        // Non-blocking, so that a pipe in a file's place cannot hang the command.
        let raw = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard raw >= 0 else { throw systemFault("cannot open \(path)") }
        return Descriptor(owning: raw)
    }
}
