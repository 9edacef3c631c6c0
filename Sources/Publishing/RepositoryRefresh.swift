public import Faults
internal import Trust

extension RepositoryPublisher {
    /// Signs a new timestamp, and a new snapshot where it will expire soon, with the online keys alone.
    ///
    /// Where nothing would be gained, nothing is written.
    ///
    /// - Parameters:
    ///   - keys: the online keys; with targets keys the targets are signed anew too.
    ///   - snapshot: whether the snapshot is signed anew in any case.
    /// - Returns: how it stands.
    /// - Throws: a `Fault`, of code `expired` where targets or root have expired, which the online
    ///   keys cannot mend.
    public func refresh(
        keys: PublishingKeys, snapshot: Bool = false
    ) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo refresh")
        let state = try PresentState.read(path)
        try keys.check(under: [state.root])
        do throws(Fault) { return try refresh(state, keys, snapshot, folder) } catch {
            guard error.code == .expired else { throw error }
            let advice =
                state.root.hasExpired(at: now)
                ? "Make the next root by “nacelle-bundle root extend”, bring it in by “repo rotate”, "
                    + "and refresh again; if this machine's clock is wrong, set it."
                : "Sign the targets anew: “repo refresh” with --targets-key and --online-key; if this "
                    + "machine's clock is wrong, set it."
            throw Fault(error.code, error.message, advice: advice, cause: error.cause)
        }
    }

    private func refresh(
        _ state: PresentState, _ keys: PublishingKeys, _ snapshot: Bool,
        _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> RepositoryOutcome {
        let end = Lifetimes.end(lifetimes.timestamp, after: now)
        let isLow = state.expires(.snapshot) < end + (end - now)
        let renewSnapshot =
            snapshot
            || isLow
                && state.expires(.snapshot) < Lifetimes.end(lifetimes.snapshot, after: now)
        let renewTargets = !keys.targets.isEmpty
        if !renewSnapshot, !renewTargets, state.expires(.timestamp) >= end - 60 {
            // Another run has just done it. What has expired is said all the same.
            let publication = Publication(
                present: state, judges: [state.root], keys: keys, publisher: self)
            try publication.rehearse([], from: state.root, at: now, folder)
            return notes(RepositoryOutcome(state), state)
        }
        if renewTargets { try refuseStaged(folder) }
        let publication = Publication(
            present: state, judges: [state.root], keys: keys, publisher: self)
        return try finish(
            publication, targets: renewTargets ? try publication.targets() : nil,
            renewSnapshot: renewSnapshot, changes: [], folder)
    }

    /// Publishes, or stages targets that lack signatures.
    func finish(
        _ publication: Publication, targets: SignedMetadata?, renewSnapshot: Bool = false,
        changes: [RepositoryChange], _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> RepositoryOutcome {
        if let targets, let missing = publication.missing(targets, .targets) {
            try folder.replace(StagedTargets.path, with: targets.encoded)
            var outcome = RepositoryOutcome(try PresentState.read(path))
            outcome.changes = changes
            outcome.missing = missing
            return outcome
        }
        let files = try publication.files(targets: targets, renewSnapshot: renewSnapshot)
        try publication.publish(files, in: folder)
        if targets != nil { try folder.remove(StagedTargets.path) }
        let state = try PresentState.read(path)
        var outcome = RepositoryOutcome(state)
        outcome.changes = changes
        outcome.isPublished = true
        if let before = publication.present?.expires(.timestamp),
            state.expires(.timestamp) < before - 86_400
        {
            outcome.warnings.append(
                "The timestamp expires at \(UTCTime.text(state.expires(.timestamp))), before the one "
                    + "that it replaces (\(UTCTime.text(before))): if nobody gave it fewer days, this "
                    + "machine's clock (\(UTCTime.text(now))) is slow, or was fast before.")
        }
        return notes(outcome, state)
    }

    /// Adds warnings of what the online keys will not be able to prolong.
    func notes(_ outcome: RepositoryOutcome, _ state: PresentState) -> RepositoryOutcome {
        var outcome = outcome
        for role in [TrustRole.root, .targets] {
            let left = state.expires(role) - now
            guard left < 30 * 86_400 else { continue }
            outcome.warnings.append(
                "The \(role.rawValue) metadata expires at \(UTCTime.text(state.expires(role))); "
                    + (role == .root
                        ? "make the next version by “root extend”, and “repo rotate”."
                        : "sign it anew: “repo refresh --targets-key”."))
        }
        return outcome
    }
}
