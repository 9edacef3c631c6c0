internal import Trust

/// Times for people: UTC, to the second.
enum Timestamp {
    /// A time as `2026-11-24 07:00:00Z`.
    static func text(_ seconds: Int64) -> String {
        UTCTime.text(seconds).replacing("T", with: " ")
    }
}
