internal import DurableFiles
internal import Faults
internal import Install
internal import Repository
internal import Slots
internal import StrictJSON
internal import Trust

/// Refreshes a repository's metadata into a store, by the machine's clock.
struct RepositoryRefresh {
    let place: any FileTree
    let acceptsExpiredMedia: Bool
    let reporter: any Reporter

    /// What came of it.
    struct Result {
        let trusted: TrustedRepository
        let catalogue: Catalogue
        /// Why expiry was not judged; `nil` where it was.
        let unjudged: Fault?
    }

    /// Refreshes.
    ///
    /// What is new is stored as soon as it is verified. Where a folder has expired, or the clock is
    /// wrong, it is read once more without judging expiry, if the configuration allows that.
    ///
    /// - Parameters:
    ///   - store: where metadata and roots are kept.
    ///   - shipped: the root that the machine was given.
    ///   - command: the command, for the lock.
    /// - Returns: the verified metadata.
    /// - Throws: a `Fault`.
    func run(
        _ store: borrowing Store, from shipped: VerifiedRoot, command: String
    ) throws(Fault) -> Result {
        let lock = try store.lockTrust(command)
        let result = try judged(store, shipped)
        _ = consume lock
        return result
    }

    private func judged(
        _ store: borrowing Store, _ shipped: VerifiedRoot
    ) throws(Fault) -> Result {
        let clock = TrustClock(floor: store.clockFloor())
        do throws(Fault) {
            let time = try clock.trustedTime()
            if let warning = clock.warning { reporter.say(warning, event: "warning") }
            let trusted = try refresh(store, shipped, RepositoryRules(time: time))
            keep(time, store)
            return try result(trusted, unjudged: nil)
        } catch  where error.code == .expired || error.code == .clock {
            guard acceptsExpiredMedia, !place.isRemote else { throw error }
            reporter.say(
                "\(error.message) \(place.name) is taken all the same, by its signatures alone.",
                event: "warning", facts: [("code", .string(error.code.rawValue))])
            return try result(
                try refresh(store, shipped, RepositoryRules(time: nil)), unjudged: error)
        }
    }

    /// Keeps the trusted time; where that fails, the next refresh tries again.
    private func keep(_ time: Int64, _ store: borrowing Store) {
        do throws(Fault) {
            try store.raiseClockFloor(to: time)
        } catch {
            reporter.say("The trusted time was not kept: \(error.message)", event: "warning")
        }
    }

    private func result(
        _ trusted: TrustedRepository, unjudged: Fault?
    ) throws(Fault) -> Result {
        let catalogue = Catalogue(trusted)
        for entry in catalogue.unreadable {
            reporter.say(
                "The repository's target “\(entry.path.prefix(100))” is passed over: "
                    + entry.fault.message, event: "warning")
        }
        return Result(trusted: trusted, catalogue: catalogue, unjudged: unjudged)
    }

    private func refresh(
        _ store: borrowing Store, _ shipped: VerifiedRoot, _ rules: RepositoryRules
    ) throws(Fault) -> TrustedRepository {
        var chain = try RootChain(in: try store.rootsDirectory(), from: shipped)
        var reader = RepositoryReader(
            place, metadata: RepositoryLayout.metadata,
            cache: MetadataCache(in: try store.metadataDirectory()), rules: rules)
        do throws(Fault) {
            let trusted = try reader.refresh(from: chain.newest) { (root) throws(Fault) in
                try chain.keep(root)
                tellRotation(root, reporter)
            }
            try chain.requireWhole()
            return trusted
        } catch {
            throw error.during("The repository \(place.name)")
        }
    }
}

/// Says that another root of trust counts from now on.
func tellRotation(_ root: VerifiedRoot, _ reporter: any Reporter) {
    reporter.say(
        "The root of trust is version \(root.version) now (expires \(UTCTime.text(root.expires))).",
        event: "root",
        facts: [
            ("version", .integer(root.version)), ("expires", .string(UTCTime.text(root.expires))),
        ])
}
