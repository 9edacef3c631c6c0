public import Faults

/// What an operator's word on a version did.
public struct DenialChange: Sendable, Equatable {
    /// The version.
    public var version: KnownVersion
    /// Whether anything had to be changed.
    public var isNew: Bool
    /// The tree in which that very version runs; `nil` where another runs.
    public var runsIn: TreeName?
    /// Slots in which it waited to be swapped in and now is marked bad.
    public var withdrawn: [SlotName] = []
    /// Who fills a slot with it and was asked to stop; `nil` for nobody.
    public var stopped: String?
}

extension Store {
    /// Denies a version by an operator's word; waits for no install.
    ///
    /// What of it waits to be swapped in is marked bad, and an install of it is asked to stop. What
    /// runs goes on.
    ///
    /// - Parameters:
    ///   - text: the version, its release counter, or the beginning of its tree digest.
    ///   - reason: why, for the list and the history.
    ///   - command: who does it, for the lock.
    /// - Returns: what was done.
    /// - Throws: a `Fault` of code `not-found` where the text does not name one version.
    public func deny(
        named text: String, reason: String, _ command: String
    ) throws(Fault) -> DenialChange {
        let lock = try lockSwitch(command)
        let version = try Store.version(named: text, among: knownVersions())
        let identity = version.identity
        let snapshot = try snapshot()
        var change = DenialChange(
            version: version, isNew: !version.places.contains("denied"),
            runsIn: snapshot.running?.identity.isSameRelease(as: identity) == true
                ? snapshot.named : nil)
        try deny(identity, reason: reason)
        for slot in SlotName.allCases where slot != snapshot.current {
            guard var record = snapshot.record(slot), record.identity.isSameRelease(as: identity)
            else { continue }
            switch record.state {
            case .ready, .trial:
                record.state = .bad
                record.reason = reason
                record.fallback = nil
                try write(record, of: slot)
                change.withdrawn.append(slot)
            case .filling, .filled:
                guard let filler = filler() else { continue }
                try requestCancel("its version was denied")
                change.stopped = filler
            case .good, .bad: continue
            }
        }
        if change.isNew {
            note("denied", tree: change.runsIn, identity: identity, detail: reason)
        }
        keepReserve()
        _ = consume lock
        return change
    }

    /// Takes the denial of a version back by an operator's word, with what is remembered of boots
    /// that failed.
    ///
    /// - Parameters:
    ///   - text: the version, its release counter, or the beginning of its tree digest.
    ///   - command: who does it, for the lock.
    /// - Returns: what was done.
    /// - Throws: a `Fault` of code `not-found` where the text does not name one version.
    public func allow(
        named text: String, _ command: String
    ) throws(Fault) -> DenialChange {
        let lock = try lockSwitch(command)
        // Unlike a denial this must not begin a damaged list anew: it says what is wrong.
        _ = try denials()
        let known = try knownVersions()
        let held = known.filter { version in
            !version.places.allSatisfy { $0 != "denied" && $0 != "left at boot" }
        }
        // Among those that are held back first: there the same name is rarely two versions'.
        let version = try Store.version(
            named: text, among: held.contains { $0.isNamed(by: text) } ? held : known)
        let isDenied = held.contains(version)
        let snapshot = try snapshot()
        let change = DenialChange(
            version: version, isNew: isDenied,
            runsIn: snapshot.running?.identity.isSameRelease(as: version.identity) == true
                ? snapshot.named : nil)
        try allow(version.identity)
        forgetLeft(version.identity)
        if isDenied {
            note("allowed", tree: change.runsIn, identity: version.identity)
        }
        keepReserve()
        _ = consume lock
        return change
    }
}
