// Install: the pipe from a bundle's bytes to a tree: source, check, open, decode, unpack. Knows
// where nothing comes from nor which slot it fills.

public import Faults

/// Where a bundle's bytes come from.
public protocol ByteSource: AnyObject {
    /// What a person calls it: a path or an address.
    var name: String { get }

    /// How many bytes there are in all.
    func length() throws(Fault) -> Int64

    /// Reads exactly `count` bytes.
    ///
    /// - Parameters:
    ///   - offset: where, in bytes from the start.
    ///   - count: how many.
    /// - Returns: the bytes.
    /// - Throws: a `Fault`, of code `malformed` where the source ends before.
    func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8]
}
