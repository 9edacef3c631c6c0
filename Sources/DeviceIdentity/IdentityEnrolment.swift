public import Faults
public import Sealing

/// Enrolment by hand: a key and a request are made here, a person brings the certificate.
public struct IdentityEnrolment {
    /// How a certificate was taken.
    public enum Outcome: Sendable, Equatable {
        /// It is current with its key; it worked at this address, or nothing proved it.
        case accepted(IdentityPair, provedAt: String?)
        /// It was current before.
        case alreadyCurrent(IdentityPair)
    }

    private let surroundings: IdentitySurroundings

    /// Makes an enrolment.
    public init(_ surroundings: IdentitySurroundings) { self.surroundings = surroundings }

    /// Makes a key and a request; where one for the same subject and kind of key waits already,
    /// it is that.
    ///
    /// - Parameters:
    ///   - subject: whose certificate is asked for. Where the current certificate has it too, its
    ///     alternative names are asked for with it.
    ///   - directory: the identity's; the caller holds its lock.
    ///   - replacing: whether one that waits is given up.
    /// - Returns: what waits now.
    /// - Throws: a `Fault`, of code `configuration` where a request for somebody else waits.
    public func request(
        _ subject: DistinguishedName, in directory: borrowing IdentityDirectory, replacing: Bool
    ) throws(Fault) -> PendingIdentity {
        if let pair = try directory.recover() { surroundings.tell(.recovered(pair)) }
        if !replacing, let pending = try directory.pendingIdentity() {
            guard try pending.request.hasSubject(subject), pending.key == surroundings.keyPlace
            else {
                throw Fault(
                    .configuration,
                    "A request for “\(pending.request.subject)” waits for its certificate, and "
                        + "another subject or key is configured (“\(subject.text)”).",
                    advice: "Import its certificate, or give it up: nacelle identity request --new."
                )
            }
            return pending
        }
        let key = try surroundings.newKey()
        let current = (try? directory.currentPair())?.certificate
        let request: CertificateRequest
        if let current, try subject.isSubject(of: current) {
            request = try CertificateRequest.make(renewing: current, key: key)
        } else {
            if let current {
                surroundings.tell(
                    .note(
                        "The current certificate is for \(current.subject), and \(subject.text) is "
                            + "configured, which is asked for."))
            }
            request = try CertificateRequest.make(subject: subject, key: key)
        }
        let pending = try directory.makePending(request, key, at: surroundings.keyPlace)
        surroundings.tell(.requested(pending))
        return pending
    }

    /// Takes the certificate for the key that waits, and makes the pair current.
    ///
    /// - Parameters:
    ///   - certificates: what a person brought, in any order.
    ///   - origin: where they come from, for messages: `The file new.pem`.
    ///   - directory: the identity's; the caller holds its lock.
    ///   - proving: whether the pair must work first, where something is configured that proves it.
    ///   - anotherSubject: whether a certificate for another subject than the one asked for is taken.
    /// - Returns: how it was taken.
    /// - Throws: a `Fault`; the old pair is current then, and the request waits on.
    public func take(
        _ certificates: [Certificate], from origin: String,
        in directory: borrowing IdentityDirectory, proving: Bool, anotherSubject: Bool = false
    ) throws(Fault) -> Outcome {
        if let pair = try directory.recover() { surroundings.tell(.recovered(pair)) }
        let old = try directory.currentPair()
        guard let pending = try directory.pendingIdentity() else {
            if let old, certificates.contains(old.certificate) { return .alreadyCurrent(old) }
            throw Fault(
                .notFound, "No request waits for a certificate on this machine.",
                advice: "Have one made first: nacelle identity request.")
        }
        let key = try IdentityFiles.openKey(pending.key, in: pending.path)
        let judgement = CertificateJudgement(now: surroundings.now, origin: origin)
        let chain = try judgement.chain(
            certificates, for: key, others: Array(old?.chain.dropFirst() ?? []))
        if !anotherSubject {
            try judgement.judgeSubject(
                chain[0], asked: pending.request,
                advice: "Have the request signed as it is. Where the authority rewrites names and "
                    + "this one is right, set it as the identity's “subject”, and take the "
                    + "certificate: nacelle identity import --another-subject.")
        }
        try directory.putPending(chain)
        guard proving, let proof = surroundings.proof,
            let pair = try directory.pendingIdentity()?.pair
        else { return .accepted(try directory.takeOver(), provedAt: nil) }
        surroundings.tell(.received(pair))
        switch try proof.verdict(on: pair, besides: nil) {
        case .works:
            surroundings.tell(.proved(proof.url))
            return .accepted(try directory.takeOver(), provedAt: proof.url)
        case .refused(let fault), .unclear(let fault):
            try directory.withdrawPending()
            throw Fault(
                fault.code,
                "The certificate was not taken, because it could not be proved at \(proof.url): "
                    + fault.message,
                advice: fault.advice + " Import it again then, or unproved: "
                    + "nacelle identity import --unproved.", cause: fault.cause)
        }
    }
}
