public import Faults

extension HTTPClient {
    /// Fetches a small file whole.
    ///
    /// - Parameters:
    ///   - url: its address.
    ///   - limit: the most bytes that are accepted.
    ///   - forbiddenIsMissing: whether 403 is taken as 404: object stores answer so for what does
    ///     not exist.
    /// - Returns: its bytes; `nil` where the server says that there is none (404 or 410).
    /// - Throws: a `Fault`.
    public func get(
        _ url: String, limit: Int, forbiddenIsMissing: Bool = false
    ) throws(Fault) -> [UInt8]? {
        try file(url, limit: limit, missing: forbiddenIsMissing ? [403, 404, 410] : [404, 410])?
            .bytes
    }

    /// Fetches a small file whole, with the server's name for its state.
    ///
    /// - Parameters:
    ///   - url: its address.
    ///   - limit: the most bytes that are accepted.
    ///   - missing: the statuses that say that there is none.
    /// - Returns: the file; `nil` where the server says that there is none.
    /// - Throws: a `Fault`.
    public func file(
        _ url: String, limit: Int, missing: Set<Int> = [404, 410]
    ) throws(Fault) -> FetchedFile? {
        let address = try WebAddress(url)
        var retries = Retries(settings.backOff)
        while true {
            let body = WholeBody(limit: limit, name: address.shown)
            let transfer = try start(address, into: body)
            switch try finish(transfer) {
            case .complete:
                return FetchedFile(bytes: body.bytes, entityTag: transfer.head.entityTag)
            case .failed(let fault):
                if missing.contains(transfer.head.status) { return nil }
                throw fault
            case .passing(let fault, let wish):
                try retries.fail(fault, wish: wish)
                try rest(until: retries.notBefore)
            }
        }
    }

    /// Drives a transfer to its end; where that is given up, so is the transfer.
    func finish(_ transfer: Transfer) throws(Fault) -> TransferResult {
        do throws(Fault) {
            while true {
                if let result = transfer.result { return result }
                try step()
            }
        } catch {
            cancel(transfer)
            throw error
        }
    }

    /// Waits until a moment since boot.
    func rest(until moment: Duration) throws(Fault) {
        while timeSinceBoot() < moment { try step(until: moment) }
    }
}
