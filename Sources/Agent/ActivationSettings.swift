public import Faults
internal import YAML

/// How the application is restarted after a swap, and what is run around it.
public struct ActivationSettings: Sendable, Equatable {
    /// The command that restarts it, and its arguments; empty where there is none.
    public var restart: [String] = []
    /// The systemd unit that is restarted; `nil` where there is none.
    public var unit: String?
    /// How long a restart may take, in milliseconds.
    public var timeout: Int64 = 60_000
    /// The command that is asked before the swap; empty for none.
    public var before: [String] = []
    /// The command that is told how it ended; empty for none.
    public var after: [String] = []
    /// How long each of those two may take, in milliseconds.
    public var hookTimeout: Int64 = 30_000
    /// The command whose last lines are kept as evidence; empty for the unit's journal.
    public var log: [String] = []
    /// The client of systemd; another one in tests.
    var systemctl = "systemctl"
}

extension Configuration {
    /// The part about restarting; works with a mistake elsewhere in the file.
    public func activation() throws(Fault) -> ActivationSettings {
        var settings = ActivationSettings()
        guard let fields, let activation = try fields.optionalMapping("activation") else {
            if let fault { throw fault.during("The configuration is needed for the restart") }
            return settings
        }
        try activation.refuseUnknownKeys(
            known: ["restart", "unit", "timeout", "before", "after", "hook-timeout", "log"])
        guard !activation.has("restart") || !activation.has("unit") else {
            throw fields.fault("activation", "has both “restart” and “unit”; one was expected")
        }
        func words(_ key: String) throws(Fault) -> [String] {
            activation.has(key) ? try command(activation, key) : []
        }
        settings.restart = try words("restart")
        if let unit = try activation.optionalString("unit", limit: 255) {
            guard Systemctl.isUnit(unit) else {
                throw activation.fault(
                    "unit", "is “\(unit)”; a unit's whole name was expected: bearing.service")
            }
            settings.unit = unit
        }
        if activation.has("timeout") {
            settings.timeout = try activation.duration("timeout", in: 100...3_600_000)
        }
        settings.before = try words("before")
        settings.after = try words("after")
        if activation.has("hook-timeout") {
            settings.hookTimeout = try activation.duration("hook-timeout", in: 100...3_600_000)
        }
        settings.log = try words("log")
        return settings
    }
}
