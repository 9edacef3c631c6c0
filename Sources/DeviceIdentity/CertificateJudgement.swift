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
