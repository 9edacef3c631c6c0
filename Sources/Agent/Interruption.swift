public import Faults
internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP as something that operations ask for between two steps.
public enum Interruption {
    private static let signal = Atomic<Int32>(0)
    private static let parent = Atomic<Int32>(0)
    /// The variable by which a service tells a command that it is its child.
    public static let childVariable = "NACELLE_CHILD_OF"

    /// Notes these signals from now on instead of dying of them.
    public static func watch() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                Interruption.signal.store(number, ordering: .relaxed)
            }
            _ = unsafe sigaction(number, &action, nil)
        }
        // A parent may have left them blocked, and then they would wait for ever.
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        // A child of a service that was killed must not go on unseen.
        if let text = unsafe getenv(childVariable), let pid = Int32(unsafe String(cString: text)) {
            parent.store(pid, ordering: .relaxed)
        }
    }

    /// Counts the death of the service that started this command as its signal to end.
    private static func lookForParent() {
        let pid = parent.load(ordering: .relaxed)
        guard pid != 0, getppid() != pid else { return }
        parent.store(0, ordering: .relaxed)
        signal.store(SIGTERM, ordering: .relaxed)
    }

    /// Counts the death of another process as the signal to end, from now on in the place of the one
    /// that started the command; signals that came stay.
    ///
    /// - Parameter pid: this process's parent.
    static func follow(_ pid: pid_t) { parent.store(pid, ordering: .relaxed) }

    /// The signal that came, to be handed on; `nil` for none.
    static var number: Int32? {
        lookForParent()
        let number = signal.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Whether one of these signals came.
    public static var came: Bool { signal.load(ordering: .relaxed) != 0 }

    /// Ends the present step where a signal came.
    ///
    /// - Throws: a `Fault` of code `cancelled`.
    public static func check() throws(Fault) {
        lookForParent()
        let number = signal.load(ordering: .relaxed)
        guard number == 0 else {
            throw Fault(
                .cancelled, "Stopped by signal \(number).",
                advice: "The running version is untouched; start the command again to go on.")
        }
    }
}
