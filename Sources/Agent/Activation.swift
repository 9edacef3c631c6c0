internal import DurableFiles
public import Faults
internal import Glibc
internal import Processes

/// Restarts the application, so that it runs what `current` names.
public struct Activation: Sendable {
    private let settings: ActivationSettings

    /// Takes the settings.
    public init(_ settings: ActivationSettings) {
        self.settings = settings
    }

    /// Whether there is something to restart.
    public var isConfigured: Bool { !settings.restart.isEmpty }

    /// Refuses a restart command that cannot be started, before anything relies on it.
    ///
    /// - Throws: a `Fault` of code `configuration`.
    public func check() throws(Fault) {
        guard let program = settings.restart.first else { return }
        guard Activation.find(program) != nil else {
            throw Fault(
                .configuration, "The restart command “\(program)” is not an executable file.",
                advice: "Mend “activation.restart” in the configuration.")
        }
    }

    /// Runs the restart command, as root where the command was started as root.
    ///
    /// - Parameters:
    ///   - slot: the path of the slot that runs now, for the command's environment.
    ///   - version: its version, likewise.
    /// - Returns: `nil` where the application was restarted, else what went wrong.
    /// - Throws: a `Fault` where the command cannot even be started.
    public func restart(slot: String, version: String) throws(Fault) -> String? {
        guard let program = settings.restart.first else { return nil }
        guard let path = Activation.find(program) else {
            try check()
            return nil
        }
        let command = Activation.command(
            path, Array(settings.restart.dropFirst()),
            environment: ["NACELLE_SLOT": slot, "NACELLE_VERSION": version])
        // A restart in answer to a signal must still happen: no checkpoint here.
        let result = try command.run(until: Deadline(after: .milliseconds(settings.timeout)))
        if result.success { return nil }
        let words = settings.restart.joined(separator: " ")
        let said = result.output.split(separator: "\n").suffix(3).joined(separator: " / ")
        return result.timedOut
            ? "the restart command (\(words)) did not end within \(settings.timeout) ms"
            : "the restart command (\(words)) ended with \(result.status): \(said)"
    }

    /// A command of the configuration, with the environment that all of them get.
    static func command(
        _ path: String, _ arguments: [String], environment: [String: String]
    ) -> Command {
        var all = ["PATH": ExecutableSearch.standardPath, "LC_ALL": "C.UTF-8"]
        all.merge(environment) { _, new in new }
        // What a restart command starts (a daemon) must outlive it.
        return Command(
            executable: path, arguments: arguments, environment: all,
            identity: Identity.regainsRoot ? .root : .effective, containment: .group,
            mayGainPrivileges: true)
    }

    /// A program by its path, or through the usual directories by its name; `nil` where it cannot
    /// be started.
    static func find(_ program: String) -> String? {
        guard let path = try? ExecutableSearch.find(program) else { return nil }
        return unsafe access(path, X_OK) == 0 ? path : nil
    }
}
