internal import Faults
internal import Glibc

/// Paths of directories from the root, without links.
enum AbsolutePath {
    /// The absolute path of a directory.
    ///
    /// - Parameter path: its path from here.
    /// - Returns: the same from the root.
    /// - Throws: a `Fault` of code `not-found`.
    static func of(_ path: String) throws(Fault) -> String {
        guard let real = unsafe realpath(path, nil) else {
            throw Fault(
                .notFound, "The directory \(path) cannot be reached.",
                cause: unsafe String(cString: strerror(errno)))
        }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}
