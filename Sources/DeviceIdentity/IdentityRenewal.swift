public import Faults
internal import Sealing

/// Renews the current pair over EST: request, certificate, proof, swap.
///
/// Until the swap, which is one rename, the old pair is current; whatever fails leaves it so. A
/// request that was made is used again by the next run, and so is a certificate that came and could
/// not be proved yet.
public struct IdentityRenewal {
    /// How it ended.
    public enum Outcome: Sendable, Equatable {
        /// It is not time yet.
        case notDue(IdentityPair, RenewalTerm)
        /// A new pair is current.
        case renewed(from: IdentityPair, to: IdentityPair)
        /// The server decides later; so long it wants to be left alone, where it said so.
        case waiting(Duration?)
    }

    private let surroundings: IdentitySurroundings

    /// Makes a renewal.
    public init(_ surroundings: IdentitySurroundings) { self.surroundings = surroundings }

    /// Does it, where it is due.
    ///
    /// - Parameters:
    ///   - directory: the identity's; the caller holds its lock.
    ///   - force: whether it is done although it is not due.
    /// - Returns: how it ended.
    /// - Throws: a `Fault`; the old pair is current then.
    public func run(
        in directory: borrowing IdentityDirectory, force: Bool
    ) throws(Fault) -> Outcome {
        if let pair = try directory.recover() { surroundings.tell(.recovered(pair)) }
        guard let old = try directory.currentPair() else {
            throw Fault(
                .notFound, "This machine has no certificate yet that could be renewed.",
                advice: "Have a request made (nacelle identity request), signed, and the "
                    + "certificate imported (nacelle identity import).")
        }
        let term = RenewalTerm(old.certificate, renewBefore: surroundings.renewBefore)
        // A certificate that came is proved whatever the date: it was due, or forced, before.
        let hasCome = try waiting(in: directory)?.chain != nil
        guard force || hasCome || term.isDue(at: surroundings.now) else {
            return .notDue(old, term)
        }
        guard let server = surroundings.server else {
            throw Fault(
                .configuration,
                "The certificate is to be renewed, and no EST server is configured.",
                advice: "Set “est” in “identity”, or renew by hand: nacelle identity request, then "
                    + "nacelle identity import.")
        }
        let pending = try pendingOrNew(old, in: directory)
        let new: IdentityPair
        if let waiting = try stillGood(pending, old) {
            new = waiting
        } else {
            switch try enrol(pending, old, term, server, directory) {
            case .pair(let pair): new = pair
            case .later(let wish): return .waiting(wish)
            }
        }
        try prove(new, old, in: directory)
        return .renewed(from: old, to: try directory.takeOver())
    }

    /// What the EST server's answer led to.
    private enum Enrolled {
        case pair(IdentityPair)
        case later(Duration?)
    }

    /// What waits, after what is damaged was removed; only a server can have another made unasked.
    private func waiting(
        in directory: borrowing IdentityDirectory
    ) throws(Fault) -> PendingIdentity? {
        guard surroundings.server != nil else { return try? directory.pendingIdentity() }
        if let damage = try directory.mendPending() {
            surroundings.tell(
                .note(
                    "What waited for a certificate was damaged and was removed: \(damage.message)"))
        }
        return try directory.pendingIdentity()
    }

    /// The configured subject, where the old certificate's is another.
    private func otherSubject(_ old: IdentityPair) throws(Fault) -> DistinguishedName? {
        guard let subject = surroundings.subject, try !subject.isSubject(of: old.certificate) else {
            return nil
        }
        return subject
    }

    /// The request that waits already, or a new one with a new key.
    private func pendingOrNew(
        _ old: IdentityPair, in directory: borrowing IdentityDirectory
    ) throws(Fault) -> PendingIdentity {
        let other = try otherSubject(old)
        if let other {
            surroundings.tell(
                .note(
                    "The current certificate is for \(old.certificate.subject), and \(other.text) is "
                        + "configured, which is asked for; servers may refuse another subject."))
        }
        if let pending = try directory.pendingIdentity() {
            let isWanted =
                try other.map { (name) throws(Fault) in try pending.request.hasSubject(name) }
                ?? pending.request.asksForSame(as: old.certificate)
            guard isWanted, pending.key == surroundings.keyPlace else {
                throw Fault(
                    .configuration,
                    "A request for “\(pending.request.subject)” waits for a certificate that a "
                        + "person brings; a renewal for “\(other?.text ?? old.certificate.subject)” "
                        + "would take its place"
                        + (isWanted ? ", since the key is to be elsewhere now." : "."),
                    advice: "Import its certificate, or give it up: nacelle identity request --new."
                )
            }
            return pending
        }
        let key = try surroundings.newKey()
        let request =
            if let other {
                try CertificateRequest.make(subject: other, key: key)
            } else {
                try CertificateRequest.make(renewing: old.certificate, key: key)
            }
        let pending = try directory.makePending(request, key, at: surroundings.keyPlace)
        surroundings.tell(.requested(pending))
        return pending
    }

    /// A certificate that came before and was not proved yet; `nil` where another is to be asked for.
    ///
    /// One that is no good by this machine's clock stays until another takes its place.
    private func stillGood(
        _ pending: PendingIdentity, _ old: IdentityPair
    ) throws(Fault) -> IdentityPair? {
        guard let pair = pending.pair else { return nil }
        let key = try IdentityFiles.openKey(pair.key, in: pair.path)
        do throws(Fault) {
            let judgement = judgement("An earlier answer")
            let chain = try judgement.chain(pair.chain, for: key)
            try judgement.judgeRenewal(chain[0], of: old.certificate, asked: pending.request)
            return pair
        } catch {
            surroundings.tell(.note("\(error.message) It is asked for again."))
            return nil
        }
    }

    private func enrol(
        _ pending: PendingIdentity, _ old: IdentityPair, _ term: RenewalTerm, _ server: ESTServer,
        _ directory: borrowing IdentityDirectory
    ) throws(Fault) -> Enrolled {
        // Before a server is asked: a token that refuses ends it at one attempt with its PIN.
        let key = try IdentityFiles.openKey(pending.key, in: pending.path)
        surroundings.tell(.enrolling(server.address("simplereenroll")))
        let certificates: [Certificate]
        do throws(Fault) {
            let enrolment = ESTEnrolment(
                server: server, client: try surroundings.client(showing: old))
            switch try enrolment.again(pending.request) {
            case .certificates(let all): certificates = all
            case .later(let wish): return .later(wish)
            }
        } catch {
            throw explained(error, old, term)
        }
        let judgement = judgement("The EST server")
        let chain = try judgement.chain(
            certificates, for: key, others: Array(old.chain.dropFirst()))
        try judgement.judgeRenewal(chain[0], of: old.certificate, asked: pending.request)
        if !pending.request.asksForSame(as: chain[0]) {
            surroundings.tell(
                .note("The authority changed the alternative names of \(chain[0].subject)."))
        }
        try directory.putPending(chain)
        guard let pair = try directory.pendingIdentity()?.pair else {
            throw Fault(.storeDamaged, "\(pending.path) was just written and holds no pair.")
        }
        surroundings.tell(.received(pair))
        return .pair(pair)
    }

    /// Holds the new pair against a real server; only what worked may become current.
    private func prove(
        _ new: IdentityPair, _ old: IdentityPair, in directory: borrowing IdentityDirectory
    ) throws(Fault) {
        guard let proof = surroundings.proof else {
            throw Fault(.internalError, "Nothing was named that proves a new pair.")
        }
        switch try proof.verdict(on: new, besides: old) {
        case .works: surroundings.tell(.proved(proof.url))
        case .refused(let fault):
            try directory.withdrawPending()
            // A server that resets the connection, where the old pair gets through, refuses it too.
            throw Fault(
                fault.code == .network ? .tls : fault.code,
                "The new certificate does not work at \(proof.url), and the old one does; the old "
                    + "one stays. \(fault.message)",
                advice: "Have the authority and that server looked at; the next run asks for "
                    + "another certificate.", cause: fault.cause)
        case .unclear(let fault):
            throw Fault(
                fault.code,
                "The new certificate could not be proved at \(proof.url), where the old one does "
                    + "not work now either; the old one stays. \(fault.message)",
                advice: "Start the command again later; the new certificate is kept and tried "
                    + "again.", cause: fault.cause)
        }
    }

    private func judgement(_ origin: String) -> CertificateJudgement {
        CertificateJudgement(now: surroundings.now, origin: origin)
    }

    /// A refusal with what it most likely comes from, where the old certificate or the clock is.
    private func explained(_ fault: Fault, _ old: IdentityPair, _ term: RenewalTerm) -> Fault {
        guard fault.code == .tls || fault.code == .serverRefused || fault.code == .network else {
            return fault
        }
        if term.isExpired(at: surroundings.now) {
            return Fault(
                fault.code,
                "This machine's certificate expired at \(Moment.text(old.certificate.notAfter)), and "
                    + "most servers renew none that has: \(fault.message)",
                advice:
                    "Check this machine's clock (it says \(Moment.text(surroundings.now))). If it "
                    + "is right, renew by hand: nacelle identity request, have it signed, then "
                    + "nacelle identity import.", cause: fault.cause)
        }
        if term.isEarly(at: surroundings.now) {
            return Fault(
                fault.code, fault.message,
                advice:
                    "This machine's clock says \(Moment.text(surroundings.now)), which is before "
                    + "its own certificate began; set the clock first.", cause: fault.cause)
        }
        return fault
    }
}
