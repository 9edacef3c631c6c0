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
    /// The template of the root-owned unit that proves a slot where the command is not root, such as
    /// `nacelle-prove@.service`; `nil` where there is none.
    public var unit: String?
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
        try fields.refuseUnknownKeys(known: ["user", "isolation", "runtime-directory", "unit"])
        if let user = try fields.optionalString("user", limit: 64) { settings.user = user }
        if fields.has("isolation") {
            settings.isolated =
                try fields.enumeration("isolation", allowed: ["full", "none"])
                == "full"
        }
        if fields.has("runtime-directory") {
            settings.runtimeDirectory = try configuredPath(fields, "runtime-directory")
        }
        if let unit = try fields.optionalString("unit", limit: 200) {
            guard Systemctl.isUnit(unit), unit.hasSuffix("@.service") else {
                throw fields.fault(
                    "unit", "is “\(unit)”; a template was expected: nacelle-prove@.service")
            }
            settings.unit = unit
        }
        return settings
    }

    /// A program and its arguments.
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
        part { () throws(Fault) in _ = try telemetry() }
        return faults
    }
}
