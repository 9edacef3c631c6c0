internal import DurableFiles
public import Faults
internal import Sealing

// Each of these leaves, wherever it is cut short, what was before or what is after, whole. The
// caller holds the lock.
extension IdentityDirectory {
    /// Where a pending key and request are written before they get their name.
    private static let draft = ".pending.new"
    /// What is being removed, once it no longer has its name.
    private static let trash = ".dropped.new"

    /// Finishes a swap that a crash cut short, and clears what one left.
    ///
    /// - Returns: the pair that became current by it, if one did.
    /// - Throws: a `Fault` of the disk.
    func recover() throws(Fault) -> IdentityPair? {
        try root.removeTree(IdentityDirectory.draft)
        try root.removeTree(IdentityDirectory.trash)
        let before = try currentNumber()
        for number in try numbers().reversed() where number > before ?? 0 {
            if let pair = try wholePair(number) {
                try root.replaceLink(IdentityDirectory.current, target: "\(number)")
                try removeOld()
                return pair
            }
            // No swap of ours: what is renamed to a number is whole. It would be in the next one's way.
            if before != nil { try drop("\(number)") }
        }
        return nil
    }

    /// Makes a key and request wait for their certificate, in place of any before.
    func makePending(
        _ request: CertificateRequest, _ key: borrowing IdentityKey, at place: KeyPlace
    ) throws(Fault) -> PendingIdentity {
        try root.removeTree(IdentityDirectory.draft)
        let draft = try root.make(IdentityDirectory.draft, mode: 0o700)
        switch place {
        case .file:
            try IdentityFiles.write(key, in: draft)
        case .token(let uri):
            try IdentityFiles.write(Array((uri + "\n").utf8), IdentityFiles.token, in: draft)
        }
        try IdentityFiles.write(request.pem(), IdentityFiles.request, in: draft)
        try draft.sync()
        try dropPending()
        try root.rename(IdentityDirectory.draft, to: IdentityDirectory.pending)
        return PendingIdentity(
            path: "\(path)/\(IdentityDirectory.pending)", key: place, request: request, chain: nil)
    }

    /// Puts a certificate beside the key and request that wait for it.
    func putPending(_ chain: [Certificate]) throws(Fault) {
        try root.open(IdentityDirectory.pending).replace(
            IdentityFiles.certificate, with: Certificate.pem(chain), mode: 0o600)
    }

    /// Takes back a certificate that did not work; key and request stay.
    func withdrawPending() throws(Fault) {
        let directory = try root.open(IdentityDirectory.pending)
        try directory.remove(IdentityFiles.certificate)
        try directory.sync()
    }

    /// Removes what waits where its files are damaged; where only its certificate is, that alone.
    ///
    /// - Returns: what was wrong; `nil` where nothing was.
    /// - Throws: a `Fault` of the disk or of rights.
    func mendPending() throws(Fault) -> Fault? {
        guard let damage = try pendingDamage() else { return nil }
        if try root.open(IdentityDirectory.pending).info(IdentityFiles.certificate) != nil {
            try withdrawPending()
            if try pendingDamage() == nil { return damage }
        }
        try dropPending()
        return damage
    }

    /// What is wrong with the files of what waits; a key in a token is not opened.
    private func pendingDamage() throws(Fault) -> Fault? {
        do throws(Fault) {
            guard let pending = try pendingIdentity(), case .file = pending.key else { return nil }
            let key = try IdentityFiles.openKey(pending.key, in: pending.path)
            guard pending.request.belongs(to: key) else {
                return Fault(.storeDamaged, "The key and the request do not belong together.")
            }
            return nil
        } catch  where error.isDamage { return error }
    }

    /// Gives up a key and request that wait.
    func dropPending() throws(Fault) {
        guard try root.info(IdentityDirectory.pending) != nil else { return }
        try drop(IdentityDirectory.pending)
    }

    /// Makes the pair that waits current, by one rename of the link; the one before stays.
    ///
    /// - Returns: the pair as it stands now.
    /// - Throws: a `Fault` of the disk.
    func takeOver() throws(Fault) -> IdentityPair {
        let number = (try numbers().last ?? 0) + 1
        guard number <= 999_999_999 else {
            throw Fault(.storage, "\(path) has no number left for another pair.")
        }
        try root.rename(IdentityDirectory.pending, to: "\(number)")
        try root.replaceLink(IdentityDirectory.current, target: "\(number)")
        guard let pair = try pair(number) else {
            throw Fault(.storeDamaged, "\(path)/\(number) was just written and is no pair.")
        }
        try removeOld()
        return pair
    }

    /// Makes the pair before current again, under a new number; the one that was left is kept.
    ///
    /// - Returns: the pair that was left, and the pair that is current now.
    /// - Throws: a `Fault` of code `nothing-to-roll-back-to` where no pair is kept.
    public func rollBack() throws(Fault) -> (left: IdentityPair, now: IdentityPair) {
        _ = try recover()
        guard let left = try currentPair(), let before = try previousPair() else {
            throw Fault(
                .nothingToRollBackTo, "\(path) keeps no pair that could become current again.",
                advice: "Have a new one made: nacelle identity request.")
        }
        // A number above the link's is a swap under way, so that this too is finished after a crash.
        let number = left.generation + 1
        try root.rename("\(before.generation)", to: "\(number)")
        try root.replaceLink(IdentityDirectory.current, target: "\(number)")
        guard let now = try pair(number) else {
            throw Fault(.storeDamaged, "\(path)/\(number) was just renamed and is no pair.")
        }
        return (left, now)
    }

    /// Removes every pair but the current one and the whole one before it.
    private func removeOld() throws(Fault) {
        guard let current = try currentNumber() else { return }
        let kept = try previousPair()?.generation
        for number in try numbers() where number < current && number != kept {
            try drop("\(number)")
        }
    }

    /// Removes a directory; by one rename first, so that no name ever leads to half of one.
    private func drop(_ name: String) throws(Fault) {
        try root.removeTree(IdentityDirectory.trash)
        try root.rename(name, to: IdentityDirectory.trash)
        try root.removeTree(IdentityDirectory.trash)
    }
}
