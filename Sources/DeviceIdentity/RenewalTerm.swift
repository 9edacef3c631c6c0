public import Sealing

/// How long a certificate is good for still, and from when it is to be renewed; pure.
public struct RenewalTerm: Sendable, Equatable {
    /// From when it is to be renewed, in seconds since 1970.
    public let due: Int64
    private let notBefore: Int64
    private let notAfter: Int64

    /// Makes the term of a certificate.
    ///
    /// - Parameters:
    ///   - certificate: the certificate.
    ///   - before: how many seconds before its end it is to be renewed; `nil` for a third of its
    ///     lifetime. More than two thirds of the lifetime count as those, or it would be renewed
    ///     again and again.
    public init(_ certificate: Certificate, renewBefore before: Int64?) {
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
        let life = max(notAfter - notBefore, 0)
        due = notAfter - min(before ?? life / 3, life / 3 * 2)
    }

    /// Whether it is to be renewed by now.
    public func isDue(at now: Int64) -> Bool { now >= due }

    /// Whether it has expired by now.
    public func isExpired(at now: Int64) -> Bool { now > notAfter }

    /// Whether it is not valid yet, which mostly says that the clock is wrong.
    public func isEarly(at now: Int64) -> Bool { now < notBefore }

    /// Whole days left until its end; negative after it.
    public func daysLeft(at now: Int64) -> Int64 {
        let left = notAfter - now
        return left >= 0 ? left / 86_400 : -((86_399 - left) / 86_400)
    }
}
