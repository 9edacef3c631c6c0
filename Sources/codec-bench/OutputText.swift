internal import Faults
internal import Glibc

/// Writes figures to a file.
///
/// They are made anew by running again, so nothing is synced.
enum OutputText {
    static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
        guard let file = unsafe fopen(path, "w") else { throw fault(path) }
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        let closed = unsafe fclose(file)
        guard written == bytes.count, closed == 0 else { throw fault(path) }
    }

    private static func fault(_ path: String) -> Fault {
        let cause = unsafe String(cString: strerror(errno))
        return Fault(.storage, "The figures cannot be written to “\(path)”.", cause: cause)
    }
}
