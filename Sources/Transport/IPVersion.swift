/// Which internet protocol is used to reach a server.
public enum IPVersion: String, Sendable, CaseIterable {
    /// Whichever answers first.
    case any
    /// IPv4 alone.
    case four = "4"
    /// IPv6 alone.
    case six = "6"
}
