internal import Glibc

/// Where a console writes.
public protocol ConsoleStream: Sendable {
    /// Whether a person watches: lines may be drawn over.
    var isTerminal: Bool { get }
    /// How many characters a line has.
    var columns: Int { get }
    /// Whether the journal reads it: lines bear a priority.
    var isJournal: Bool { get }
    /// Writes everything or, where nobody reads any more, nothing.
    func write(_ bytes: [UInt8])
}

extension ConsoleStream {
    /// The journal does not read it.
    public var isJournal: Bool { false }
}

/// One of the process's standard streams.
public struct StandardStream: ConsoleStream {
    /// Standard output.
    public static let output = StandardStream(descriptor: 1)
    /// Standard error.
    public static let error = StandardStream(descriptor: 2)

    private let descriptor: Int32
    /// Whether it is a terminal that understands cursor movement.
    public let isTerminal: Bool
    /// Whether the service manager has connected it to the journal (`JOURNAL_STREAM`).
    public let isJournal: Bool

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        let isDumb = unsafe getenv("TERM").map { unsafe strcmp($0, "dumb") == 0 } ?? true
        isTerminal = isatty(descriptor) == 1 && !isDumb
        isJournal = JournalLines.isJournal(
            descriptor, variable: unsafe getenv("JOURNAL_STREAM").map { unsafe String(cString: $0) }
        )
    }

    /// The terminal's width now; 80 where it does not say.
    public var columns: Int {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return Int(size.ws_col)
    }

    /// Writes everything; what cannot be written is lost, as there is nobody to tell.
    public func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }
}
