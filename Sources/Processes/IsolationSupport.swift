internal import CProcess
public import Faults

/// Whether this process can isolate children on this machine.
public enum IsolationSupport {
    static let advice =
        "Run as root or in a service unit that starts as root, or permit smoke runs without "
        + "isolation by name: smoke.isolation: none."

    /// Tries it: starts a program that does nothing, isolated and as the given user.
    ///
    /// - Parameter identity: whom isolated programs are to run as.
    /// - Throws: a `Fault` of code `isolation-unavailable` that says what is missing.
    public static func check(_ identity: ProcessIdentity) throws(Fault) {
        guard cprocess_can_be_root() == 1 else {
            throw Fault(
                .isolationUnavailable,
                "Isolation needs root, and this process neither is root nor can become it again.",
                advice: advice)
        }
        let probe = Command(
            executable: "/bin/true", identity: identity, containment: .namespaces(Isolation()))
        let result: CommandResult
        do {
            result = try probe.run(until: Deadline(after: .seconds(10)))
        } catch {
            throw Fault(
                .isolationUnavailable, error.message, advice: advice, cause: error.cause)
        }
        guard result.success else {
            throw Fault(
                .isolationUnavailable,
                "An isolated trial of /bin/true \(result.timedOut ? "hung" : "\(result.status)").",
                advice: advice)
        }
    }
}
