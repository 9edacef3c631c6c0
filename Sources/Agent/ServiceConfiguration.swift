public import Faults
internal import Schedule
internal import YAML

extension Configuration {
    private static let serviceKeys = [
        "mode", "poll", "windows", "download-windows", "inhibitors", "inhibit-fetch", "confirm",
        "form", "month-bytes", "stall",
    ]

    /// The part about the service; the defaults where it says nothing.
    public func service() throws(Fault) -> ServiceSettings {
        var settings = ServiceSettings()
        let whole = try readable(for: "the service")
        guard let fields = try whole.optionalMapping("service") else { return settings }
        try fields.refuseUnknownKeys(known: Configuration.serviceKeys)
        if fields.has("mode") {
            settings.mode = try fields.enumeration("mode", as: ServiceSettings.Mode.self)
        }
        if fields.has("poll") {
            let bounds = PollSchedule.bounds
            settings.poll =
                try fields.duration(
                    "poll", in: bounds.lowerBound * 1000...bounds.upperBound * 1000) / 1000
        }
        settings.windows = try windows(fields, "windows")
        settings.downloadWindows = try windows(fields, "download-windows")
        settings.inhibitors = try inhibitors(fields)
        if fields.has("inhibit-fetch") {
            settings.inhibitsFetch = try fields.bool("inhibit-fetch")
        }
        if fields.has("confirm") { settings.confirm = try fields.bool("confirm") }
        if fields.has("form") {
            settings.form = try fields.enumeration("form", as: ServiceSettings.Form.self)
        }
        if fields.has("month-bytes") {
            settings.monthBytes = try fields.byteSize("month-bytes", in: 0...(1 << 50))
        }
        if fields.has("stall") {
            settings.stall = try fields.duration("stall", in: 10_000...86_400_000)
        }
        return settings
    }

    private func windows(
        _ fields: YAMLFields, _ key: String
    ) throws(Fault) -> MaintenanceWindows {
        guard fields.has(key) else { return .always }
        var windows: [MaintenanceWindow] = []
        let texts = try fields.strings(key, limit: MaintenanceWindows.limit, length: 1024)
        for (number, text) in texts.enumerated() {
            do throws(Fault) {
                windows.append(try MaintenanceWindow(parsing: text))
            } catch {
                throw fields.fault(
                    key, element: number, "cannot be used: \(sentence(error.message))",
                    advice: error.advice)
            }
        }
        // Said by hand, an empty list would read as “never”, and mean “always”.
        guard !windows.isEmpty else {
            throw fields.fault(
                key, "is empty; at least one window was expected",
                advice: "Leave the key out where it is always allowed.")
        }
        return MaintenanceWindows(windows)
    }

    private func sentence(_ message: String) -> String {
        message.hasSuffix(".") ? String(message.dropLast()) : message
    }

    private func inhibitors(_ fields: YAMLFields) throws(Fault) -> [Inhibitor] {
        guard fields.has("inhibitors") else { return [] }
        var inhibitors: [Inhibitor] = []
        for (number, entry) in try fields.mappings("inhibitors", limit: 16).enumerated() {
            try entry.refuseUnknownKeys(known: ["file", "command", "timeout", "systemd"])
            let chosen = ["file", "command", "systemd"].filter { entry.has($0) }
            guard chosen.count == 1 else {
                throw fields.fault(
                    "inhibitors", element: number,
                    "has \(chosen.count) of “file”, “command” and “systemd”; exactly one was "
                        + "expected")
            }
            guard !entry.has("timeout") || chosen[0] == "command" else {
                throw entry.fault("timeout", "stands without a “command” that it is for")
            }
            switch chosen[0] {
            case "file": inhibitors.append(.file(try configuredPath(entry, "file")))
            case "command":
                inhibitors.append(
                    .command(
                        try command(entry, "command"),
                        timeout: entry.has("timeout")
                            ? try entry.duration("timeout", in: 100...60_000)
                            : Inhibitor.usualTimeout))
            default:
                guard try entry.bool("systemd") else {
                    throw entry.fault(
                        "systemd", "is false; true was expected",
                        advice: "Leave it out where logind's locks do not count.")
                }
                inhibitors.append(.systemd)
            }
        }
        return inhibitors
    }
}
