/// What a `Content-Range` field says (RFC 9110, 14.4).
struct ContentRange: Equatable {
    /// Which bytes the body holds; `nil` where none could be given (`bytes */TOTAL`).
    let range: Range<Int64>?
    /// How long the whole is; `nil` where the server does not say.
    let total: Int64?

    /// Reads a field; `nil` for anything but the two forms, or for numbers that contradict.
    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] == "*" {
            total = nil
        } else {
            guard let number = ContentRange.number(parts[1]) else { return nil }
            total = number
        }
        if parts[0] == "*" {
            guard total != nil else { return nil }
            range = nil
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = ContentRange.number(ends[0]),
            let last = ContentRange.number(ends[1]), first <= last, last < total ?? .max
        else { return nil }
        range = first..<(last + 1)
    }

    /// At most 18 digits, so that nothing overflows.
    static func number(_ text: some StringProtocol) -> Int64? {
        guard (1...18).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }
}
