public import Faults
internal import Sealing

/// The first 64 bytes of a bundle file: what it is and how long its sections are.
///
/// Little-endian: magic (8 bytes), format version (u16), zero (u16), envelope length (u32),
/// recipients length (u32), zero (u32), index length (u64), pack length (u64), the first 16 bytes of
/// the SHA-256 of envelope and recipients, and the first 8 bytes of the SHA-256 of all before. These
/// two tell damage from intent: without them a flipped bit in a key's id or in another recipient's
/// box would pass unseen. They protect nothing, and no length here is believed before the signed
/// manifest repeats it.
public struct Preamble: Sendable, Equatable {
    /// The preamble's length in bytes.
    public static let length = 64
    /// The first bytes of every bundle; a transfer that mangles text cannot leave them whole.
    public static let magic: [UInt8] = [0x89, 0x4E, 0x43, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Bytes of the envelope.
    public var envelope: Int
    /// Bytes of the list of recipients; 0 in an unsealed bundle.
    public var recipients: Int
    /// Bytes of the index.
    public var index: Int64
    /// Bytes of the pack.
    public var pack: Int64
    /// The first 16 bytes of the SHA-256 of envelope and recipients.
    private let head: [UInt8]

    /// Makes the preamble of a file.
    ///
    /// - Parameters:
    ///   - envelope: the whole envelope.
    ///   - recipients: the whole list of recipients; empty in an unsealed bundle.
    ///   - index: bytes of the index.
    ///   - pack: bytes of the pack.
    /// - Throws: a `Fault` of code `source` where a section is longer than a reader takes.
    public init(
        envelope: [UInt8], recipients: [UInt8], index: Int64, pack: Int64
    ) throws(Fault) {
        let head = try Preamble.headDigest(envelope + recipients)
        self.init(
            envelope: envelope.count, recipients: recipients.count, index: index, pack: pack,
            head: head)
        for (section, length, limit) in [
            ("envelope", Int64(envelope.count), Int64(BundleLimits.envelopeBytes)),
            ("list of recipients", Int64(recipients.count), Int64(Recipients.maximumLength)),
            ("index", index, BundleLimits.indexBytes), ("pack", pack, BundleLimits.packBytes),
        ] {
            guard (0...limit).contains(length) else {
                throw Fault(
                    .source,
                    "The bundle's \(section) would have \(length) bytes; at most \(limit) are "
                        + "read.")
            }
        }
    }

    private init(envelope: Int, recipients: Int, index: Int64, pack: Int64, head: [UInt8]) {
        self.envelope = envelope
        self.recipients = recipients
        self.index = index
        self.pack = pack
        self.head = head
    }

    private static func headDigest(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
        Array(try SHA256.digest(of: bytes).bytes.prefix(16))
    }

    /// Whether envelope and recipients are the bytes that this preamble was made for.
    ///
    /// - Parameter head: the two sections, one after the other.
    /// - Returns: `false` where a byte of them was altered or damaged.
    /// - Throws: a `Fault` where libcrypto fails.
    public func matches(head: [UInt8]) throws(Fault) -> Bool {
        let digest = try Preamble.headDigest(head)
        return head.count == envelope + recipients && digest == self.head
    }

    /// Where the recipients begin in the file.
    public var recipientsOffset: Int64 { Int64(Preamble.length) + Int64(envelope) }
    /// Where the index begins in the file.
    public var indexOffset: Int64 { recipientsOffset + Int64(recipients) }
    /// Where the pack begins in the file.
    public var packOffset: Int64 { indexOffset + index }
    /// How long the whole file must be.
    public var fileLength: Int64 { packOffset + pack }

    /// Reads a preamble.
    ///
    /// - Parameter bytes: the file's first ``length`` bytes, or all it has where it is shorter.
    /// - Returns: the preamble, every length within its limit.
    /// - Throws: a `Fault` of code `malformed`, or `unsupported` for another version.
    public static func read(_ bytes: Span<UInt8>) throws(Fault) -> Preamble {
        let advice = "Check that the file is a Nacelle bundle and was copied whole."
        guard bytes.count >= length else {
            throw Fault(
                .malformed,
                "Not a bundle: the file has \(bytes.count) bytes, and a bundle begins with "
                    + "\(length).", advice: advice)
        }
        var reader = LittleEndianReader("preamble")
        guard try reader.run(8, from: bytes) == magic else {
            throw Fault(
                .malformed, "Not a bundle: the file does not begin as one.", advice: advice)
        }
        let version = try reader.integer(UInt16.self, from: bytes)
        let head = try LittleEndianReader.prefix(56, of: bytes)
        guard
            try Array(SHA256.digest(of: head).bytes.prefix(8))
                == LittleEndianReader.suffix(56..<64, of: bytes)
        else {
            throw Fault(
                .malformed, "The bundle's first 64 bytes were altered or damaged.", advice: advice)
        }
        guard version == BundleLimits.formatVersion else {
            throw Fault(
                .unsupported,
                "The bundle has format version \(version); this release reads version "
                    + "\(BundleLimits.formatVersion).", advice: "Update the agent first.")
        }
        let zero = try reader.integer(UInt16.self, from: bytes)
        let envelope = try reader.integer(UInt32.self, from: bytes)
        let recipients = try reader.integer(UInt32.self, from: bytes)
        let zero2 = try reader.integer(UInt32.self, from: bytes)
        let index = try reader.integer(UInt64.self, from: bytes)
        let pack = try reader.integer(UInt64.self, from: bytes)
        let digest = try reader.run(16, from: bytes)
        guard zero == 0, zero2 == 0 else {
            throw Fault(.malformed, "Reserved bytes of the preamble are not zero.", advice: advice)
        }
        func bounded(_ length: UInt64, _ limit: Int64, _ section: String) throws(Fault) -> Int64 {
            guard length <= UInt64(limit) else {
                throw Fault(
                    .malformed,
                    "The bundle's \(section) claims \(length) bytes; at most \(limit) are "
                        + "accepted.", advice: advice)
            }
            return Int64(length)
        }
        return Preamble(
            envelope: Int(
                try bounded(UInt64(envelope), Int64(BundleLimits.envelopeBytes), "envelope")),
            recipients: Int(
                try bounded(UInt64(recipients), Int64(Recipients.maximumLength), "recipients")),
            index: try bounded(index, BundleLimits.indexBytes, "index"),
            pack: try bounded(pack, BundleLimits.packBytes, "pack"), head: digest)
    }

    /// The preamble's 64 bytes.
    public func encoded() throws(Fault) -> [UInt8] {
        var bytes = Preamble.magic
        bytes.append(littleEndian: BundleLimits.formatVersion)
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt32(envelope))
        bytes.append(littleEndian: UInt32(recipients))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt64(index))
        bytes.append(littleEndian: UInt64(pack))
        bytes += head
        return bytes + (try SHA256.digest(of: bytes).bytes.prefix(8))
    }
}

extension LittleEndianReader {
    fileprivate static func prefix(_ count: Int, of bytes: Span<UInt8>) throws(Fault) -> [UInt8] {
        var reader = LittleEndianReader("preamble")
        return try reader.run(count, from: bytes)
    }

    fileprivate static func suffix(
        _ range: Range<Int>, of bytes: Span<UInt8>
    ) throws(Fault) -> [UInt8] {
        var reader = LittleEndianReader("preamble", position: range.lowerBound)
        return try reader.run(range.count, from: bytes)
    }
}
