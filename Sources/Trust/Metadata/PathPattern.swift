/// A pattern of target paths: `*` stands for any characters, `?` for one, and neither for a slash.
///
/// Upper and lower case differ. Matching takes time by the product of the two lengths at most.
struct PathPattern: Sendable, Equatable {
    let text: String

    /// Whether a path fits, component by component.
    func matches(_ path: String) -> Bool {
        let slash = UInt8(ascii: "/")
        let pattern = text.utf8.split(separator: slash, omittingEmptySubsequences: false)
        let parts = path.utf8.split(separator: slash, omittingEmptySubsequences: false)
        guard pattern.count == parts.count else { return false }
        return zip(pattern, parts).allSatisfy { PathPattern.fits(Array($0), Array($1)) }
    }

    /// Whether one component fits; goes back to the last star alone, so it cannot blow up.
    private static func fits(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var place = 0
        var position = 0
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count,
                let length = step(pattern[place], text, position)
            {
                place += 1
                position += length
            } else if let last = star {
                place = last.place + 1
                position = last.position + 1
                star = (last.place, position)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// How many bytes of the text one byte of the pattern takes: `?` takes a whole character.
    private static func step(_ byte: UInt8, _ text: [UInt8], _ position: Int) -> Int? {
        guard byte == UInt8(ascii: "?") else { return byte == text[position] ? 1 : nil }
        var end = position + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end - position
    }
}
