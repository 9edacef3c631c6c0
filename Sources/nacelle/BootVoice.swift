internal import Console
internal import Glibc

/// Where a boot speaks: standard error, which is the journal under systemd, and for what somebody
/// must know the machine's console too.
///
/// The console is opened before the command becomes the store's owner, who may not; writing to it
/// never waits for anybody.
struct BootVoice: ~Copyable {
    /// How urgent a line is, as syslog numbers it.
    enum Priority: Int32 {
        case critical = 2
        case error = 3
        case warning = 4
        case notice = 5
    }

    private let console: Int32
    private let isJournal: Bool
    private let isQuiet: Bool

    init(console path: String, isQuiet: Bool) {
        console = unsafe open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        isJournal = unsafe getenv("JOURNAL_STREAM") != nil
        self.isQuiet = isQuiet
    }

    deinit { if console >= 0 { _ = close(console) } }

    /// Says a line on standard error, and from a warning on at the console.
    func say(_ text: String, _ priority: Priority) {
        let line = Printable.text(text).split(separator: "\n").joined(separator: " ")
        let isAlarm = priority.rawValue <= Priority.warning.rawValue
        if isAlarm || !isQuiet {
            write("\(isJournal ? "<\(priority.rawValue)>" : "nacelle: ")\(line)\n", to: 2)
        }
        if isAlarm, console >= 0 { write("nacelle boot: \(line)\r\n", to: console) }
    }

    /// Writes once; what a slow terminal does not take at once is lost, and the journal has it.
    private func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
    }
}
