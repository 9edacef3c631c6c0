internal import Bundle
internal import Faults
internal import Sealing
internal import Slots
internal import Trust

/// The signed manifest that was kept of the version in a slot.
enum KeptManifest {
    /// Reads it from the envelope that the slot's record names.
    ///
    /// Its signatures were verified when it was admitted, and are not again.
    ///
    /// - Returns: the manifest; `nil` where none was kept.
    /// - Throws: a `Fault` where it cannot be read, or is not what was signed.
    static func read(
        of slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) throws(Fault) -> Manifest? {
        guard let named = record.envelope else { return nil }
        let bytes = try store.readEnvelope(of: slot, limit: BundleLimits.envelopeBytes) ?? []
        guard try SHA256.digest(of: bytes).hex == named else {
            throw Fault(
                .storeDamaged,
                "The envelope that was kept of slot \(slot.rawValue) is not the one of its version."
            )
        }
        let payload = try DSSEEnvelope(bytes).payload(expecting: .manifest)
        return try Manifest(reading: payload)
    }
}
