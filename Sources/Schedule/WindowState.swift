/// Whether a window is open at a moment; moments are seconds since 1970.
public enum WindowState: Sendable, Equatable {
    /// It is open.
    ///
    /// - until: when it closes; `nil` where it stays open for the next five weeks at least.
    case open(until: Int64?)
    /// It is closed.
    ///
    /// - opens: when it opens.
    case closed(opens: Int64)

    /// Whether it is open.
    public var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}
