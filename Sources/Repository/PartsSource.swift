public import Faults
public import Install

/// A bundle whose parts stand apart, read as the one file that they would be.
///
/// Preamble, envelope and recipients are at hand; index and pack are opened when they are first read,
/// and must have the lengths that the signed manifest gives.
public final class PartsSource: ByteSource {
    /// A part that is opened when it is needed.
    public struct Part {
        /// Its exact length in bytes.
        let length: Int64
        /// Opens it.
        let open: () throws(Fault) -> any ByteSource

        /// Describes a part.
        public init(length: Int64, open: @escaping () throws(Fault) -> any ByteSource) {
            self.length = length
            self.open = open
        }
    }

    /// What a person calls the bundle.
    public let name: String
    /// Whether index and pack come over a network.
    public let isRemote: Bool
    private let head: [UInt8]
    private let parts: [Part]
    private var sources: [(any ByteSource)?]
    /// What was said of a part before it was opened.
    private var wishes: [[Range<Int64>]]

    /// Puts a bundle together.
    ///
    /// - Parameters:
    ///   - name: what a person calls it.
    ///   - isRemote: whether its parts come over a network.
    ///   - head: preamble, envelope and recipients.
    ///   - parts: index and pack.
    public init(name: String, isRemote: Bool, head: [UInt8], parts: [Part]) {
        self.name = name
        self.isRemote = isRemote
        self.head = head
        self.parts = parts
        sources = parts.map { _ in nil }
        wishes = parts.map { _ in [] }
    }

    /// The length of the file that the parts would be.
    public func length() throws(Fault) -> Int64 {
        parts.reduce(Int64(head.count)) { $0 + $1.length }
    }

    /// Reads bytes, which may lie in several parts.
    public func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        let total = try length()
        guard offset >= 0, count >= 0, offset <= total, Int64(count) <= total - offset else {
            throw Fault(
                .malformed, "\(name) has \(total) bytes; \(count) were needed at \(offset).")
        }
        let wanted = offset..<offset + Int64(count)
        let inHead = wanted.clamped(to: 0..<Int64(head.count))
        if !inHead.isEmpty {
            buffer.replaceSubrange(
                0..<inHead.count, with: head[Int(inHead.lowerBound)..<Int(inHead.upperBound)])
        }
        for (number, place) in places.enumerated() {
            let piece = wanted.clamped(to: place)
            guard !piece.isEmpty else { continue }
            let source = try source(number)
            let from = piece.lowerBound - place.lowerBound
            if piece == wanted {
                try source.read(at: from, count: count, into: &buffer)
            } else {
                let bytes = try source.read(at: from, count: piece.count)
                let start = Int(piece.lowerBound - offset)
                buffer.replaceSubrange(start..<start + bytes.count, with: bytes)
            }
        }
    }

    /// What the parts would fetch; of one that is not open yet, the bytes themselves.
    public func plannedBytes(_ ranges: [Range<Int64>]) -> Int64 {
        var sum: Int64 = 0
        for (number, place) in places.enumerated() {
            let own = PartsSource.ranges(ranges, in: place)
            guard !own.isEmpty else { continue }
            if let source = try? source(number) {
                sum += source.plannedBytes(own)
            } else {
                sum += own.reduce(0) { $0 + Int64($1.count) }
            }
        }
        return sum
    }

    /// Hands the wishes on to the parts.
    public func willRead(_ ranges: [Range<Int64>]) {
        for (number, place) in places.enumerated() {
            let own = PartsSource.ranges(ranges, in: place)
            if let source = sources[number] { source.willRead(own) } else { wishes[number] = own }
        }
    }

    /// Hands on to the parts what is settled.
    public func settle(below offset: Int64) {
        for (number, place) in places.enumerated() where offset > place.lowerBound {
            sources[number]?.settle(below: min(offset, place.upperBound) - place.lowerBound)
        }
    }

    /// Where the parts stand in the file.
    private var places: [Range<Int64>] {
        var start = Int64(head.count)
        return parts.map { part in
            defer { start += part.length }
            return start..<start + part.length
        }
    }

    private static func ranges(
        _ ranges: [Range<Int64>], in place: Range<Int64>
    ) -> [Range<Int64>] {
        ranges.map { $0.clamped(to: place) }.filter { !$0.isEmpty }
            .map { $0.lowerBound - place.lowerBound..<$0.upperBound - place.lowerBound }
    }

    private func source(_ number: Int) throws(Fault) -> any ByteSource {
        if let source = sources[number] { return source }
        let source = try parts[number].open()
        let length = try source.length()
        guard length == parts[number].length else {
            throw Fault(
                .malformed,
                "\(source.name) has \(length) bytes; the signed manifest says "
                    + "\(parts[number].length).", advice: "Publish the bundle again.")
        }
        sources[number] = source
        if !wishes[number].isEmpty { source.willRead(wishes[number]) }
        return source
    }
}
