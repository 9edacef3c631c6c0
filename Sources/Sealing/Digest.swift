// Sealing: digests, authenticated encryption, key agreement and signature checks, by libcrypto and
// libsodium. Knows no format; holds no signing key.

/// A SHA-256 digest (FIPS 180-4): 32 bytes.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The digest's length in bytes.
    public static let length = 32

    // Four words, big-endian, so that comparing words is comparing bytes.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes a digest from 32 bytes.
    ///
    /// - Parameter bytes: exactly ``length`` bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Digest.length else { return nil }
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for offset in 0..<8 { word = word << 8 | UInt64(bytes[start + offset]) }
            return word
        }
        words = (word(0), word(8), word(16), word(24))
    }

    /// Reads a digest from 64 lower-case hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex), let digest = Digest(bytes.span) else { return nil }
        self = digest
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Digest.length)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    /// The first 12 hexadecimal digits, for people.
    public var short: String { String(hex.prefix(12)) }

    /// The hexadecimal form.
    public var description: String { hex }

    /// Whether all words are the same.
    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    /// Whether the left digest's bytes come before the right one's.
    public static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }

    /// Feeds the digest's first word, which is as good as any hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Lower-case hexadecimal.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two digits a byte.
    public static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of a text of lower-case digits; `nil` for anything else.
    public static func decode(_ text: String) -> [UInt8]? {
        let source = Array(text.utf8)
        guard source.count % 2 == 0 else { return nil }
        func value(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: byte - 0x61 + 10
            default: nil
            }
        }
        var out: [UInt8] = []
        out.reserveCapacity(source.count / 2)
        for start in stride(from: 0, to: source.count, by: 2) {
            guard let high = value(source[start]), let low = value(source[start + 1]) else {
                return nil
            }
            out.append(high << 4 | low)
        }
        return out
    }
}
