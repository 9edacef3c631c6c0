/// How long what a repository's roles sign stays valid, in days.
public struct Lifetimes: Sendable, Equatable {
    /// Of targets, whose keys are offline.
    public var targets: Int
    /// Of snapshots, by the online key.
    public var snapshot: Int
    /// Of timestamps, by the online key: how long a reader can be shown an old state.
    public var timestamp: Int

    /// Makes lifetimes.
    public init(targets: Int = 365, snapshot: Int = 30, timestamp: Int = 7) {
        self.targets = targets
        self.snapshot = snapshot
        self.timestamp = timestamp
    }

    /// When something that is signed now expires.
    static func end(_ days: Int, after now: Int64) -> Int64 { now + Int64(days) * 86_400 }
}
