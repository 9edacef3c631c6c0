internal import Bundle
internal import Faults
internal import Install
internal import Sealing
internal import Slots
internal import StrictJSON
internal import Trust

/// From a filled slot to one that is ready: the version proves itself on this machine.
extension Installation {
    /// Has the slot proved, here or by the unit that may isolate where this command may not.
    func prove(
        _ slot: SlotName, _ version: SignedVersion, _ store: borrowing Store,
        _ settings: Settings
    ) throws(Fault) {
        try keepManifest(of: version, for: slot, store)
        guard let unit = settings.smoke.unit, settings.smoke.isDelegated else {
            let lock = try store.lockProving(command)
            try Proof(smoke: settings.smoke, reporter: reporter).run(
                slot, version.manifest, store)
            _ = consume lock
            return
        }
        try ProofUnit(
            template: unit, systemctl: try Systemctl(settings.activation.settings.systemctl),
            reporter: reporter
        ).prove(slot, version.manifest, store)
    }

    /// Keeps what the manifest says for whoever goes on without the bundle: its envelope for who
    /// verifies it again, how to watch the version for who only activates it.
    func keepManifest(
        of version: SignedVersion, for slot: SlotName, _ store: borrowing Store
    ) throws(Fault) {
        guard var record = try store.snapshot().record(slot) else {
            throw Fault(.storeDamaged, "The record of slot \(slot.rawValue) is gone.")
        }
        let bytes = try version.envelope.encode()
        let digest = try SHA256.digest(of: bytes).hex
        let watch = version.manifest.probation.json
        if record.envelope == digest, record.watch == watch,
            try store.readEnvelope(of: slot, limit: BundleLimits.envelopeBytes) == bytes
        {
            return
        }
        try store.writeEnvelope(of: slot, bytes)
        record.envelope = digest
        record.watch = watch
        try store.write(record, of: slot)
    }
}
