internal import StrictJSON
public import Faults
public import Slots

/// Goes back to the other slot at once; needs neither network, service nor a whole configuration.
public struct Rollback {
    private let configuration: Configuration
    private let reporter: any Reporter

    /// Makes the operation.
    public init(_ configuration: Configuration, reporter: any Reporter) {
        self.configuration = configuration
        self.reporter = reporter
    }

    /// Performs it: one rename, then a restart of the application.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - allowDenied: whether a version that was left before may be gone back to.
    ///   - reason: why, in the operator's words; may be empty.
    /// - Returns: what ran and what runs.
    /// - Throws: a `Fault`; of code `probation-failed` never, since nothing is on probation.
    public func run(
        store: String?, allowDenied: Bool, reason: String
    ) throws(Fault) -> SwitchResult {
        let path = try configuration.storePath(store)
        let open = try Store.open(path: path)
        let why = reason.isEmpty ? "rolled back by an operator" : "rolled back: \(reason)"
        let result = try open.rollBack(
            allowDenied: allowDenied, reason: why, "nacelle rollback")
        open.keepReserve()
        reporter.say(
            "\(Rollback.name(result.left)) (\(result.from?.title ?? "nowhere")) was left; "
                + "\(Rollback.name(result.running)) (\(result.to.title)) runs now."
                + (result.to == .factory ? " No slot held a whole version to go back to." : ""),
            event: "rolled-back",
            facts: [
                ("from", result.from.map { .string($0.rawValue) }),
                ("to", .string(result.to.rawValue)),
                ("left", result.left.map { .string($0.version) }),
                ("running", result.running.map { .string($0.version) }),
            ])
        if let left = result.left, result.deniesLeft {
            reporter.say(
                "Version \(left.version) is denied on this machine; its slot stays whole "
                    + "(nacelle rollback --allow-denied goes back to it).", event: "denied",
                facts: [("version", .string(left.version))])
        }
        activate(open, result)
        return result
    }

    /// The link decides what runs; a restart that fails is shouted, not undone.
    private func activate(_ store: borrowing Store, _ result: SwitchResult) {
        func warn(_ problem: String) {
            reporter.say(
                "The application was not restarted: \(problem). Restart it by hand.",
                event: "warning", facts: [("problem", .string(problem))])
        }
        do throws(Fault) {
            let activation = Activation(try configuration.activation())
            let problem = try activation.restart(
                slot: store.slotPath(result.to), version: result.running?.version ?? "")
            if let problem { warn(problem) }
        } catch {
            warn(error.description)
        }
    }

    private static func name(_ identity: VersionIdentity?) -> String {
        identity.map { "Version \($0.version)" } ?? "A version without a readable record"
    }
}
