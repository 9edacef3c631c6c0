internal import Faults
internal import Transport

/// Whether a server takes a pair: a TLS connection by it, and an answer of status 200.
struct IdentityProof {
    /// What became of it.
    enum Verdict {
        /// It worked.
        case works
        /// It did not, and the pair before did, a moment later.
        case refused(Fault)
        /// It did not, nor did the pair before: nothing is known of it.
        case unclear(Fault)
    }

    /// What is asked for; the answer is thrown away.
    let url: String
    /// Makes a client that shows a pair.
    let client: (IdentityPair) throws(Fault) -> HTTPClient

    /// Tries a new pair.
    ///
    /// - Parameters:
    ///   - new: the pair.
    ///   - old: the pair before, which tells a bad pair from a bad network.
    /// - Returns: the verdict.
    /// - Throws: a `Fault` of code `cancelled`.
    func verdict(on new: IdentityPair, besides old: IdentityPair?) throws(Fault) -> Verdict {
        guard let fault = try attempt(new) else { return .works }
        guard let old, try attempt(old) == nil else { return .unclear(fault) }
        return .refused(fault)
    }

    private func attempt(_ pair: IdentityPair) throws(Fault) -> Fault? {
        do throws(Fault) {
            guard try client(pair).get(url, limit: 1 << 20) != nil else {
                return Fault(
                    .serverRefused, "\(url) answered that nothing stands there.",
                    advice: "Check the address that is to prove a new certificate (“verify”).")
            }
            return nil
        } catch {
            if error.code == .cancelled { throw error }
            return error
        }
    }
}
