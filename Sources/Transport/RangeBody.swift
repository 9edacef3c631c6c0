internal import Faults

/// The body of one range request: exactly the bytes that were asked for, of the same file.
final class RangeBody: BodySink {
    /// What was asked for.
    let range: Range<Int64>
    private let identity: SourceIdentity
    private(set) var bytes: [UInt8] = []

    init(_ range: Range<Int64>, of identity: SourceIdentity) {
        self.range = range
        self.identity = identity
    }

    private var length: Int { Int(range.upperBound - range.lowerBound) }

    func begin(_ head: ResponseHead) throws(Fault) {
        guard head.status == 206 else {
            // With If-Range, the whole file in answer means that it is another.
            if let now = head.contentLength { try identity.check(head, total: now) }
            throw identity.changed("the whole came where a range was asked for")
        }
        let said = try RangeBody.said(head, identity.name)
        try identity.check(head, total: said.total)
        guard said.range == range else {
            throw Fault(
                .serverRefused,
                "\(identity.name) answered with bytes \(said.range.shown) where "
                    + "\(range.shown) were asked for.", advice: "Look at the server.")
        }
        try RangeBody.checkLength(head, said.range, identity.name)
        bytes.reserveCapacity(length)
    }

    func take(_ more: UnsafeRawBufferPointer) throws(Fault) {
        guard more.count <= length - bytes.count else {
            throw Fault(
                .serverRefused,
                "\(identity.name) sends more than the \(length) bytes of the range "
                    + "\(range.shown).", advice: "Look at the server.")
        }
        unsafe bytes.append(contentsOf: more)
    }

    func end(_ head: ResponseHead) throws(Fault) {
        try RangeBody.checkEnd(bytes.count, of: length, head, identity.name)
    }

    /// What a 206 says of itself; both range and total must be said.
    static func said(
        _ head: ResponseHead, _ name: String
    ) throws(Fault) -> (range: Range<Int64>, total: Int64) {
        guard let field = head.contentRange else {
            throw Fault(
                .serverRefused, "\(name) answered with a part (status 206) and not which one.",
                advice: "Look at the server.")
        }
        guard let said = ContentRange(field), let range = said.range, let total = said.total else {
            throw Fault(
                .serverRefused,
                "\(name) answered with a part and says of it “\(field.prefix(100))”; "
                    + "“bytes FIRST-LAST/TOTAL” was expected.", advice: "Look at the server.")
        }
        return (range, total)
    }

    /// Refuses a part whose length is not that of its range.
    static func checkLength(
        _ head: ResponseHead, _ range: Range<Int64>, _ name: String
    ) throws(Fault) {
        guard let length = head.contentLength else { return }
        guard length == range.upperBound - range.lowerBound else {
            throw Fault(
                .serverRefused,
                "\(name) answered with bytes \(range.shown) and a body of \(length) bytes.",
                advice: "Look at the server.")
        }
    }

    /// Refuses a body that ended early; one whose end nobody marked may just have broken.
    static func checkEnd(
        _ count: Int, of length: Int, _ head: ResponseHead, _ name: String
    ) throws(Fault) {
        guard count < length else { return }
        throw Fault(
            head.tellsItsEnd ? .serverRefused : .network,
            "\(name) sent \(count) bytes where \(length) were said.", advice: "Look at the server.")
    }
}

extension Range where Bound == Int64 {
    /// As HTTP writes it: first and last.
    var shown: String { "\(lowerBound)-\(upperBound - 1)" }
}
