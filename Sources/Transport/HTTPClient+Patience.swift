internal import CCurl
internal import Faults

/// How long an answer is waited for, by the time in which libcurl was driven.
extension HTTPClient {
    /// What keeps this machine waiting for too long; `nil` while the transfer does not.
    func impatience(_ transfer: Transfer) -> Fault? {
        guard transfer.head.isComplete else {
            guard transfer.easy.large(CURLINFO_PRETRANSFER_TIME_T) > 0 else { return nil }
            let asked = transfer.patience.asked ?? driven
            transfer.patience.asked = asked
            guard driven - asked >= settings.firstByteTimeout else { return nil }
            return timedOut(
                transfer, "did not answer within \(settings.firstByteTimeout.shown)")
        }
        guard transfer.pause == nil, let measured = transfer.patience.measured else {
            transfer.patience.measured = (driven, received)
            return nil
        }
        guard driven - measured.since >= settings.lowSpeed.time else { return nil }
        let bytes = received - measured.from
        transfer.patience.measured = (driven, received)
        var least = settings.lowSpeed
        if let cap = settings.bytesPerSecond {
            least.bytesPerSecond = min(least.bytesPerSecond, cap / 2)
        }
        guard bytes < least.bytes else { return nil }
        return timedOut(
            transfer,
            "sent \(bytes) bytes in \(settings.lowSpeed.time.shown); "
                + "\(least.bytesPerSecond) a second are the least")
    }

    private func timedOut(_ transfer: Transfer, _ what: String) -> Fault {
        Fault(
            .network, "\(transfer.address.shown) \(what).",
            advice: "It may pass; start the command again later.")
    }
}
