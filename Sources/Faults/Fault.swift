// Faults: the one error type of the project and the documented table of its codes. Nothing else.

/// What went wrong, in words that a person on a serial console can act on.
///
/// A fault says what was found and expected, with the numbers that decided (``message``), what to do
/// about it (``advice``), and what the library or the kernel underneath said (``cause``).
/// A secret never stands in any of them.
public struct Fault: Error, Sendable, Equatable {
    /// The kind of failure; decides the exit status.
    public let code: FaultCode
    /// One sentence: what was found, what was expected, and the numbers that decided.
    public let message: String
    /// One sentence: what to do about it; empty where nothing useful can be said.
    public let advice: String
    /// What the layer below reported, if it said anything: an errno text, a library's own message.
    public let cause: String?

    /// The longest message, advice or cause, in bytes of UTF-8.
    ///
    /// Each may quote a stranger, and ends in a log. A bound in characters is none: a single one may
    /// be of any length.
    public static let longest = 4096

    /// Makes a fault; what is longer than ``longest`` is cut, and ends in “…”.
    public init(
        _ code: FaultCode, _ message: String, advice: String = "", cause: String? = nil
    ) {
        self.code = code
        self.message = Fault.cut(message)
        self.advice = Fault.cut(advice)
        self.cause = cause.map(Fault.cut)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longest else { return text }
        let mark = "…"
        var end = text.utf8.index(text.startIndex, offsetBy: longest - mark.utf8.count)
        // Not within a scalar.
        while text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end]) + mark
    }

    /// A sentence, or words from outside, without the full stops and spaces at the end.
    ///
    /// For a text that becomes a part of another sentence.
    public static func clause(_ text: String) -> String {
        let end = text.lastIndex { !$0.isWhitespace && $0 != "." }
        return end.map { String(text[...$0]) } ?? ""
    }

    /// The same fault with what was being done put before its message.
    public func during(_ what: String) -> Fault {
        Fault(code, "\(what): \(message)", advice: advice, cause: cause)
    }
}

extension Fault: CustomStringConvertible {
    /// The message, its cause and the advice on one line.
    public var description: String {
        var text = message
        if let cause { text += " (\(cause))" }
        if !advice.isEmpty { text += " \(advice)" }
        return text
    }
}
