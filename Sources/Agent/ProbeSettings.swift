public import Faults
internal import YAML

/// How the application is probed in probation.
public struct ProbeSettings: Sendable, Equatable {
    /// The kinds of probe.
    public enum Kind: Sendable, Equatable {
        /// `GET` over a unix socket; healthy is any status from 200 to 299.
        case socket(String, path: String)
        /// `GET` over TCP.
        case tcp(host: String, port: UInt16, path: String)
        /// A command that exits 0 where the application is healthy.
        case command([String])
        /// Nothing but the unit's own state.
        case unit
    }

    /// What is asked.
    public var kind: Kind
    /// How long one answer may take, in milliseconds.
    public var timeout: Int64
    /// The most restarts of the unit that a probation forgives.
    public var restarts = 3
    /// The most memory of the unit, in bytes; `nil` for any.
    public var memory: Int64?
}

extension Configuration {
    /// The part about probing; `nil` where nothing can be probed.
    ///
    /// A unit that is restarted can be watched without a word about it.
    public func probe() throws(Fault) -> ProbeSettings? {
        let whole = try readable(for: "the probe")
        let unit = try activation().unit
        guard let fields = try whole.optionalMapping("probe") else {
            return unit.map { _ in ProbeSettings(kind: .unit, timeout: 2000) }
        }
        try fields.refuseUnknownKeys(
            known: ["socket", "tcp", "path", "command", "timeout", "restarts", "memory"])
        var settings = ProbeSettings(
            kind: try probeKind(fields, of: whole, unit),
            timeout: fields.has("timeout")
                ? try fields.duration("timeout", in: 10...600_000) : 2000)
        for key in ["restarts", "memory"] where fields.has(key) && unit == nil {
            throw fields.fault(key, "needs “activation.unit”, whose \(key) it bounds")
        }
        if fields.has("restarts") {
            settings.restarts = try fields.integer("restarts", in: 0...10_000)
        }
        if fields.has("memory") {
            settings.memory = try fields.byteSize("memory", in: 1 << 20...Int64(1) << 44)
        }
        return settings
    }

    private func probeKind(
        _ fields: YAMLFields, of whole: YAMLFields, _ unit: String?
    ) throws(Fault) -> ProbeSettings.Kind {
        let chosen = ["socket", "tcp", "command"].filter { fields.has($0) }
        if chosen.isEmpty, unit != nil { return .unit }
        guard chosen.count == 1 else {
            throw whole.fault(
                "probe",
                "has \(chosen.count) of “socket”, “tcp” and “command”; exactly one was "
                    + "expected")
        }
        let path = try fields.optionalString("path", limit: 1024) ?? "/v2/health/ready"
        guard path.hasPrefix("/") else {
            throw fields.fault("path", "is “\(path)”; it begins with a slash")
        }
        return chosen[0] == "command"
            ? .command(try command(fields, "command")) : try page(fields, chosen[0], path: path)
    }

    /// A page of the application, at its “socket” or “tcp”.
    func page(
        _ fields: YAMLFields, _ key: String, path: String
    ) throws(Fault) -> ProbeSettings.Kind {
        switch key {
        case "socket": return .socket(try configuredPath(fields, "socket"), path: path)
        default:
            let text = try fields.string("tcp", limit: 256)
            guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
                let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { throw fields.fault("tcp", "is “\(text)”; HOST:PORT was expected") }
            return .tcp(host: String(text[..<colon]), port: port, path: path)
        }
    }
}
