internal import CProcess
internal import Glibc

/// How a process ended.
public enum ExitStatus: Sendable, Equatable {
    /// It exited with a status; 0 means success.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)

    /// Whether it exited with status 0.
    public var success: Bool { self == .exited(0) }

    init(waitStatus: Int32) {
        var signal: Int32 = 0
        let status = unsafe cprocess_decode(waitStatus, &signal)
        self = signal == 0 ? .exited(status) : .signalled(signal)
    }
}

extension ExitStatus: CustomStringConvertible {
    /// The end in words: `exited with status 3`, `was ended by signal 9 (Killed)`.
    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal):
            unsafe "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}
