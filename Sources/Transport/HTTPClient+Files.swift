public import Faults

extension HTTPClient {
    /// Fetches a small file whole.
    ///
    /// - Parameters:
    ///   - url: its address.
    ///   - limit: the most bytes that are accepted.
    /// - Returns: its bytes; `nil` where the server says that there is none (404 or 410).
    /// - Throws: a `Fault`.
    public func get(_ url: String, limit: Int) throws(Fault) -> [UInt8]? {
        try file(url, limit: limit)?.bytes
    }

    /// Fetches a small file whole, with the server's name for its state.
    ///
    /// - Parameters:
    ///   - url: its address.
    ///   - limit: the most bytes that are accepted.
    /// - Returns: the file; `nil` where the server says that there is none (404 or 410).
    /// - Throws: a `Fault`.
    public func file(_ url: String, limit: Int) throws(Fault) -> FetchedFile? {
        let address = try WebAddress(url)
        var retries = Retries(settings.backOff)
        while true {
            let body = WholeBody(limit: limit, name: address.shown)
            let transfer = try start(address, into: body)
            switch try finish(transfer) {
            case .complete:
                return FetchedFile(bytes: body.bytes, entityTag: transfer.head.entityTag)
            case .failed(let fault):
                if transfer.head.status == 404 || transfer.head.status == 410 { return nil }
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
