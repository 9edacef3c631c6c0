internal import DurableFiles
public import Faults
public import Fleet
internal import Sealing
public import Transport
internal import YAML

/// What the configuration says of the rollout server.
public struct FleetSettings: Sendable {
    /// How this machine shows who it is, beside its certificate.
    public enum Token: Sendable, Equatable {
        /// By a token of its own; the file that holds it.
        case target(String)
        /// By a token of all machines behind one gateway; the file that holds it.
        case gateway(String)

        /// The file that holds it.
        public var file: String {
            switch self {
            case .target(let file), .gateway(let file): file
            }
        }

        /// The scheme's name in the header line.
        var scheme: String {
            switch self {
            case .target: "TargetToken"
            case .gateway: "GatewayToken"
            }
        }
    }

    /// The server.
    public var server: FleetServer
    /// The token; `nil` where a client certificate says it all.
    public var token: Token?
    /// Whether what the server forces passes this machine's windows; never its inhibitors.
    public var forcedPassesWindows: Bool
    /// Whether deployments that want a person's word get it at once.
    public var confirmsByItself: Bool
    /// Further attributes that the server is told.
    public var attributes: [String: String]
}

extension Configuration {
    private static let fleetKeys = ["server", "token", "forced", "confirmation", "attributes"]
    /// The longest token, in characters.
    static let tokenLimit = 128
    /// What the server is told by ourselves alone.
    static let ownAttributes: Set<String> = [
        "sw_version", "application", "tree", "release", "health", "agent", "trial_version",
    ]

    /// The part about a rollout server; `nil` where there is none.
    public func fleet() throws(Fault) -> FleetSettings? {
        let whole = try readable(for: "the rollout server")
        guard let fields = try whole.optionalMapping("fleet") else { return nil }
        try fields.refuseUnknownKeys(known: Configuration.fleetKeys)
        return FleetSettings(
            server: try fleetServer(fields), token: try token(fields),
            forcedPassesWindows: fields.has("forced")
                ? try fields.enumeration("forced", allowed: ["window", "now"]) == "now" : false,
            confirmsByItself: fields.has("confirmation")
                ? try fields.enumeration("confirmation", allowed: ["ask", "auto"]) == "auto"
                : false,
            attributes: try attributes(fields))
    }

    private func fleetServer(_ fields: YAMLFields) throws(Fault) -> FleetServer {
        let text = try fields.string("server", limit: FleetServer.longest)
        let server: FleetServer
        do throws(Fault) { server = try FleetServer(text) } catch {
            let message = error.message
            let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
            throw fields.fault("server", "cannot be used: \(sentence)", advice: error.advice)
        }
        let isAllowed = try transfer(showingIdentity: false).allowPlainHTTP
        guard !server.origin.isPlain || isAllowed else {
            throw fields.fault(
                "server", "is a plain http address, which is not asked",
                advice: "Use https, or set “plain-http: true” in “transfer”.")
        }
        return server
    }

    private func token(_ fields: YAMLFields) throws(Fault) -> FleetSettings.Token? {
        guard let token = try fields.optionalMapping("token") else { return nil }
        try token.refuseUnknownKeys(known: ["target", "gateway"])
        guard token.has("target") != token.has("gateway") else {
            throw fields.fault("token", "names one of “target” and “gateway”, and only one")
        }
        return token.has("target")
            ? .target(try configuredPath(token, "target"))
            : .gateway(try configuredPath(token, "gateway"))
    }

    private func attributes(_ fields: YAMLFields) throws(Fault) -> [String: String] {
        guard let more = try fields.optionalMapping("attributes") else { return [:] }
        var attributes: [String: String] = [:]
        for name in more.keys {
            guard !Configuration.ownAttributes.contains(name) else {
                throw more.fault(name, "is an attribute that the agent itself tells")
            }
            attributes[name] = try more.string(name, limit: ConfigData.length)
        }
        guard attributes.count <= ConfigData.limit / 2 else {
            throw fields.fault(
                "attributes",
                "has \(attributes.count) attributes; at most \(ConfigData.limit / 2) are told")
        }
        return attributes
    }

    /// How the rollout server is reached: as other servers are, and with this machine's token.
    ///
    /// - Parameter fleet: the part about the server.
    /// - Returns: the settings; their secret goes to that server alone.
    /// - Throws: a `Fault` where the token's file cannot be used; it is not repeated.
    public func transfer(to fleet: FleetSettings) throws(Fault) -> TransferSettings {
        var settings = try transfer()
        if let token = fleet.token {
            let text = try Configuration.read(token)
            settings.credential = try Credential(
                "\(token.scheme) \(text)", for: fleet.server.origin)
        }
        return settings
    }

    private static func read(_ token: FleetSettings.Token) throws(Fault) -> String {
        try KeyFile.checkMode(FilePlace.info(token.file).mode, file: token.file)
        let bytes = try FilePlace.read(token.file, limit: 4096)
        let text = String(decoding: bytes, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        guard text.count == 1, let word = text.first, word.utf8.count <= tokenLimit,
            word.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Fault(
                .configuration,
                "The token file \(token.file) does not hold one token of 1 to \(tokenLimit) visible "
                    + "ASCII characters.",
                advice: "Write the token that the server has for this machine into it, and nothing "
                    + "else.")
        }
        return String(word)
    }

    /// Looks at what the part about the server names, for `config check`.
    func checkFleet() throws(Fault) {
        guard let fleet = try fleet() else { return }
        let settings = try transfer(to: fleet)
        guard fleet.token != nil || settings.certificate != nil else {
            throw Fault(
                .configuration,
                "“fleet” names no token, and no client certificate is configured: the server cannot "
                    + "know this machine.",
                advice: "Write “token: {target: FILE}”, or configure a client certificate.")
        }
    }
}
