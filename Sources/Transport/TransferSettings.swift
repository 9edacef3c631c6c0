public import Faults

/// Everything that decides how bytes are fetched; the defaults suit a slow link far away.
public struct TransferSettings: Sendable {
    /// The file of PEM certificates that may stand behind a server; `nil` for the system's.
    ///
    /// Where a file is named, it alone counts.
    public var authorities: String?
    /// The public keys that the server must have one of: a file, or `sha256//BASE64` joined by `;`.
    ///
    /// It is checked beside the certificate, not in its place.
    public var pinnedPublicKey: String?
    /// What this machine shows for itself; `nil` for nothing.
    public var certificate: ClientCertificate?
    /// What one server is told to know this machine by; `nil` for nothing.
    public var credential: Credential?
    /// The proxy.
    public var proxy = ProxyChoice.none
    /// Which internet protocol is used.
    public var ipVersion = IPVersion.any
    /// The most bytes a second that are received, over all transfers; `nil` for no bound.
    public var bytesPerSecond: Int64?
    /// The longest time until a connection stands: name, TCP and TLS handshake.
    public var connectTimeout = Duration.seconds(30)
    /// The longest time from a request to the end of its answer's header.
    public var firstByteTimeout = Duration.seconds(60)
    /// What is too slow to go on with.
    public var lowSpeed = LowSpeed()
    /// The longest time for all that one client does, suspended time included.
    public var deadline = Duration.seconds(24 * 3600)
    /// How often something that may pass is tried, and how long is waited between.
    public var backOff = BackOff()
    /// How many requests of one source may be under way at once.
    public var parallel = 3
    /// The size of a range request, in bytes, where enough is wanted in one piece.
    public var requestSize = (512 << 10)...(1 << 20)
    /// The longest gap between two wanted ranges that is fetched rather than asked round, in bytes.
    public var gap: Int64 = 4096
    /// The most bytes that are asked for ahead of what is settled.
    public static let window: Int64 = 4 << 20
    /// Whether `http://` addresses are accepted; never by a redirect.
    public var allowPlainHTTP = false
    /// How many redirects one request may follow, each from HTTPS to HTTPS.
    public var redirects = 5

    /// Makes the default settings.
    public init() {}

    /// Refuses what cannot be worked with.
    ///
    /// - Throws: a `Fault` of code `configuration`.
    public func check() throws(Fault) {
        try range("parallel requests", Int64(parallel), 1...16)
        try range("smallest request", Int64(requestSize.lowerBound), 4096...(1 << 20))
        try range("largest request", Int64(requestSize.upperBound), 4096...(1 << 20))
        try range("coalescing gap", gap, 0...65536)
        try range("redirects", Int64(redirects), 0...20)
        try range("attempts", Int64(backOff.attempts), 1...1000)
        try range("low speed", lowSpeed.bytesPerSecond, 0...(1 << 40))
        if let bytesPerSecond { try range("bytes a second", bytesPerSecond, 1024...(1 << 40)) }
        for (name, time) in [
            ("connect time-out", connectTimeout), ("first-byte time-out", firstByteTimeout),
            ("low-speed time", lowSpeed.time), ("deadline", deadline),
        ] {
            try range(name + " in ms", time.wholeMilliseconds, 1...(366 * 24 * 3_600_000))
        }
        guard (0...1).contains(backOff.jitter), (1...100).contains(backOff.factor) else {
            throw Fault(
                .configuration,
                "A back-off has a jitter from 0 to 1 and a factor from 1 to 100, not "
                    + "\(backOff.jitter) and \(backOff.factor).")
        }
        try range("first wait in ms", backOff.first.wholeMilliseconds, 0...3_600_000)
        try range("longest wait in ms", backOff.maximum.wholeMilliseconds, 0...86_400_000)
        try certificate?.check()
        try proxy.check()
    }

    private func range(
        _ name: String, _ value: Int64, _ allowed: ClosedRange<Int64>
    ) throws(Fault) {
        guard allowed.contains(value) else {
            throw Fault(
                .configuration,
                "The transfer setting “\(name)” is \(value); "
                    + "\(allowed.lowerBound) to \(allowed.upperBound) is accepted.")
        }
    }
}
