internal import DurableFiles
internal import Glibc

/// What a service tells the manager that started it (`sd_notify`): datagrams to `NOTIFY_SOCKET`.
///
/// Where nobody asked to be told, nothing is done. A notice that cannot be delivered within a
/// second is lost: the manager's own time-outs decide then.
public struct ServiceNotice: Sendable {
    /// The longest status, in bytes.
    static let longestStatus = 512
    /// How long a datagram may wait for room in the manager's queue, in microseconds.
    private static let patience = 1_000_000

    private let socket: String?
    /// Within which time ``alive()`` must be said again and again; `nil` where nobody watches.
    ///
    /// Say it at half of it: `WATCHDOG_USEC` of this very process, from 1 ms to a day.
    public let watchdog: Duration?

    /// Reads what the manager asked for.
    ///
    /// - Parameter variable: looks up a variable of the environment; by default this process's.
    public init(variable: (String) -> String? = ServiceNotice.environment) {
        // A path, or “@” and an abstract name; systemd's others (vsock) are for whole machines.
        let name = variable("NOTIFY_SOCKET") ?? ""
        let isKnown = name.hasPrefix("/") || name.hasPrefix("@")
        socket = isKnown && (2...107).contains(name.utf8.count) ? name : nil
        let isOurs = variable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        if isOurs, let text = variable("WATCHDOG_USEC"), let time = Int64(text),
            (1000...86_400_000_000).contains(time)
        {
            watchdog = .microseconds(time)
        } else {
            watchdog = nil
        }
    }

    /// A variable of this process's environment.
    ///
    /// - Parameter name: its name.
    /// - Returns: its value; `nil` where it is not set.
    public static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Whether anybody is told.
    public var isHeard: Bool { socket != nil }

    /// The service works.
    public func ready() { send("READY=1") }

    /// What it does, for people: one line of `systemctl status`.
    ///
    /// - Parameter text: shown without control characters, and cut where it is long.
    public func status(_ text: String) { send("STATUS=" + ServiceNotice.line(text)) }

    /// It is alive.
    public func alive() { send("WATCHDOG=1") }

    /// It ends.
    public func stopping() { send("STOPPING=1") }

    /// It reads its configuration anew; ``ready()`` follows.
    public func reloading() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// Its start, or its end, takes longer.
    ///
    /// - Parameter time: for how long from now the manager waits on.
    public func extend(by time: Duration) {
        send(
            "EXTEND_TIMEOUT_USEC=\(max(time.milliseconds, 0).multipliedReportingOverflow(by: 1000).partialValue)"
        )
    }

    private static func line(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            let isControl: Bool
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: isControl = true
            default: isControl = false
            }
            let next = isControl ? " " : Character(scalar)
            guard out.utf8.count + String(next).utf8.count <= longestStatus else { break }
            out.unicodeScalars.append(isControl ? " " : scalar)
        }
        return out
    }

    private func send(_ text: String) {
        guard let socket else { return }
        let raw = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return }
        let descriptor = Descriptor(owning: raw)
        var wait = timeval(
            tv_sec: ServiceNotice.patience / 1_000_000, tv_usec: ServiceNotice.patience % 1_000_000)
        _ = unsafe setsockopt(
            descriptor.raw, SOL_SOCKET, SO_SNDTIMEO, &wait,
            socklen_t(MemoryLayout<timeval>.size))
        var name = Array(socket.utf8)
        // An abstract name begins with a zero in the place of the mark.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            guard name.count < path.count else { return false }
            unsafe path.copyBytes(from: name)
            return true
        }
        guard fits else { return }
        // Without the closing zero, which would be part of an abstract name.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(text.utf8)
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bytes.withUnsafeBytes {
                    unsafe sendto(
                        descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL),
                        address, length)
                }
            }
        }
    }
}
