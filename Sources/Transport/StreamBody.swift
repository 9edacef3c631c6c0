internal import Faults

/// The one body of a server that ignores ranges: a stretch of it in memory, the rest skipped.
final class StreamBody: BodySink {
    private let identity: SourceIdentity
    /// Bytes of the file that are held, from ``start``.
    private(set) var bytes: [UInt8] = []
    private(set) var start: Int64 = 0
    /// Where the next byte from the server stands in the file.
    private(set) var position: Int64 = 0
    /// How far the reader has come; what lies further is held back within a bound.
    private var consumed: Int64 = 0

    /// How far ahead of the reader bytes are taken, and how many behind it stay.
    private static let ahead: Int64 = 1 << 20
    private static let behind: Int64 = 1 << 20
    private static let most = 3 << 20

    init(of identity: SourceIdentity) { self.identity = identity }

    /// The end of what is held.
    var end: Int64 { start + Int64(bytes.count) }

    func begin(_ head: ResponseHead) throws(Fault) {
        guard head.status == 200, let length = head.contentLength else {
            throw Fault(
                .serverRefused,
                "\(identity.name) was sent whole before and now comes with status \(head.status).",
                advice: "Look at the server.")
        }
        try identity.check(head, total: length)
        position = 0
    }

    var isFull: Bool { end - consumed >= StreamBody.ahead }

    func take(_ more: UnsafeRawBufferPointer) throws(Fault) {
        let from = position
        guard Int64(more.count) <= identity.length - from else {
            throw Fault(
                .serverRefused,
                "\(identity.name) sends more than the \(identity.length) bytes that it said.",
                advice: "Look at the server.")
        }
        position += Int64(more.count)
        if from >= end, consumed > end {
            // Nothing held is near what is wanted.
            bytes.removeAll(keepingCapacity: true)
            start = max(from, min(consumed, position))
        }
        let skipped = min(max(end - from, 0), Int64(more.count))
        unsafe bytes.append(contentsOf: more.dropFirst(Int(skipped)))
    }

    func end(_ head: ResponseHead) throws(Fault) {
        try RangeBody.checkEnd(Int(position), of: Int(identity.length), head, identity.name)
    }

    /// Notes how far the reader has come, and lets go of what lies far behind.
    func consume(upTo offset: Int64) {
        consumed = max(consumed, offset)
        guard bytes.count > StreamBody.most else { return }
        let keep = max(min(consumed, end) - StreamBody.behind, start)
        bytes.removeFirst(Int(keep - start))
        start = keep
    }
}
