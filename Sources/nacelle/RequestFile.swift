internal import DurableFiles
internal import Faults
internal import Glibc

/// The file that a request is given out in: opened by one user, written as another.
struct RequestFile: ~Copyable {
    private let file: Descriptor
    private let path: String

    /// Opens the file, or makes it.
    static func open(_ path: String) throws(Fault) -> RequestFile {
        let place = try FilePlace(path)
        let directory = try Directory.open(path: place.parent)
        if let file = try directory.openFile(place.name, flags: O_RDWR) {
            return RequestFile(file: file, path: path)
        }
        return RequestFile(file: try directory.create(place.name), path: path)
    }

    /// Writes the request in the place of what the file held.
    func write(_ bytes: [UInt8]) throws(Fault) {
        try file.write(bytes.span, at: 0, path)
        guard ftruncate(file.raw, off_t(bytes.count)) == 0 else {
            throw systemFault("cannot write \(path)")
        }
        // A stick may be pulled out right away.
        try file.sync(path)
    }
}
