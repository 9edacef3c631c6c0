/// Looks at an entry's header blocks as they pass, for what libarchive does not tell.
///
/// libarchive answers with what it made of all of an entry's headers: a global header, a kind that it
/// does not know and a name that it cut at a zero byte leave no trace there. Where headers begin and
/// end in the stream is libarchive's own account; what lies between must be special headers with
/// their data, each of a kind and form that is ours, and then one header of the entry itself.
struct HeaderWatch {
    /// What is wrong with the header that was seen, a phrase for people.
    private(set) var flaw: String?

    private static let unclear = "has headers that not all readers read the same"
    private static let blockSize = 512
    private static let typeOffset = 156
    private static let sizeField = 124..<136

    // libarchive reads the first header ahead when it opens the stream.
    private var isWithin = true
    /// How far in the stream everything was looked at.
    private var seen: Int64 = 0
    private var isComplete = false
    // Of the header block that is coming in: how much of it came, and its two fields.
    private var blockBytes = 0
    private var kind: UInt8 = 0
    private var size: [UInt8] = []
    // Of the data that follows a special header: what is still to come, without the padding and with.
    private var left = 0
    private var padded = 0
    private var hasZero = false

    /// The headers of an entry begin at that place of the stream.
    mutating func begin(at offset: Int64) {
        guard !isWithin else { return }
        isWithin = true
        isComplete = false
        seen = offset
    }

    /// The entry's headers have ended, and so must what was looked at.
    mutating func end() {
        isWithin = false
        if flaw == nil, !isComplete { flaw = Self.unclear }
    }

    /// Looks at the header bytes that a piece of the stream has.
    ///
    /// - Parameters:
    ///   - piece: the piece.
    ///   - end: where in the stream it ends.
    ///   - limit: where in the stream the headers end, at the latest.
    mutating func pass(_ piece: Span<UInt8>, endingAt end: Int64, upTo limit: Int64) {
        let stop = min(limit, end)
        guard isWithin, seen < stop else { return }
        var next = piece.count - Int(end - seen)
        let last = piece.count - Int(end - stop)
        guard next >= 0 else {
            flaw = Self.unclear
            return
        }
        while next < last, flaw == nil {
            next += take(piece.extracting(next..<last))
        }
        seen = stop
    }

    /// Takes some of the bytes, at least one, and returns how many.
    private mutating func take(_ bytes: Span<UInt8>) -> Int {
        if padded > 0 {
            let count = min(padded, bytes.count)
            takeData(bytes.extracting(first: min(left, count)))
            left -= min(left, count)
            padded -= count
            return count
        }
        guard !isComplete else {
            flaw = "has bytes between its header and its content"
            return bytes.count
        }
        let count = min(Self.blockSize - blockBytes, bytes.count)
        for offset in 0..<count {
            switch blockBytes + offset {
            case Self.sizeField: size.append(bytes[offset])
            case Self.typeOffset: kind = bytes[offset]
            default: continue
            }
        }
        blockBytes += count
        if blockBytes == Self.blockSize { takeBlock() }
        return count
    }

    private mutating func takeBlock() {
        defer {
            blockBytes = 0
            size.removeAll(keepingCapacity: true)
        }
        switch kind {
        // An old tar's file, file, hard link, symbolic link, devices, directory, pipe.
        case 0, UInt8(ascii: "0")...UInt8(ascii: "6"): isComplete = true
        case UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"):
            guard let size = specialSize() else {
                flaw = "has a special header whose size is not in octal"
                return
            }
            left = size
            padded = (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
            hasZero = false
        case UInt8(ascii: "g"): flaw = "has a global pax header before it"
        case 0x21..<0x7F:
            flaw = "has a header of the kind “\(Character(Unicode.Scalar(kind)))”"
        default: flaw = "has a header of the kind \(kind)"
        }
    }

    private mutating func takeData(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            if bytes[index] == 0 { hasZero = true }
            guard hasZero else { continue }
            if kind == UInt8(ascii: "x") {
                flaw = "has a zero byte in its pax header"
            } else if bytes[index] != 0 {
                // A GNU long name is closed by zeros.
                flaw = "has a zero byte in its long name"
            }
        }
    }

    /// Octal digits, after spaces and before spaces or zeros: what every reader reads the same.
    private func specialSize() -> Int? {
        let field = size.drop { $0 == 0x20 }
        let digits = field.prefix { (0x30..<0x38).contains($0) }
        guard !digits.isEmpty, field.dropFirst(digits.count).allSatisfy({ $0 == 0x20 || $0 == 0 })
        else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 & 7) }
    }
}
