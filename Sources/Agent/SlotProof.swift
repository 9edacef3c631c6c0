internal import Bundle
public import Faults
internal import Install
internal import Repository
internal import Sealing
public import Slots
internal import StrictJSON
internal import Trust

/// Proves a filled slot as root, for a service that may not isolate.
///
/// Nothing that the store's owner wrote is believed: the envelope that was kept is verified by the
/// root of trust, and the slot is read back against its manifest.
public struct SlotProof {
    private let configuration: Configuration
    private let reporter: any Reporter

    /// Makes the operation.
    public init(_ configuration: Configuration, reporter: any Reporter) {
        self.configuration = configuration
        self.reporter = reporter
    }

    /// Performs it; how it ended is left in the store as well.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - slot: the slot, whose record must say `filled`.
    /// - Returns: the version that is ready.
    /// - Throws: a `Fault` of what failed.
    public func run(store: String?, slot: SlotName) throws(Fault) -> VersionIdentity {
        let trust = try configuration.trust()
        let smoke = try configuration.smoke()
        let path = try configuration.storePath(store)
        let root = RootChain.newest(
            at: Store.rootsPath(path), from: try TrustedFiles.root(trust))
        try smoke.makeRuntimeDirectory(owner: Store.owner(path: path))
        let store = try Store.open(path: path)
        let lock = try store.lockProving("nacelle prove \(slot.rawValue)")
        let bundle = try store.snapshot().record(slot)?.bundle ?? ""
        do throws(Fault) {
            let identity = try prove(slot, root, smoke, store)
            try leave(ProofResult(slot: slot, bundle: bundle, fault: nil), store)
            _ = consume lock
            return identity
        } catch {
            try leave(ProofResult(slot: slot, bundle: bundle, fault: error), store)
            throw error
        }
    }

    private func prove(
        _ slot: SlotName, _ root: VerifiedRoot, _ smoke: SmokeSettings, _ store: borrowing Store
    ) throws(Fault) -> VersionIdentity {
        let snapshot = try store.snapshot()
        guard snapshot.current != slot, let record = snapshot.record(slot), record.state == .filled
        else {
            throw Fault(
                .notFound,
                "Slot \(slot.rawValue) \(snapshot.describe(slot)); only one that is filled and does "
                    + "not run is proved.", advice: "Look at `nacelle status`.")
        }
        let manifest = try manifest(of: slot, record, root, store)
        try Proof(smoke: smoke, reporter: reporter).run(slot, manifest, store)
        return record.identity
    }

    /// The manifest of the version in a slot, verified by the root of trust.
    private func manifest(
        of slot: SlotName, _ record: SlotRecord, _ root: VerifiedRoot, _ store: borrowing Store
    ) throws(Fault) -> Manifest {
        guard let digest = record.envelope,
            let bytes = try store.readEnvelope(of: slot, limit: BundleLimits.envelopeBytes),
            try SHA256.digest(of: bytes).hex == digest
        else {
            throw Fault(
                .storeDamaged, "The envelope of the version in slot \(slot.rawValue) is not kept.",
                advice: "Install it again: what was fetched is not fetched again.")
        }
        let manifest = try VerifiedBundle.manifest(in: try DSSEEnvelope(bytes), root: root)
        guard VersionIdentity(manifest) == record.identity, manifest.fullBundle == record.bundle
        else {
            throw Fault(
                .storeDamaged,
                "The envelope kept of slot \(slot.rawValue) is version \(manifest.version)'s, and "
                    + "its record says \(record.identity.version).",
                advice: "Install the version again.")
        }
        return manifest
    }

    private func leave(_ result: ProofResult, _ store: borrowing Store) throws(Fault) {
        do throws(Fault) {
            try store.writeState(ProofResult.file, result.json.pretty)
        } catch {
            reporter.say("How it ended is not kept: \(error.message)", event: "warning")
        }
    }
}
