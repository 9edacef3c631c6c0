internal import DurableFiles
public import Faults
internal import Sealing

extension IdentityDirectory {
    /// The pair that is shown to servers; `nil` before the first certificate.
    ///
    /// Its paths stay good while the link changes: the pair before is kept.
    ///
    /// - Throws: a `Fault` of code `store-damaged` where the link leads nowhere.
    public func currentPair() throws(Fault) -> IdentityPair? {
        guard let number = try currentNumber() else { return nil }
        guard let pair = try pair(number) else {
            throw Fault(
                .storeDamaged,
                "The link \(path)/\(IdentityDirectory.current) names \(number), where no pair is.",
                advice: "Point it at a pair that is there, or have a new one made: "
                    + "nacelle identity request --new.")
        }
        return pair
    }

    /// The pair that was current before; `nil` where there is none.
    public func previousPair() throws(Fault) -> IdentityPair? {
        guard let current = try currentNumber() else { return nil }
        for number in try numbers().reversed() where number < current {
            if let pair = try wholePair(number) { return pair }
        }
        return nil
    }

    /// What waits for a certificate; `nil` where nothing does.
    public func pendingIdentity() throws(Fault) -> PendingIdentity? {
        guard let directory = try root.openIfPresent(IdentityDirectory.pending) else { return nil }
        let name = "\(directory.path)/\(IdentityFiles.request)"
        guard let text = try directory.read(IdentityFiles.request, limit: CertificateRequest.limit)
        else {
            throw Fault(
                .storeDamaged, "\(name) is missing.",
                advice: "Have a new key and request made: nacelle identity request --new.")
        }
        return PendingIdentity(
            path: directory.path, key: try IdentityFiles.keyPlace(in: directory),
            request: try CertificateRequest(pem: text, name: name),
            chain: try IdentityFiles.chain(in: directory))
    }

    /// The number that the link names; `nil` where there is no link.
    func currentNumber() throws(Fault) -> Int? {
        guard let target = try root.linkTarget(IdentityDirectory.current) else { return nil }
        guard let number = IdentityFiles.number(target) else {
            throw Fault(
                .storeDamaged,
                "The link \(path)/\(IdentityDirectory.current) names “\(target)”, which is no pair.",
                advice: "Point it at a pair that is there: ln -sfn NUMBER \(path)/current.")
        }
        return number
    }

    /// The numbers of the pairs, in order.
    func numbers() throws(Fault) -> [Int] {
        try root.names(limit: 4096).compactMap(IdentityFiles.number).sorted()
    }

    /// A pair whose key and certificate belong together; `nil` for a directory that holds none.
    ///
    /// A key in a token is not opened. What the disk or the rights keep from being read is a fault,
    /// not a broken pair: broken ones may be removed.
    func wholePair(_ number: Int) throws(Fault) -> IdentityPair? {
        do throws(Fault) {
            guard try root.info("\(number)")?.kind == .directory, let pair = try pair(number)
            else { return nil }
            if case .file = pair.key { try pair.check() }
            return pair
        } catch  where error.isDamage { return nil }
    }

    func pair(_ number: Int) throws(Fault) -> IdentityPair? {
        guard let directory = try root.openIfPresent("\(number)"),
            let chain = try IdentityFiles.chain(in: directory)
        else { return nil }
        return IdentityPair(
            generation: number, path: directory.path,
            key: try IdentityFiles.keyPlace(in: directory), chain: chain)
    }
}
