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
    ///   - buffer: gets them at its beginning; it has room for them and keeps its length.
    /// - Throws: a `Fault`, of code `malformed` where the source ends before.
    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault)

    /// Whether what is read has a price: it comes over a network.
    var isRemote: Bool { get }

    /// How many bytes will truly be fetched for some ranges, with what is fetched between them.
    func plannedBytes(_ ranges: [Range<Int64>]) -> Int64

    /// Says which ranges will be read next, so that they can be fetched ahead of their turn.
    ///
    /// - Parameter ranges: in the order in which they will be read, ascending and without overlap; a
    ///   read elsewhere stays possible. They take the place of those said before.
    func willRead(_ ranges: [Range<Int64>])

    /// Says that nothing before an offset will have to be fetched again, whatever happens.
    ///
    /// A remote source holds what it has fetched beyond that point within 4 MiB, so that a power
    /// failure costs no more.
    func settle(below offset: Int64)
}

extension ByteSource {
    /// A source that costs nothing.
    public var isRemote: Bool { false }

    /// The bytes of the ranges, and nothing between them.
    public func plannedBytes(_ ranges: [Range<Int64>]) -> Int64 {
        ranges.reduce(0) { $0 + Int64($1.count) }
    }

    /// Nothing is fetched ahead.
    public func willRead(_: [Range<Int64>]) {}

    /// Nothing is held back.
    public func settle(below _: Int64) {}

    /// Reads exactly `count` bytes into an array of their own.
    ///
    /// - Parameters:
    ///   - offset: where, in bytes from the start.
    ///   - count: how many.
    /// - Returns: the bytes.
    /// - Throws: a `Fault`, of code `malformed` where the source ends before.
    public func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        // A length that is not the source's own must not reserve memory.
        guard count >= 0, Int64(count) <= (try length()) else {
            throw Fault(
                .malformed, "\(name) has \(try length()) bytes; \(count) were needed at \(offset).",
                advice: "Copy or fetch the bundle again.")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try read(at: offset, count: count, into: &bytes)
        return bytes
    }
}
