import Faults
import StrictJSON

@testable import Transport

/// What servers answer, and addresses from outside.
enum TransportTargets {
    static let all = [
        FuzzTarget("http-answer", "a server's status, header lines and body", read: answer),
        FuzzTarget("content-range", "the field Content-Range", longest: 128, read: contentRange),
        FuzzTarget("address", "addresses: of redirects, links and people", longest: 512) {
            try address($0)
        },
        FuzzTarget("traffic-month", "the count of the month's bytes", longest: 512, read: month),
    ]

    /// Header lines to the first empty one, then the body.
    private static func answer(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let begin = Int64(feed.number(2))
        let asked = begin..<begin + Int64(feed.number(2)) + 1
        var head = ResponseHead()
        while !head.isComplete, let line = feed.line() {
            let isTaken = (line + [0x0A]).withUnsafeBytes { unsafe head.take($0) }
            guard isTaken else { return }
        }
        try hold(
            head.status == 0 || (100...999).contains(head.status), "the status \(head.status)")
        try hold((head.contentLength ?? 0) >= 0, "a length below nothing")
        guard head.isComplete, head.flaw == nil, [200, 206].contains(head.status) else { return }
        let body = feed.remaining
        let opening = OpeningBody(name: "a server", asked: OpeningBody.length)
        let first = Result { try take(body, head, opening) }
        try hold(opening.bytes.count <= Int(OpeningBody.length), "more than was asked for")
        guard let identity = opening.identity else { return try first.get() }
        try hold(identity.length >= 0, "a file of \(identity.length) bytes")
        for line in identity.condition {
            try hold(
                line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a condition that is no line")
        }
        let range = RangeBody(asked, of: identity)
        let second = Result { try take(body, head, range) }
        try hold(range.bytes.count <= asked.count, "more than the range")
        let stream = StreamBody(of: identity)
        let third = Result { try take(body, head, stream) }
        try hold(stream.position <= identity.length, "more than the file")
        stream.consume(upTo: stream.position / 2)
        guard [first, second, third].allSatisfy({ (try? $0.get()) == nil }) else { return }
        try first.get()
    }

    private static func take(
        _ body: [UInt8], _ head: ResponseHead, _ sink: some BodySink
    ) throws {
        try sink.begin(head)
        // In two pieces, as it may come.
        for piece in [body.prefix(body.count / 2), body.dropFirst(body.count / 2)] {
            let fault = Array(piece).withUnsafeBytes { bytes -> Fault? in
                do throws(Fault) {
                    try unsafe sink.take(bytes)
                    return nil
                } catch {
                    return error
                }
            }
            if let fault { throw fault }
        }
        try sink.end(head)
    }

    private static func contentRange(_ input: [UInt8]) throws {
        guard let text = text(input), let said = ContentRange(text) else { return }
        guard let range = said.range else { return try hold(said.total != nil, "nothing is said") }
        try hold(range.lowerBound >= 0 && !range.isEmpty, "the range \(range)")
        try hold(range.upperBound <= said.total ?? .max, "a range past the end")
    }

    private static func address(_ input: [UInt8]) throws {
        guard let text = text(input) else { return }
        let address = try WebAddress(text)
        try hold(
            address.text.utf8.allSatisfy { (0x21...0x7E).contains($0) },
            "bytes that split a request")
        let second = try again("the address") { try WebAddress(address.text) }
        try hold(second == address, "read again it is \(second.text)")
        let shown = try again("what is shown") { try WebAddress(address.shown) }
        try hold(
            WebOrigin(shown) == WebOrigin(address), "what is shown leads elsewhere")
        let host = address.shown.split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
        try hold(!host.contains("@"), "a user is shown")
        let location = try Location(parsing: text)
        let beside = try again("a file beside it") { try location.sibling("a b.nacelle") }
        guard case .remote(let url) = beside else { throw Broken(what: "beside it is a path") }
        try hold(
            try WebOrigin(url) == WebOrigin(address), "a file beside it is on another host: \(url)")
    }

    private static func month(_ input: [UInt8]) throws {
        let month = try TrafficMonth(reading: input)
        let second = try again("the count") { try TrafficMonth(reading: month.json.pretty) }
        try hold(second == month, "it is written in another way")
        for moment: Int64 in [.min, 0, 1_795_000_000, 253_402_300_799, .max] {
            var turned = month.turned(at: moment)
            turned.add(.max)
            try hold(turned.bytes >= 0, "a count below nothing")
            _ = turned.name + turned.end
        }
    }
}
