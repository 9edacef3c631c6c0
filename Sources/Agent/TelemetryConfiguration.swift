public import Faults
internal import Telemetry
internal import Transport
internal import YAML

extension Configuration {
    private static let telemetryKeys = [
        "enabled", "name", "socket", "tcp", "path", "timeout", "interval", "window", "longest",
        "undecided",
        "textfile", "push",
    ]

    /// The part about the model's health; the defaults where it says nothing.
    ///
    /// The application's page is looked for where its health is probed, unless another place is named.
    public func telemetry() throws(Fault) -> TelemetrySettings {
        var settings = TelemetrySettings()
        let whole = try readable(for: "the model's health")
        let fields = try whole.optionalMapping("telemetry")
        try fields?.refuseUnknownKeys(known: Configuration.telemetryKeys)
        settings.page = try metricsPage(fields)
        settings.name = try fields?.optionalString("name", limit: 128) ?? Machine.hostName
        guard let fields else { return settings }
        guard Configuration.isPlain(settings.name) else {
            throw fields.fault("name", "is empty, or has characters that cannot be seen")
        }
        if fields.has("enabled") { settings.isOn = try fields.bool("enabled") }
        if fields.has("timeout") {
            settings.timeout = try fields.duration("timeout", in: 10...60_000)
        }
        let day: Int64 = 86_400_000
        if fields.has("interval") {
            settings.interval = try fields.duration("interval", in: 1000...day) / 1000
        }
        if fields.has("window") {
            settings.window = try fields.duration("window", in: 1000...7 * day) / 1000
        }
        if fields.has("longest") {
            settings.longest = try fields.duration("longest", in: 0...30 * day)
        }
        if fields.has("undecided") {
            settings.undecided = try fields.enumeration(
                "undecided", as: DriftLimits.Undecided.self)
        }
        if fields.has("textfile") {
            let path = try configuredPath(fields, "textfile")
            // Others are not looked at there.
            guard path.hasSuffix(".prom") else {
                throw fields.fault(
                    "textfile", "is “\(path)”; a name that ends in .prom was expected")
            }
            settings.textfile = path
        }
        settings.push = try push(fields)
        return settings
    }

    /// Whether a text has nothing in it that a terminal or a protocol would obey, and something else.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private func metricsPage(_ fields: YAMLFields?) throws(Fault) -> ProbeSettings.Kind? {
        let path = try fields?.optionalString("path", limit: 1024) ?? "/metrics"
        if let fields {
            guard path.hasPrefix("/"), Configuration.isPlain(path), !path.contains(" ") else {
                throw fields.fault(
                    "path",
                    "begins with a slash, and has no blanks or characters that cannot be seen")
            }
            let chosen = ["socket", "tcp"].filter { fields.has($0) }
            guard chosen.count < 2 else {
                throw fields.fault("tcp", "stands beside “socket”; one of both was expected")
            }
            if let key = chosen.first { return try page(fields, key, path: path) }
        }
        switch try probe()?.kind {
        case .socket(let socket, _): return .socket(socket, path: path)
        case .tcp(let host, let port, _): return .tcp(host: host, port: port, path: path)
        case .command, .unit, nil: return nil
        }
    }

    private func push(_ fields: YAMLFields) throws(Fault) -> TelemetrySettings.Push? {
        guard let fields = try fields.optionalMapping("push") else { return nil }
        try fields.refuseUnknownKeys(known: ["url", "format", "every", "keep", "max-bytes"])
        let url = try fields.string("url", limit: 4096)
        let isPlain = url.lowercased().hasPrefix("http://")
        guard isPlain || url.lowercased().hasPrefix("https://") else {
            throw fields.fault("url", "is “\(url)”; an https address was expected")
        }
        let isAllowed = try allowsPlainHTTP()
        guard !isPlain || isAllowed else {
            throw fields.fault(
                "url", "is a plain http address, to which nothing is pushed",
                advice: "Use https, or set “plain-http: true” in “transfer”.")
        }
        var push = TelemetrySettings.Push(url: url)
        if fields.has("format") {
            push.format = try fields.enumeration("format", as: Uplink.Format.self)
        }
        let day: Int64 = 86_400_000
        if fields.has("every") {
            push.every = try fields.duration("every", in: 1000...day) / 1000
        }
        if fields.has("keep") {
            push.keep = try fields.duration("keep", in: 60_000...366 * day) / 1000
        }
        if fields.has("max-bytes") {
            push.bytes = try fields.byteSize("max-bytes", in: 64 << 10...1 << 30)
        }
        return push
    }
}
