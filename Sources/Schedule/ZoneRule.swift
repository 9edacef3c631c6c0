/// A place's civil time, as far as windows need it: how far its clocks are ahead of UTC.
public protocol ZoneRule: Sendable {
    /// How far the clocks are ahead of UTC at a moment, in seconds; negative where they are behind.
    ///
    /// - Parameter moment: seconds since 1970.
    /// - Returns: the seconds.
    func offset(at moment: Int64) -> Int64
}

/// A zone whose clocks are never changed.
public struct FixedZone: ZoneRule {
    /// Universal time.
    public static let utc = FixedZone(secondsAhead: 0)

    private let secondsAhead: Int64

    /// Makes a zone.
    ///
    /// - Parameter secondsAhead: how far its clocks are ahead of UTC.
    public init(secondsAhead: Int64) { self.secondsAhead = secondsAhead }

    /// Always the same.
    public func offset(at moment: Int64) -> Int64 { secondsAhead }
}
