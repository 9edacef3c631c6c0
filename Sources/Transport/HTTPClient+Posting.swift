internal import CCurl
public import Faults

extension HTTPClient {
    /// Posts something small and takes a small answer.
    ///
    /// What may pass (no connection, status 503 and its like) is tried again, so the server may see
    /// the same body more than once. A redirect is a refusal.
    ///
    /// - Parameters:
    ///   - url: where to.
    ///   - body: what is posted.
    ///   - headers: its header lines, such as `Content-Type: application/pkcs10`.
    ///   - limit: the longest body of an answer, in bytes.
    /// - Returns: the answer, of status 200 or 202.
    /// - Throws: a `Fault`, of code `server-refused` for any other status that does not pass, with
    ///   the first line of what the server wrote as its cause.
    public func post(
        _ url: String, body: [UInt8], headers: [String], limit: Int
    ) throws(Fault) -> PostAnswer {
        let address = try WebAddress(url)
        var retries = Retries(settings.backOff)
        while true {
            let sink = WholeBody(limit: limit, name: address.shown)
            let transfer = try start(address, headers: headers, posting: body, into: sink)
            switch try finish(transfer) {
            case .complete: return answer(transfer, sink.bytes)
            case .failed(let fault):
                // Accepted is no body for a sink, and no refusal either.
                if transfer.refusal == nil, transfer.head.status == 202 {
                    return answer(transfer, [])
                }
                throw HTTPClient.explained(fault, transfer)
            case .passing(let fault, let wish):
                try retries.fail(HTTPClient.explained(fault, transfer), wish: wish)
                try rest(until: retries.notBefore)
            }
        }
    }

    private func answer(_ transfer: Transfer, _ body: [UInt8]) -> PostAnswer {
        let seconds = transfer.easy.large(CURLINFO_RETRY_AFTER)
        return PostAnswer(
            status: transfer.head.status, contentType: transfer.head.contentType, body: body,
            retryAfter: seconds > 0 ? .seconds(min(seconds, 366 * 86_400)) : nil)
    }

    /// The fault with the first line that the server wrote for people, where it wrote plain text.
    private static func explained(_ fault: Fault, _ transfer: Transfer) -> Fault {
        guard fault.cause == nil, transfer.head.contentType.hasPrefix("text/plain") else {
            return fault
        }
        let text = String(decoding: transfer.page.prefix(300), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init)
        return Fault(fault.code, fault.message, advice: fault.advice, cause: line)
    }
}
