public import StrictJSON

/// Whom an operation tells what it does; a console, a journal, a test.
public protocol Reporter: AnyObject {
    /// How far a phase has come; called often.
    ///
    /// - Parameters:
    ///   - phase: `check`, `unpack`, `read back`, `verify`, `probation`.
    ///   - done: bytes, or milliseconds in probation.
    ///   - total: the same, in all.
    func progress(_ phase: String, done: Int64, total: Int64)

    /// Something that a person wants to read, and its facts for a machine.
    func say(_ text: String, event: String, facts: [(String, JSONValue?)])

    /// Ends what is being drawn: another process writes next.
    func settle()
}

extension Reporter {
    /// Nothing is drawn.
    public func settle() {}

    func say(_ text: String, event: String = "notice") { say(text, event: event, facts: []) }
}
