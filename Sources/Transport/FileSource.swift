internal import DurableFiles
public import Faults
public import Install

/// A bundle in a file, on whatever disk or stick.
public final class FileSource: ByteSource {
    /// The file's path.
    public let name: String
    private let descriptor: Descriptor
    private let size: Int64

    /// Opens the file; it stays open, so that a rename in the meantime changes nothing.
    ///
    /// - Parameter path: the file's path.
    /// - Throws: a `Fault` where it is missing, not readable or no regular file.
    public init(path: String) throws(Fault) {
        descriptor = try FilePlace.open(path)
        size = try descriptor.info(path).size
        name = path
    }

    /// The file's length in bytes when it was opened.
    public func length() throws(Fault) -> Int64 { size }

    /// Reads exactly `count` bytes.
    public func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw Fault(
                .malformed, "\(name) has \(size) bytes; \(count) were needed at \(offset).",
                advice: "Copy or fetch the bundle again.")
        }
        let done = try descriptor.read(at: offset, into: &buffer, count: count, name)
        guard done == count else {
            throw Fault(
                .malformed,
                "\(name) ended at byte \(offset + Int64(done)) while it was read; it "
                    + "had \(size) bytes.", advice: "Copy or fetch the bundle again.")
        }
    }
}
