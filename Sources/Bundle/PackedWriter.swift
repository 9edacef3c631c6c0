/// Lays out packed content; the counterpart of ``PackedReader``.
struct PackedWriter {
    /// The content.
    private(set) var content: [UInt8] = []
    /// Where its parts end.
    private(set) var ends: [Int] = []

    /// Packs the runs of a stream for which that is cheaper.
    ///
    /// - Parameters:
    ///   - stream: the stream.
    ///   - runs: its runs, with exact costs, on the grain of units.
    init(_ stream: [UInt8], runs: [BlockCuts.Run]) {
        var map = [UInt8](repeating: 0, count: PackedReader.mapBytes(of: stream.count))
        var (occupied, large, low) = (BitRun(), BitRun(), BitRun())
        var rest: [UInt8] = []
        var dense: [UInt8] = []
        var denseEnds: [Int] = []
        for run in runs {
            guard run.isBetterPacked else {
                dense += stream[run.start..<run.end]
                denseEnds.append(dense.count)
                continue
            }
            let units = (run.start / PackedReader.unit)...((run.end - 1) / PackedReader.unit)
            for unit in units { map[unit >> 3] |= 1 << UInt8(unit & 7) }
            for value in stream[run.start..<run.end] {
                occupied.append(value != 0)
                guard value != 0 else { continue }
                large.append(value > 2)
                low.append((value - 1) & 1 == 1)
                if value > 2 { rest.append((value - 1) >> 1 - 1) }
            }
        }
        for part in [map, occupied.bytes, large.bytes, low.bytes, rest] where !part.isEmpty {
            content += part
            ends.append(content.count)
        }
        ends += denseEnds.map { $0 + content.count }
        content += dense
    }

    /// Whether the content is within what a reader accepts for a chunk of this length.
    func isAcceptable(for length: Int) -> Bool {
        content.count <= length + PackedReader.mapBytes(of: length)
    }
}

/// Bits, eight to a byte, the first in the lowest place.
private struct BitRun {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    mutating func append(_ bit: Bool) {
        if count & 7 == 0 { bytes.append(0) }
        if bit { bytes[count >> 3] |= 1 << UInt8(count & 7) }
        count += 1
    }
}
