internal import Sealing

/// What a change of the identity does, for whoever watches.
public enum IdentityStep: Sendable, Equatable {
    /// A swap that a crash cut short was finished.
    case recovered(IdentityPair)
    /// A new key was made, or opened in its token, and a request for it.
    case requested(PendingIdentity)
    /// The request goes to an EST server.
    case enrolling(String)
    /// A certificate came and is this machine's.
    case received(IdentityPair)
    /// The new pair worked at an address.
    case proved(String)
    /// A note that needs no action, or a later one.
    case note(String)

    /// One sentence for people.
    public var text: String {
        switch self {
        case .recovered(let pair):
            "An earlier change was finished: pair \(pair.generation) is current."
        case .requested(let pending):
            "A request for \(pending.request.subject) was made; its key is "
                + (pending.key == .file ? "a new file." : "in its token.")
        case .enrolling(let url): "Asking \(url) for a new certificate."
        case .received(let pair):
            "A certificate came, valid until \(Moment.text(pair.certificate.notAfter))."
        case .proved(let url): "The new certificate worked at \(url)."
        case .note(let text): text
        }
    }

    /// The step's name for machines.
    public var name: String {
        switch self {
        case .recovered: "recovered"
        case .requested: "requested"
        case .enrolling: "enrolling"
        case .received: "received"
        case .proved: "proved"
        case .note: "note"
        }
    }
}
