internal import DurableFiles
public import Faults
internal import Glibc
public import Install

/// A bundle in a local file.
public final class BundleFile: ByteSource {
    /// The file's path.
    public let name: String
    private let file: Descriptor
    private let size: Int64

    /// Opens a file.
    ///
    /// - Parameter path: a regular file; links are followed.
    /// - Throws: a ``Faults/Fault`` of code `not-found`, `permission` or `storage`.
    public init(path: String) throws(Fault) {
        let file = try FilePlace.open(path)
        size = try file.info(path).size
        self.file = file
        name = path
    }

    /// How many bytes it had when it was opened.
    public func length() -> Int64 { size }

    /// Reads exactly `count` bytes.
    public func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        guard offset >= 0, count >= 0, Int64(count) <= size - offset else {
            throw Fault(
                .malformed,
                "\(name) ends at byte \(size); \(count) bytes were expected at byte \(offset).",
                advice: "Copy or fetch the bundle again.")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        guard try file.read(at: offset, into: &bytes, count: count, name) == count else {
            throw Fault(.malformed, "\(name) became shorter while it was read.")
        }
        return bytes
    }
}
