public import Faults
public import Install

/// A file on a web server, read by coalesced range requests, several under way at once.
///
/// Bytes move while one of its methods runs, or one of its client's. What ``willRead(_:)`` announced
/// is asked for ahead, but never more than 4 MiB beyond ``settle(below:)``; so a caller that does not
/// settle often gets no read-ahead. Nothing is written to disk.
///
/// A server that ignores ranges sends the file from its start, once; then reading goes forward alone.
public final class HTTPSource: ByteSource {
    private enum Way {
        case ranges(RangeFetcher)
        case stream(StreamFetcher)
    }

    /// The address, without user, password and query.
    public let name: String
    /// It comes over a network.
    public let isRemote = true
    private let size: Int64
    private let way: Way

    private init(_ name: String, _ size: Int64, _ way: Way) {
        self.name = name
        self.size = size
        self.way = way
    }

    /// Whether the server sends the whole file whatever range is asked for.
    public var ignoresRanges: Bool {
        switch way {
        case .ranges: false
        case .stream: true
        }
    }

    /// The file's length in bytes, as the server said when it was opened.
    public func length() throws(Fault) -> Int64 { size }

    /// How many bytes will be fetched so that some ranges can be read.
    ///
    /// - Parameter ranges: in any order; what lies outside the file does not count.
    /// - Returns: gaps that are fetched rather than asked round are counted, what came or is under way is
    ///   not; from a server that ignores ranges it is the whole file.
    public func plannedBytes(_ ranges: [Range<Int64>]) -> Int64 {
        switch way {
        case .ranges(let fetcher): fetcher.planned(ranges).count
        case .stream: size
        }
    }

    /// Says which ranges will be read next; they are asked for at once, within the window.
    public func willRead(_ ranges: [Range<Int64>]) {
        if case .ranges(let fetcher) = way { fetcher.willRead(ranges) }
    }

    /// Says that nothing before an offset will have to be fetched again.
    public func settle(below offset: Int64) {
        if case .ranges(let fetcher) = way { fetcher.settle(below: offset) }
    }

    /// Reads exactly `count` bytes: from memory where they came already, else from the server.
    public func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw Fault(
                .malformed, "\(name) has \(size) bytes; \(count) were needed at \(offset).",
                advice: "Fetch the bundle's own address, or publish it again.")
        }
        switch way {
        case .ranges(let fetcher): try fetcher.read(at: offset, count: count, into: &buffer)
        case .stream(let fetcher): try fetcher.read(at: offset, count: count, into: &buffer)
        }
    }

    /// Opens an address: asks for the first bytes, and learns from the answer what there is.
    static func open(_ url: String, _ client: HTTPClient) throws(Fault) -> HTTPSource {
        let address = try WebAddress(url)
        var retries = Retries(client.settings.backOff)
        var length = OpeningBody.length
        while true {
            // With a small budget left, a small file can still be opened.
            let asked = max(min(length, client.ledger.left), 1)
            let body = OpeningBody(name: address.shown, asked: asked)
            let transfer = try client.start(address, range: 0..<asked, into: body)
            switch try client.finishOpening(transfer, body) {
            case .complete: return try make(address, transfer, body, client)
            case .failed(let fault):
                if transfer.head.status == 416, let field = transfer.head.contentRange,
                    ContentRange(field)?.total == 0
                {
                    let identity = SourceIdentity(transfer.head, length: 0, name: address.shown)
                    let fetcher = RangeFetcher(
                        client, address, now: address, identity, head: [])
                    return HTTPSource(address.shown, 0, .ranges(fetcher))
                }
                throw fault
            case .passing(let fault, let wish):
                try retries.fail(fault, wish: wish)
                // A link that breaks after a little lets a little through.
                length = max(length / 4, OpeningBody.least)
                try client.rest(until: retries.notBefore)
            }
        }
    }

    private static func make(
        _ address: WebAddress, _ transfer: Transfer, _ body: OpeningBody, _ client: HTTPClient
    ) throws(Fault) -> HTTPSource {
        guard let identity = body.identity else {
            throw Fault(.internalError, "\(address.shown) was opened without an answer.")
        }
        if let stream = body.stream {
            let fetcher = StreamFetcher(client, address, identity, stream, transfer)
            return HTTPSource(address.shown, identity.length, .stream(fetcher))
        }
        let fetcher = RangeFetcher(
            client, address, now: transfer.address, identity, head: body.bytes)
        return HTTPSource(address.shown, identity.length, .ranges(fetcher))
    }
}

extension HTTPClient {
    /// Opens a file on a server; its first bytes come with it.
    ///
    /// - Parameter url: its address.
    /// - Returns: the source, which keeps this client alive.
    /// - Throws: a `Fault`.
    public func source(_ url: String) throws(Fault) -> HTTPSource {
        try HTTPSource.open(url, self)
    }

    /// Drives an opening until its body came, or began to come whole.
    fileprivate func finishOpening(
        _ transfer: Transfer, _ body: OpeningBody
    ) throws(Fault) -> TransferResult {
        do throws(Fault) {
            while true {
                // Where the body comes whole, its end is the reader's.
                if body.stream != nil, transfer.refusal == nil { return .complete }
                if let result = transfer.result { return result }
                try step()
            }
        } catch {
            cancel(transfer)
            throw error
        }
    }
}
