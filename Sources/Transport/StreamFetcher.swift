internal import Faults

/// Reads a file from a server that ignores ranges: forward through one body, held back by reading.
final class StreamFetcher {
    private let client: HTTPClient
    private let address: WebAddress
    private let identity: SourceIdentity
    private let body: StreamBody
    private var transfer: Transfer
    private var retries: Retries
    /// How far the body ever came.
    private var furthest: Int64 = 0

    init(
        _ client: HTTPClient, _ address: WebAddress, _ identity: SourceIdentity,
        _ body: StreamBody, _ transfer: Transfer
    ) {
        self.client = client
        self.address = address
        self.identity = identity
        self.body = body
        self.transfer = transfer
        retries = Retries(client.settings.backOff)
    }

    deinit { client.cancel(transfer) }

    /// Reads exactly `count` bytes, skipping what lies before them.
    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        guard offset >= body.start else {
            throw Fault(
                .serverRefused,
                "\(identity.name) comes from a server that ignores ranges, and byte \(offset) "
                    + "has gone by; what is held begins at \(body.start).",
                advice: "Serve the file where range requests work, or copy it here first.")
        }
        let end = offset + Int64(count)
        var position = offset
        do throws(Fault) {
            while position < end {
                body.consume(upTo: position)
                if position < body.end {
                    let upper = min(end, body.end)
                    buffer.copy(
                        body.bytes, from: Int(position - body.start),
                        count: Int(upper - position), to: Int(position - offset))
                    position = upper
                } else {
                    try advance()
                }
            }
            body.consume(upTo: end)
        } catch {
            client.cancel(transfer)
            throw error
        }
    }

    private func advance() throws(Fault) {
        noteGain()
        switch transfer.result {
        case nil:
            try transfer.resume(.full)
            try client.step()
        case .complete:
            throw Fault(.internalError, "\(identity.name) ended before byte \(body.position).")
        case .failed(let fault):
            guard fault.code == .cancelled else { throw fault }
            try restart()
        case .passing(let fault, let wish):
            try retries.fail(fault, wish: wish)
            try client.rest(until: retries.notBefore)
            try restart()
        }
    }

    /// Begins from the first byte; there is no other way with such a server.
    private func restart() throws(Fault) {
        transfer = try client.start(address, into: body)
    }

    private func noteGain() {
        guard body.position > furthest else { return }
        retries.gain(body.position - furthest)
        furthest = body.position
    }
}

extension [UInt8] {
    /// Copies bytes of another array over some of this one.
    mutating func copy(_ source: [UInt8], from: Int, count: Int, to: Int) {
        replaceSubrange(to..<(to + count), with: source[from..<(from + count)])
    }
}
