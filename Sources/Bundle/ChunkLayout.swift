/// How `planes` and `difference` arrange a chunk's bytes before they are compressed.
///
/// It is one byte of the chunk's record; ``plain`` is 0. Bits 0 to 3 are the flags below, bits 4 to 7
/// the ``phase``. `docs/bundle-format.md` defines each; ``isAcceptable(for:width:plainLength:)`` says
/// which go together.
public struct ChunkLayout: RawRepresentable, Sendable, Hashable {
    /// The byte of the record.
    public let rawValue: UInt8

    /// A layout as a record has it; it may be none that is acceptable.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Numbers from the first byte on, by significance, and nothing more.
    public static let plain = ChunkLayout(rawValue: 0)
    /// The numbers stand in the order of their base numbers' magnitude; numbers of one byte in the
    /// order of the two bytes before them in the base.
    public static let grouped = ChunkLayout(rawValue: 1)
    /// Runs with many small values are taken apart into bits.
    public static let packed = ChunkLayout(rawValue: 2)
    /// The width is a period of single bytes, not the size of a number.
    public static let columns = ChunkLayout(rawValue: 4)
    /// The numbers are rotated left by one bit, so that a float's exponent fills one byte.
    public static let rotated = ChunkLayout(rawValue: 8)

    /// A layout whose first number begins at byte `phase`, 0 to 15.
    public static func phase(_ phase: Int) -> ChunkLayout {
        ChunkLayout(rawValue: UInt8(truncatingIfNeeded: phase & 15) << 4)
    }

    /// Whether the numbers are grouped by their base.
    public var isGrouped: Bool { rawValue & ChunkLayout.grouped.rawValue != 0 }
    /// Whether small values are packed.
    public var isPacked: Bool { rawValue & ChunkLayout.packed.rawValue != 0 }
    /// Whether the bytes are taken by a period.
    public var isColumns: Bool { rawValue & ChunkLayout.columns.rawValue != 0 }
    /// Whether the numbers are rotated.
    public var isRotated: Bool { rawValue & ChunkLayout.rotated.rawValue != 0 }
    /// The byte at which the first number begins.
    public var phase: Int { Int(rawValue >> 4) }

    /// This layout and another's flags.
    public func with(_ other: ChunkLayout) -> ChunkLayout {
        ChunkLayout(rawValue: rawValue | other.rawValue)
    }

    /// Widths of the numbers that a processor has, which alone can be rotated.
    static let machineWidths = [2, 4, 8]
    /// Widths that can be grouped.
    static let groupedWidths = [1] + machineWidths

    /// Whether a record may have this layout.
    ///
    /// - Parameters:
    ///   - codec: the record's codec.
    ///   - width: its width.
    ///   - plainLength: the chunk's plain bytes.
    /// - Returns: whether flags, phase and width go together.
    public func isAcceptable(for codec: ChunkCodec, width: Int, plainLength: Int) -> Bool {
        guard codec.hasWidth else { return width == 0 && self == .plain }
        if isColumns {
            return (2...255).contains(width) && !isGrouped && !isRotated && phase == 0
        }
        guard (1...16).contains(width), phase < width, phase < plainLength else { return false }
        if isGrouped, codec != .difference || !ChunkLayout.groupedWidths.contains(width) {
            return false
        }
        return !isRotated || codec == .planes && ChunkLayout.machineWidths.contains(width)
    }
}
