internal import Faults

/// The body of a source's first request, which also tells what kind of server answers.
final class OpeningBody: BodySink {
    /// How much the first request asks for, in bytes; what is read first stands there.
    static let length: Int64 = 64 << 10
    /// How much it asks for at least, after the link broke.
    static let least: Int64 = 4 << 10

    /// The file, once the head came.
    private(set) var identity: SourceIdentity?
    /// The first bytes, where the server knows ranges.
    private(set) var bytes: [UInt8] = []
    /// The whole body, where it does not.
    private(set) var stream: StreamBody?
    private let name: String
    private let asked: Int64
    private var expected = 0

    init(name: String, asked: Int64) {
        self.name = name
        self.asked = asked
    }

    func begin(_ head: ResponseHead) throws(Fault) {
        if head.status == 206 { try beginRange(head) } else { try beginWhole(head) }
    }

    var isFull: Bool { stream?.isFull ?? false }

    func take(_ more: UnsafeRawBufferPointer) throws(Fault) {
        if let stream { return try unsafe stream.take(more) }
        guard more.count <= expected - bytes.count else {
            throw Fault(
                .serverRefused, "\(name) sends more than the \(expected) bytes asked for.",
                advice: "Look at the server.")
        }
        unsafe bytes.append(contentsOf: more)
    }

    func end(_ head: ResponseHead) throws(Fault) {
        if let stream { return try stream.end(head) }
        try RangeBody.checkEnd(bytes.count, of: expected, head, name)
    }

    private func beginRange(_ head: ResponseHead) throws(Fault) {
        let said = try RangeBody.said(head, name)
        guard said.range == 0..<min(asked, said.total) else {
            throw Fault(
                .serverRefused,
                "\(name) answered with bytes \(said.range.shown) of \(said.total) where "
                    + "0-\(asked - 1) were asked for.", advice: "Look at the server.")
        }
        try RangeBody.checkLength(head, said.range, name)
        expected = Int(said.range.upperBound)
        identity = SourceIdentity(head, length: said.total, name: name)
    }

    private func beginWhole(_ head: ResponseHead) throws(Fault) {
        guard let length = head.contentLength else {
            throw Fault(
                .serverRefused,
                "\(name) is sent whole, without its length; either ranges or a Content-Length "
                    + "are needed.", advice: "Serve it as a static file.")
        }
        let identity = SourceIdentity(head, length: length, name: name)
        self.identity = identity
        stream = StreamBody(of: identity)
    }
}
