internal import Faults

/// What a program printed, cut to a few words that go into a sentence.
///
/// Lines that say nothing are left out, the others joined by ` / `; no full stop is at the end.
public enum PrintedWords {
    /// The most characters.
    public static let limit = 200
    private static let lines = 3

    /// The first three lines of a text.
    public static func first(_ text: String) -> String {
        Fault.clause(String(said(text).prefix(lines).joined(separator: " / ").prefix(limit)))
    }

    /// The last three lines of a text.
    public static func last(_ text: String) -> String {
        Fault.clause(String(said(text).suffix(lines).joined(separator: " / ").suffix(limit)))
    }

    private static func said(_ text: String) -> [Substring] {
        OutputTail.readable(text).split(separator: "\n").compactMap { line in
            guard line.contains(where: { !$0.isWhitespace && $0 != "\u{FFFD}" }) else { return nil }
            let end = line.lastIndex { !$0.isWhitespace } ?? line.startIndex
            return line[...end].drop { $0.isWhitespace }
        }
    }
}

extension CommandResult {
    /// The first of what it printed, in a few words; empty where it said nothing.
    public var firstWords: String { PrintedWords.first(output) }

    /// The last of what it printed, in a few words; empty where it said nothing.
    public var lastWords: String { PrintedWords.last(output) }
}
