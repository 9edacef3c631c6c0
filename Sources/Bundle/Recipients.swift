public import Faults
public import Sealing

/// Who can open a sealed bundle: the content key, sealed to each recipient's X25519 key.
///
/// Not signed, so that a device is added without signing again; the signed manifest commits to the
/// content key, so that a forged list can only fail. Little-endian: magic `NRCP`, version (u16, 1),
/// count (u16), then for each recipient its key's id (16 bytes) and a sealed box (80 bytes).
public struct Recipients: Sendable, Equatable {
    /// One recipient.
    public struct Entry: Sendable, Equatable {
        /// The id of the recipient's public key.
        public var id: [UInt8]
        /// The content key, sealed to it.
        public var box: [UInt8]
    }

    /// Bytes of a content key.
    public static let contentKeyLength = 32
    private static let idLength = 16
    private static let boxLength = contentKeyLength + X25519PublicKey.sealOverhead
    private static let headerLength = 8
    private static let magic = Array("NRCP".utf8)
    /// Bytes of the longest list.
    public static let maximumLength =
        headerLength + BundleLimits.recipients * (idLength + boxLength)

    /// The recipients, in the order in which they were added, each key once.
    public private(set) var entries: [Entry] = []

    /// A list with nobody in it.
    public init() {}

    /// Reads the section.
    ///
    /// - Parameter bytes: the whole section; nothing in it is authenticated.
    /// - Throws: a `Fault` of code `malformed`.
    public init(reading bytes: Span<UInt8>) throws(Fault) {
        var reader = LittleEndianReader("list of recipients")
        guard try reader.run(4, from: bytes) == Recipients.magic else {
            throw Fault(.malformed, "The list of recipients does not begin as one.")
        }
        let version = try reader.integer(UInt16.self, from: bytes)
        guard version == 1 else {
            throw Fault(.unsupported, "The list of recipients has version \(version), not 1.")
        }
        let count = Int(try reader.integer(UInt16.self, from: bytes))
        guard (1...BundleLimits.recipients).contains(count) else {
            throw Fault(
                .malformed,
                "The list of recipients has \(count) entries; 1 to \(BundleLimits.recipients) "
                    + "are accepted.")
        }
        var ids: Set<[UInt8]> = []
        for _ in 0..<count {
            let id = try reader.run(Recipients.idLength, from: bytes)
            let box = try reader.run(Recipients.boxLength, from: bytes)
            guard ids.insert(id).inserted else {
                throw Fault(.malformed, "The recipient \(Hex.encode(id)) is listed twice.")
            }
            entries.append(Entry(id: id, box: box))
        }
        try reader.finish(bytes)
    }

    /// The section's bytes; none where there is nobody.
    public var encoded: [UInt8] {
        guard !entries.isEmpty else { return [] }
        var bytes = Recipients.magic
        bytes.append(littleEndian: UInt16(1))
        bytes.append(littleEndian: UInt16(entries.count))
        for entry in entries { bytes += entry.id + entry.box }
        return bytes
    }

    /// Adds a recipient; one who is listed already stays as he is.
    ///
    /// - Throws: a `Fault` of code `keys` for an unusable key or a full list.
    public mutating func add(
        _ key: X25519PublicKey, contentKey: borrowing SecretBytes
    ) throws(Fault) {
        let id = try key.id()
        guard !entries.contains(where: { $0.id == id }) else { return }
        guard entries.count < BundleLimits.recipients else {
            throw Fault(
                .keys, "A bundle has at most \(BundleLimits.recipients) recipients.",
                advice: "Use a group key for a larger fleet.")
        }
        entries.append(Entry(id: id, box: try key.seal(contentKey)))
    }

    /// Takes a recipient off the list.
    ///
    /// - Returns: whether he was on it.
    public mutating func remove(id: [UInt8]) -> Bool {
        let before = entries.count
        entries.removeAll { $0.id == id }
        return entries.count < before
    }

    /// Opens the content key with the first of `keys` that is a recipient.
    ///
    /// - Throws: a `Fault` of code `not-recipient`, or `malformed` for an altered box.
    public func open(with key: borrowing X25519SecretKey) throws(Fault) -> SecretBytes {
        let id = try key.publicKey.id()
        guard let entry = entries.first(where: { $0.id == id }) else {
            throw Fault(
                .notRecipient,
                "The bundle is sealed to \(entries.count) "
                    + "\(entries.count == 1 ? "recipient" : "recipients"), and this machine's key "
                    + "(id \(Hex.encode(id))) is not among them.",
                advice: "Have the builder add it: nacelle-bundle seal FILE --add DEVICE.pub.")
        }
        guard let contentKey = try key.open(entry.box) else {
            throw Fault(
                .malformed, "The content key sealed for this machine was altered or damaged.",
                advice: "Fetch the bundle again, or have the recipient added anew.")
        }
        return contentKey
    }
}
