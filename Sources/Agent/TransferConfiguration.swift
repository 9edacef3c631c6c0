internal import DurableFiles
public import Faults
internal import Sealing
public import Transport
internal import YAML

extension Configuration {
    private static let transferKeys = [
        "authorities", "pin", "client-certificate", "client-key", "proxy", "no-proxy", "ip",
        "bandwidth", "connect-timeout", "answer-timeout", "low-speed", "low-speed-time", "deadline",
        "attempts", "plain-http", "max-bytes",
    ]

    /// The part about fetching over a network; the defaults where it says nothing.
    ///
    /// - Parameter showingIdentity: whether this machine's own certificate is shown where nothing
    ///   else is named.
    /// - Returns: the settings.
    /// - Throws: a `Fault`.
    public func transfer(showingIdentity: Bool = true) throws(Fault) -> TransferSettings {
        var settings = try transferPart()
        if settings.certificate == nil, showingIdentity {
            settings.certificate = try identityCertificate()
        }
        return settings
    }

    private func transferPart() throws(Fault) -> TransferSettings {
        var settings = TransferSettings()
        guard let fields = try transferFields() else { return settings }
        if fields.has("authorities") {
            settings.authorities = try configuredPath(fields, "authorities")
        }
        settings.pinnedPublicKey = try fields.optionalString("pin", limit: 4096)
        settings.certificate = try certificate(fields)
        settings.proxy = try proxy(fields)
        try check(settings, fields, "proxy")
        if fields.has("ip") {
            settings.ipVersion = try fields.enumeration("ip", as: IPVersion.self)
        }
        if fields.has("bandwidth") {
            settings.bytesPerSecond = try fields.byteSize("bandwidth", in: 1024...(1 << 40))
        }
        if fields.has("low-speed") {
            settings.lowSpeed.bytesPerSecond = try fields.byteSize("low-speed", in: 0...(1 << 30))
        }
        func time(_ key: String, _ target: WritableKeyPath<TransferSettings, Duration>)
            throws(Fault)
        {
            guard fields.has(key) else { return }
            settings[keyPath: target] = .milliseconds(
                try fields.duration(key, in: 100...(31 * 24 * 3_600_000)))
        }
        try time("connect-timeout", \.connectTimeout)
        try time("answer-timeout", \.firstByteTimeout)
        try time("low-speed-time", \.lowSpeed.time)
        try time("deadline", \.deadline)
        if fields.has("attempts") {
            settings.backOff.attempts = try fields.integer("attempts", in: 1...1000)
        }
        if fields.has("plain-http") { settings.allowPlainHTTP = try fields.bool("plain-http") }
        try settings.check()
        return settings
    }

    /// Whether plain HTTP is allowed, without a look at keys, which not everybody may read.
    func allowsPlainHTTP() throws(Fault) -> Bool {
        guard let fields = try transferFields(), fields.has("plain-http") else { return false }
        return try fields.bool("plain-http")
    }

    /// The most bytes that one install may fetch; `nil` for no bound.
    public func maxBytes() throws(Fault) -> Int64? {
        guard let fields = try transferFields(), fields.has("max-bytes") else { return nil }
        return try fields.byteSize("max-bytes", in: 0...(1 << 50))
    }

    private func transferFields() throws(Fault) -> YAMLFields? {
        let whole = try readable(for: "fetching over a network")
        guard let fields = try whole.optionalMapping("transfer") else { return nil }
        try fields.refuseUnknownKeys(known: Configuration.transferKeys)
        return fields
    }

    /// This machine's certificate; its key is for its owner alone, as every key is.
    private func certificate(_ fields: YAMLFields) throws(Fault) -> ClientCertificate? {
        guard fields.has("client-certificate") || fields.has("client-key") else { return nil }
        let key = try fields.string("client-key", limit: 4096)
        for (name, value) in [
            ("client-certificate", try fields.string("client-certificate", limit: 4096)),
            ("client-key", key),
        ] where !value.hasPrefix("/") && !value.hasPrefix("pkcs11:") {
            throw fields.fault(
                name, "is “\(value)”; an absolute path or a pkcs11: URI was expected")
        }
        if key.hasPrefix("/") { try KeyFile.checkMode(FilePlace.info(key).mode, file: key) }
        return ClientCertificate(
            certificate: try fields.string("client-certificate", limit: 4096), key: key)
    }

    /// Has what Transport itself finds wrong told with its line.
    private func check(
        _ settings: TransferSettings, _ fields: YAMLFields, _ key: String
    ) throws(Fault) {
        do throws(Fault) { try settings.check() } catch {
            let message = error.message
            let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
            throw fields.fault(key, "cannot be used: \(sentence)", advice: error.advice)
        }
    }

    private func proxy(_ fields: YAMLFields) throws(Fault) -> ProxyChoice {
        let except = fields.has("no-proxy") ? try fields.strings("no-proxy", limit: 64) : []
        switch try fields.optionalString("proxy", limit: 1024) {
        case nil, "none": return .none
        case "environment": return .environment
        case .some(let address): return .server(address, except: except)
        }
    }
}
