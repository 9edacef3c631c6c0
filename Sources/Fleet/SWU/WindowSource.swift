internal import Faults
internal import Install

/// A stretch of another source, as a source of its own.
final class WindowSource: ByteSource {
    let name: String
    private let source: any ByteSource
    private let range: Range<Int64>

    init(_ source: any ByteSource, name: String, range: Range<Int64>) {
        self.source = source
        self.name = name
        self.range = range
    }

    var isRemote: Bool { source.isRemote }

    func length() throws(Fault) -> Int64 { range.upperBound - range.lowerBound }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        let size = range.upperBound - range.lowerBound
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw Fault(
                .malformed, "\(name) has \(size) bytes; \(count) were needed at \(offset).",
                advice: "Copy or fetch the archive again.")
        }
        try source.read(at: range.lowerBound + offset, count: count, into: &buffer)
    }

    func plannedBytes(_ ranges: [Range<Int64>]) -> Int64 { source.plannedBytes(moved(ranges)) }

    func willRead(_ ranges: [Range<Int64>]) { source.willRead(moved(ranges)) }

    func settle(below offset: Int64) {
        let inside = min(max(offset, 0), range.upperBound - range.lowerBound)
        source.settle(below: range.lowerBound + inside)
    }

    /// Ranges of this source in those of the other; what lies outside is left out.
    private func moved(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        let whole = 0..<(range.upperBound - range.lowerBound)
        return ranges.map { $0.clamped(to: whole) }.filter { !$0.isEmpty }.map {
            (range.lowerBound + $0.lowerBound)..<(range.lowerBound + $0.upperBound)
        }
    }
}
