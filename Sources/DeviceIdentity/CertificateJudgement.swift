internal import Faults
internal import Sealing

/// Whether certificates that came can be this machine's; pure, without I/O.
struct CertificateJudgement {
    /// What the wall clock says, in seconds since 1970.
    let now: Int64
    /// Where the certificates come from, for messages.
    let origin: String

    /// So far ahead a certificate may begin: the authority's clock, not this one, counts for servers.
    static let slack: Int64 = 3600
    /// The shortest rest of a life, in seconds, that a renewal takes: timers come once a day.
    static let leastRest: Int64 = 3600

    /// Finds the certificate for a key, and what stands between it and the authority.
    ///
    /// - Parameters:
    ///   - certificates: what came, in any order.
    ///   - key: whose certificate is looked for.
    ///   - others: more certificates that may stand in between, such as those of the pair before.
    /// - Returns: the certificate for the key, followed by its signers but for a root.
    /// - Throws: a `Fault` of code `tls`.
    func chain(
        _ certificates: [Certificate], for key: borrowing IdentityKey, others: [Certificate] = []
    ) throws(Fault) -> [Certificate] {
        var leaf: Certificate?
        for certificate in certificates where leaf == nil && certificate.belongs(to: key) {
            leaf = certificate
        }
        guard let leaf else {
            let names = certificates.map { "“\($0.subject)”" }.joined(separator: ", ")
            throw fault(
                "\(origin) brought a certificate for another key than the one that asked (\(names)).",
                "Give the authority the request that nacelle identity request shows.")
        }
        try judge(leaf)
        var chain = [leaf]
        let pool = certificates + others
        while chain.count < 8, let last = chain.last, !last.isSelfIssued,
            let signer = pool.first(where: {
                !$0.isSelfIssued && !chain.contains($0) && last.isSigned(by: $0)
            })
        { chain.append(signer) }
        return chain
    }

    /// Refuses what a server gave for the present certificate and what is worse than that.
    ///
    /// So are an end before the present one's, less than an hour of life, and another subject.
    ///
    /// - Parameters:
    ///   - leaf: the new certificate.
    ///   - old: the present one. An end that lies behind the clock is no measure, since no
    ///     certificate that is valid now ends before it.
    ///   - request: what was asked for.
    /// - Throws: a `Fault` of code `tls`.
    func judgeRenewal(
        _ leaf: Certificate, of old: Certificate, asked request: CertificateRequest
    ) throws(Fault) {
        try judgeSubject(
            leaf, asked: request,
            advice: "Have the authority's profile looked at (RFC 7030 wants the same subject). If "
                + "that name is right, set it as the identity's “subject”, or renew by hand: "
                + "nacelle identity request, then nacelle identity import.")
        guard leaf.notAfter >= old.notAfter else {
            throw fault(
                "\(origin) brought a certificate that ends at \(Moment.text(leaf.notAfter)), before "
                    + "the present one (\(Moment.text(old.notAfter))); the present one stays.",
                "Have the authority's validity looked at; the next run asks again. To take one that "
                    + "ends earlier, renew by hand: nacelle identity request, then nacelle identity "
                    + "import.")
        }
        guard leaf.notAfter - now >= CertificateJudgement.leastRest else {
            throw fault(
                "\(origin) brought a certificate that ends at \(Moment.text(leaf.notAfter)), less "
                    + "than an hour from now (\(Moment.text(now))); the present one, until "
                    + "\(Moment.text(old.notAfter)), stays.",
                "Have the authority's validity and this machine's clock looked at.")
        }
    }

    /// Refuses a certificate for another subject than the one asked for.
    func judgeSubject(
        _ leaf: Certificate, asked request: CertificateRequest, advice: String
    ) throws(Fault) {
        guard request.hasSubject(of: leaf) else {
            throw fault(
                "\(origin) brought a certificate for “\(leaf.subject)”, and “\(request.subject)” "
                    + "was asked for.", advice)
        }
    }

    private func judge(_ leaf: Certificate) throws(Fault) {
        guard leaf.notAfter > now else {
            throw fault(
                "\(origin) brought a certificate that has expired at \(Moment.text(leaf.notAfter)); "
                    + "this machine's clock says \(Moment.text(now)).",
                "Check this machine's clock; then have the authority make a new one.")
        }
        guard leaf.notBefore <= now + CertificateJudgement.slack else {
            throw fault(
                "\(origin) brought a certificate that is not valid before "
                    + "\(Moment.text(leaf.notBefore)); this machine's clock says "
                    + "\(Moment.text(now)).",
                "Set this machine's clock, then start the command again; the request stays.")
        }
        guard leaf.servesClients else {
            throw fault(
                "\(origin) brought a certificate that no TLS client may use, by its key usages.",
                "Have the authority allow clientAuth in it.")
        }
    }

    private func fault(_ message: String, _ advice: String) -> Fault {
        Fault(.tls, message, advice: advice)
    }
}
