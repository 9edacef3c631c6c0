public import Faults
internal import Processes
internal import Transport
public import Trust
internal import YAML

/// What the configuration says of the machine.
public struct MachineSettings: Sendable, Equatable {
    /// The names by which bundles call this machine.
    public var names: [String]
    /// The application that may be installed; `nil` for whichever comes first.
    public var application: String?
    /// The accelerators that it has.
    public var accelerators: [String]
}

/// What the configuration says of trust.
public struct TrustSettings: Sendable, Equatable {
    /// The file with the root of trust.
    public var root: String
    /// The file with the device's X25519 secret key; `nil` where it has none.
    public var deviceKey: String?
    /// Which kinds of keys count.
    public var schemes = Set<KeyScheme>.ed25519Alone
    /// Whether what has expired is accepted from a file or folder.
    public var acceptsExpiredMedia = true
}

/// What the configuration says of smoke runs.
public struct SmokeSettings: Sendable, Equatable {
    /// The user as whom the program runs.
    public var user: String
    /// Whether the run is isolated; `none` is only ever chosen by name.
    public var isolated: Bool
    /// Where the run's own directory is made, on a file system that may be written.
    public var runtimeDirectory: String
}

/// How the application is restarted after a swap.
public struct ActivationSettings: Sendable, Equatable {
    /// The command and its arguments; empty where nothing is to be restarted.
    public var restart: [String]
    /// How long it may take, in milliseconds.
    public var timeout: Int64
}

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
    }

    /// What is asked.
    public var kind: Kind
    /// How long one answer may take, in milliseconds.
    public var timeout: Int64
}

extension Configuration {
    /// The machine's part.
    public func machine() throws(Fault) -> MachineSettings {
        let fields = try readable(for: "the machine's name")
        let isList: Bool
        if case .sequence? = fields.node("machine")?.kind { isList = true } else { isList = false }
        return MachineSettings(
            names: isList
                ? try fields.strings("machine", limit: 64, length: 128)
                : [try fields.string("machine", limit: 128)],
            application: try fields.optionalString("application", limit: 64),
            accelerators: fields.has("accelerators")
                ? try fields.strings("accelerators", limit: 64, length: 64) : [])
    }

    /// The part about trust.
    public func trust() throws(Fault) -> TrustSettings {
        let fields = try readable(for: "the root of trust")
        return TrustSettings(
            root: try configuredPath(fields, "root"),
            deviceKey: fields.has("device-key") ? try configuredPath(fields, "device-key") : nil,
            schemes: try keySchemes(), acceptsExpiredMedia: try acceptsExpiredMedia())
    }

    /// Who is to own a store that is made now, by number; `nil` for whoever runs the command.
    public func storeOwner() throws(Fault) -> (user: UInt32, group: UInt32)? {
        try owner().map { ($0.user, $0.group) }
    }

    /// Who is to own a store that is made now; `nil` for whoever runs the command.
    func owner() throws(Fault) -> UserAccount? {
        let fields = try readable(for: "the store's owner")
        guard let name = try fields.optionalString("user", limit: 64) else { return nil }
        do throws(Fault) {
            return try UserAccount(named: name)
        } catch {
            throw fields.fault("user", "is “\(name)”: \(error.message)", advice: error.advice)
        }
    }

    /// The part about smoke runs.
    public func smoke() throws(Fault) -> SmokeSettings {
        let whole = try readable(for: "smoke runs")
        var settings = SmokeSettings(
            user: "nobody", isolated: true, runtimeDirectory: "/run/nacelle")
        guard let fields = try whole.optionalMapping("smoke") else { return settings }
        try fields.refuseUnknownKeys(known: ["user", "isolation", "runtime-directory"])
        if let user = try fields.optionalString("user", limit: 64) { settings.user = user }
        if fields.has("isolation") {
            settings.isolated =
                try fields.enumeration("isolation", allowed: ["full", "none"])
                == "full"
        }
        if fields.has("runtime-directory") {
            settings.runtimeDirectory = try configuredPath(fields, "runtime-directory")
        }
        return settings
    }

    /// The part about restarting; works with a mistake elsewhere in the file.
    public func activation() throws(Fault) -> ActivationSettings {
        guard let fields, let activation = try fields.optionalMapping("activation") else {
            if let fault { throw fault.during("The configuration is needed for the restart") }
            return ActivationSettings(restart: [], timeout: 60_000)
        }
        try activation.refuseUnknownKeys(known: ["restart", "timeout"])
        return ActivationSettings(
            restart: activation.has("restart")
                ? try command(activation, "restart") : [],
            timeout: activation.has("timeout")
                ? try activation.duration("timeout", in: 100...3_600_000) : 60_000)
    }

    /// The part about probing; `nil` where nothing is to be probed.
    public func probe() throws(Fault) -> ProbeSettings? {
        let whole = try readable(for: "the probe")
        guard let fields = try whole.optionalMapping("probe") else { return nil }
        try fields.refuseUnknownKeys(known: ["socket", "tcp", "path", "command", "timeout"])
        let timeout =
            fields.has("timeout") ? try fields.duration("timeout", in: 10...600_000) : 2000
        let chosen = ["socket", "tcp", "command"].filter { fields.has($0) }
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
        switch chosen[0] {
        case "socket":
            return ProbeSettings(
                kind: .socket(try configuredPath(fields, "socket"), path: path), timeout: timeout)
        case "tcp":
            let text = try fields.string("tcp", limit: 256)
            guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
                let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { throw fields.fault("tcp", "is “\(text)”; HOST:PORT was expected") }
            return ProbeSettings(
                kind: .tcp(host: String(text[..<colon]), port: port, path: path), timeout: timeout)
        default:
            return ProbeSettings(
                kind: .command(try command(fields, "command")), timeout: timeout)
        }
    }

    func command(_ fields: YAMLFields, _ key: String) throws(Fault) -> [String] {
        let words = try fields.strings(key, limit: 64)
        guard let program = words.first, !program.isEmpty else {
            throw fields.fault(key, "is empty; a program and its arguments were expected")
        }
        return words
    }

    /// Everything that is wrong with the file, part by part; empty where nothing is.
    public func check() -> [Fault] {
        var faults: [Fault] = []
        if let fault { return [fault] }
        func part(_ read: () throws(Fault) -> Void) {
            do throws(Fault) { try read() } catch { faults.append(error) }
        }
        part { () throws(Fault) in
            try readable(for: "a check").refuseUnknownKeys(known: Configuration.keys)
        }
        part { () throws(Fault) in _ = try storePath(nil) }
        part { () throws(Fault) in _ = try machine() }
        part { () throws(Fault) in _ = try TrustedFiles.load(trust()) }
        part { () throws(Fault) in
            guard case .remote(let url)? = try repository(), url.hasPrefix("http://"),
                try !transfer().allowPlainHTTP
            else { return }
            throw Fault(
                .configuration, "“repository” is a plain http address, which is not fetched.",
                advice: "Use https, or set “plain-http: true” in “transfer”.")
        }
        part { () throws(Fault) in _ = try owner() }
        part { () throws(Fault) in _ = try UserAccount(named: smoke().user) }
        part { () throws(Fault) in try Activation(activation()).check() }
        part { () throws(Fault) in _ = try probe() }
        part { () throws(Fault) in
            // Made and let go of: a bad certificate or authority is told now, not on the way.
            _ = try HTTPClient(transfer())
            _ = try maxBytes()
        }
        part { () throws(Fault) in try checkIdentity() }
        part { () throws(Fault) in _ = try service() }
        part { () throws(Fault) in if let fault = boot().fault { throw fault } }
        part { () throws(Fault) in try checkFleet() }
        return faults
    }
}
