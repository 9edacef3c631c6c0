import Bundle
import Faults
import Install
import TestKit

/// A bundle in memory that may say that its bytes come over a network, and writes down what is asked.
final class PricedSource: ByteSource {
    let name = "priced"
    let isRemote: Bool
    private let bytes: [UInt8]
    /// What was read, in order.
    private(set) var reads: [Range<Int64>] = []
    /// What it was told is settled, in order.
    private(set) var settled: [Int64] = []
    /// What it was told will be read, last.
    private(set) var announced: [Range<Int64>] = []
    /// The bytes that were read of the pack, more than once where they were read so.
    var packBytes: Int64 { reads.reduce(0) { $0 + Int64($1.clamped(to: pack).count) } }
    /// Where the pack stands.
    private let pack: Range<Int64>
    /// Is told of each read of the pack before it is done.
    var watch: ((Range<Int64>) -> Void)?

    init(_ made: BundleMaker.Made, isRemote: Bool, bytes: [UInt8]? = nil) {
        self.bytes = bytes ?? made.bytes
        self.isRemote = isRemote
        let end = Int64(made.bytes.count)
        pack = end - made.manifest.packLength..<end
    }

    func length() throws(Fault) -> Int64 { Int64(bytes.count) }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        let range = offset..<offset + Int64(count)
        guard range.lowerBound >= 0, range.upperBound <= Int64(bytes.count) else {
            throw Fault(.malformed, "The source ended before byte \(range.upperBound).")
        }
        if range.overlaps(pack) { watch?(range) }
        reads.append(range)
        buffer.replaceSubrange(
            0..<count, with: bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    func willRead(_ ranges: [Range<Int64>]) { announced = ranges }

    func settle(below offset: Int64) { settled.append(offset) }

    /// Forgets what was read.
    func forget() {
        reads = []
        settled = []
    }
}
