internal import DurableFiles
public import Faults
internal import Glibc
internal import Processes

/// Restarts the application, so that it runs what `current` names.
public struct Activation: Sendable {
    let settings: ActivationSettings

    /// Takes the settings.
    public init(_ settings: ActivationSettings) {
        self.settings = settings
    }

    /// Whether there is something to restart.
    public var isConfigured: Bool { !settings.restart.isEmpty || settings.unit != nil }

    /// Refuses a command that cannot be started, before anything relies on it.
    ///
    /// - Throws: a `Fault` of code `configuration`.
    public func check() throws(Fault) {
        let commands = [
            ("restart", "restart", settings.restart), ("before", "hook", settings.before),
            ("after", "hook", settings.after), ("log", "log", settings.log),
        ]
        for (key, what, words) in commands {
            guard let program = words.first, Activation.find(program) == nil else { continue }
            throw Fault(
                .configuration, "The \(what) command “\(program)” is not an executable file.",
                advice: "Mend “activation.\(key)” in the configuration.")
        }
        if settings.unit != nil { _ = try Systemctl(settings.systemctl) }
    }

    /// Restarts the application, as root where the command was started as root.
    ///
    /// - Parameters:
    ///   - slot: the path of the slot that runs now, for the command's environment.
    ///   - version: its version, likewise.
    ///   - checkpoint: when it throws, the restart is no longer waited for. A restart in answer to a
    ///     signal must still happen: none is given then.
    /// - Returns: `nil` where the application was restarted, else what went wrong.
    /// - Throws: a `Fault` where the command cannot even be started.
    public func restart(
        slot: String, version: String, checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> String? {
        if let unit = settings.unit { return try restart(unit, checkpoint) }
        guard let program = settings.restart.first else { return nil }
        guard let path = Activation.find(program) else {
            try check()
            return nil
        }
        let command = Activation.command(
            path, Array(settings.restart.dropFirst()),
            environment: ["NACELLE_SLOT": slot, "NACELLE_VERSION": version],
            // What it starts (a daemon) must outlive it.
            containment: .group)
        let words = settings.restart.joined(separator: " ")
        return problem(
            try command.run(
                until: Deadline(after: .milliseconds(settings.timeout)), checkpoint: checkpoint),
            of: "the restart command (\(words))")
    }

    private func restart(
        _ unit: String, _ checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> String? {
        let systemctl = try Systemctl(settings.systemctl)
        // A unit that crashed too often would not be started again, not even with another version.
        _ = try systemctl.run(
            ["reset-failed", unit], within: Systemctl.patience, checkpoint: checkpoint)
        return problem(
            try systemctl.run(
                ["restart", unit], within: settings.timeout, checkpoint: checkpoint),
            of: "the restart of \(unit)")
    }

    private func problem(_ result: CommandResult, of what: String) -> String? {
        if result.success { return nil }
        if result.timedOut { return "\(what) did not end within \(settings.timeout) ms" }
        let said = result.lastWords
        return "\(what) \(result.status)" + (said.isEmpty ? "" : ": \(said)")
    }

    /// What systemd says of the unit; `nil` where there is none, or nobody says it.
    func report(
        checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> UnitReport? {
        guard let unit = settings.unit else { return nil }
        return try Systemctl(settings.systemctl).show(unit, checkpoint: checkpoint)
    }

    /// Whether a restart that failed says something about the version.
    ///
    /// A command's failing does. A unit's does where systemd has tried: where it was not reached, or
    /// refused, the application still runs what it ran.
    ///
    /// - Parameters:
    ///   - report: what systemd says of the unit then.
    ///   - swapped: when the version was swapped in, in microseconds of `CLOCK_MONOTONIC`.
    /// - Returns: whether the version is to blame.
    func blames(_ report: UnitReport?, swapped: UInt64) -> Bool {
        guard settings.unit != nil else { return true }
        guard let report else { return false }
        return ["failed", "activating", "deactivating"].contains(report.activeState)
            || report.activeSince > swapped
    }

    /// A command of the configuration, with the environment that all of them get.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - arguments: what follows its name.
    ///   - environment: what it gets beside that.
    ///   - containment: what becomes of what it leaves running when it ends.
    ///   - tail: how much of its output is kept, in bytes.
    /// - Returns: the command, as root where root can be regained.
    static func command(
        _ path: String, _ arguments: [String], environment: [String: String],
        containment: Containment = .tree, tail: Int = 16384
    ) -> Command {
        var all = ["PATH": ExecutableSearch.standardPath, "LC_ALL": "C.UTF-8"]
        all.merge(environment) { _, new in new }
        return Command(
            executable: path, arguments: arguments, environment: all,
            identity: Identity.regainsRoot ? .root : .effective, containment: containment,
            output: .captured(tail: tail), mayGainPrivileges: true)
    }

    /// A program by its path, or through the usual directories by its name; `nil` where it cannot
    /// be started.
    static func find(_ program: String) -> String? {
        guard let path = try? ExecutableSearch.find(program) else { return nil }
        return unsafe access(path, X_OK) == 0 ? path : nil
    }
}
