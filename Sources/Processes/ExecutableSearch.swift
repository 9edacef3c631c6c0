public import Faults
internal import Glibc

/// Finds programs by name, for commands that a configuration names.
public enum ExecutableSearch {
    /// Where a program is looked for when nothing else is said.
    public static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The absolute path of a program.
    ///
    /// - Parameters:
    ///   - name: a name, or an absolute path, which is returned as it is.
    ///   - path: directories, separated by colons; relative ones are passed over.
    /// - Returns: the first executable regular file of that name.
    /// - Throws: a `Fault` of code `not-found`.
    public static func find(_ name: String, path: String = standardPath) throws(Fault) -> String {
        if name.utf8.first == UInt8(ascii: "/") { return name }
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0) else {
            throw Fault(
                .notFound, "“\(name)” is neither a program's name nor an absolute path.")
        }
        for directory in path.split(separator: ":") where directory.utf8.first == 0x2F {
            let candidate = "\(directory)/\(name)"
            var status = stat()
            if unsafe stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                unsafe access(candidate, X_OK) == 0
            {
                return candidate
            }
        }
        throw Fault(
            .notFound, "There is no program “\(name)” in \(path).",
            advice: "Install it, or give its absolute path.")
    }
}
