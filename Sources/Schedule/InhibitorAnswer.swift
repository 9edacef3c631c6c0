/// What an inhibitor says.
public enum InhibitorAnswer: Sendable, Equatable {
    /// Nothing is held back.
    ///
    /// - note: what there is to tell of it all the same, such as a machine without logind.
    case allows(note: String?)
    /// Something is held back, and why: one short line without control characters.
    case inhibits(String)
}
