internal import CCurl
public import Faults

extension HTTPClient {
    /// Sends a small request and takes whatever the server answers.
    ///
    /// What may pass (no connection, status 503 and its like) is tried again within the settings'
    /// back-off, unless the request is for once. Status 429 is an answer: only who asked knows
    /// whether asking again can help. A redirect of what has a body is a refusal.
    ///
    /// - Parameter request: the request.
    /// - Returns: an answer of any status from 200 to 299 and from 400 to 499; of one from 500 as well where
    ///   the request takes it.
    /// - Throws: a `Fault` where no such answer came.
    public func exchange(_ request: WebRequest) throws(Fault) -> WebAnswer {
        let address = try WebAddress(request.url)
        var retries = Retries(settings.backOff)
        while true {
            let sink = WholeBody(limit: request.limit, name: address.shown)
            let transfer = try start(address, as: request, into: sink)
            switch try finish(transfer) {
            case .complete: return HTTPClient.answer(transfer, sink.bytes)
            case .failed(let fault):
                guard HTTPClient.isAnswer(transfer), fault.code != .tls else { throw fault }
                return HTTPClient.answer(transfer, transfer.page)
            case .passing(let fault, let wish):
                if HTTPClient.isAnswer(transfer), transfer.head.status == 429 {
                    return HTTPClient.answer(transfer, transfer.page)
                }
                if request.takesServerErrors, HTTPClient.isServerError(transfer) {
                    return HTTPClient.answer(transfer, transfer.page)
                }
                guard !request.isOnce else { throw fault }
                try retries.fail(fault, wish: wish)
                try rest(until: retries.notBefore)
            }
        }
    }

    /// Whether the status is the server's own word; 407 is the proxy's.
    private static func isAnswer(_ transfer: Transfer) -> Bool {
        guard transfer.refusal == nil, transfer.head.isComplete else { return false }
        let status = transfer.head.status
        return (200...299).contains(status) || ((400...499).contains(status) && status != 407)
    }

    private static func isServerError(_ transfer: Transfer) -> Bool {
        transfer.refusal == nil && transfer.head.isComplete
            && (500...599).contains(transfer.head.status)
    }

    private static func answer(_ transfer: Transfer, _ body: [UInt8]) -> WebAnswer {
        let seconds = transfer.easy.large(CURLINFO_RETRY_AFTER)
        return WebAnswer(
            status: transfer.head.status, body: body,
            retryAfter: seconds > 0 ? .seconds(min(seconds, 86_400)) : nil)
    }
}
