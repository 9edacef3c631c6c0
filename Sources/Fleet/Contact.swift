// Fleet: a rollout server's Direct Device Integration interface (hawkBit, gooseBit) as a device uses it:
// its documents, the reports that wait for it, and what it offers as a place to install from. Decides
// nothing about installing.

/// What one exchange with the server brought.
public struct Contact: Sendable, Equatable {
    /// What the server wants.
    public enum Finding: Sendable, Equatable {
        /// Nothing.
        case nothing
        /// A version is to be installed.
        case offer(Offer)
        /// An action is to be given up. It is answered by the cancellation's own id, `action`.
        case cancel(action: String, stop: String)
        /// A version may be installed once a person has said so.
        case confirmation(Offer)
        /// A deployment that this machine can do nothing with; the reason is for a final report.
        case unusable(action: String, reason: String)
    }

    /// What the server wants.
    public var finding: Finding
    /// Seconds until the server wants to be asked again, 30 to 86,400.
    public var sleep: Int64
    /// How many reports the server took.
    public var delivered = 0
    /// How many wait still.
    public var waiting = 0
    /// Reports that the server will never take, and why; in words for people.
    public var refused: [String] = []
    /// What went wrong and kept nothing else from being done; in words for people.
    public var problems: [String] = []
}
