public import Faults
internal import Trust

extension RepositoryPublisher {
    /// Signs the targets that wait in a repository, and publishes them once all signatures are there.
    ///
    /// - Parameter keys: targets keys; the online keys, where it may come to the publication.
    /// - Returns: what it changes; ``RepositoryOutcome/missing`` where signatures are missing still.
    /// - Throws: a `Fault` of code `not-found` where nothing waits.
    public func sign(keys: PublishingKeys) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo sign")
        guard let staged = try StagedTargets.read(folder) else {
            throw Fault(
                .notFound, "Nothing waits for signatures in \(path).",
                advice: "“repo add” and “repo remove” leave there what lacks signatures.")
        }
        let state = try PresentState.read(path)
        try keys.check(under: [state.root])
        let changes = try staged.changes(to: state)
        let publication = Publication(
            present: state, judges: [state.root], keys: keys, publisher: self)
        let signed = try keys.sign(staged.file, .targets, under: [state.root])
        // Kept before the publication, which may fail for other reasons.
        try folder.replace(StagedTargets.path, with: signed.encoded)
        var outcome = try finish(publication, targets: signed, changes: changes, folder)
        if outcome.isPublished, changes.contains(where: { $0.kind == .removed }) {
            outcome.warnings += try noteUnreferenced(folder)
        }
        return outcome
    }

    /// Gives up the targets that wait for signatures.
    ///
    /// - Returns: how the repository stands, and what was given up.
    /// - Throws: a `Fault` of code `not-found` where nothing waits.
    public func discardStaged() throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo sign --discard")
        let state = try PresentState.read(path)
        var outcome = RepositoryOutcome(state)
        do throws(Fault) {
            guard let staged = try StagedTargets.read(folder) else {
                throw Fault(.notFound, "Nothing waits for signatures in \(path).")
            }
            outcome.changes = try staged.changes(to: state)
        } catch {
            guard try folder.info(StagedTargets.path) != nil else { throw error }
            outcome.warnings.append("What was given up could not be read. \(error.message)")
        }
        try folder.remove(StagedTargets.path)
        return outcome
    }
}
