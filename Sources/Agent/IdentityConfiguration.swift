public import DeviceIdentity
public import Faults
internal import Processes
public import Sealing
internal import Slots
internal import Transport
internal import YAML

/// What the configuration says of this machine's own key and certificate.
public struct IdentitySettings: Sendable {
    /// The directory that they stand in.
    public var directory: String
    /// Whose certificate is asked for.
    public var subject: DistinguishedName
    /// The `pkcs11:` URI of the key; `nil` for a key in a file.
    public var token: String?
    /// The server that renews; `nil` where persons do.
    public var server: ESTServer?
    /// How many seconds before its end a certificate is renewed; `nil` for a third of its lifetime.
    public var renewBefore: Int64?
    /// What a new pair must be able to fetch; `nil` for what the EST server has for everybody.
    public var verify: String?
}

extension Configuration {
    /// Where the identity stands unless the configuration says otherwise.
    public static let defaultIdentity = "/var/lib/nacelle-identity"

    private static let identityKeys = [
        "directory", "subject", "key", "est", "est-label", "renew-before", "verify",
    ]

    /// The part about this machine's own certificate; `nil` where there is none.
    public func identity() throws(Fault) -> IdentitySettings? {
        let whole = try readable(for: "this machine's certificate")
        guard let fields = try whole.optionalMapping("identity") else { return nil }
        try fields.refuseUnknownKeys(known: Configuration.identityKeys)
        func told<Value>(
            _ key: String, _ read: () throws(Fault) -> Value
        ) throws(Fault) -> Value {
            do throws(Fault) { return try read() } catch {
                let message = error.message
                let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
                throw fields.fault(key, "cannot be used: \(sentence)", advice: error.advice)
            }
        }
        let text = try fields.string("subject", limit: 1024)
        let label = try fields.optionalString("est-label", limit: 64)
        let url = try fields.optionalString("est", limit: 1024)
        guard url != nil || label == nil else {
            throw fields.fault("est-label", "stands without “est”")
        }
        return IdentitySettings(
            directory: fields.has("directory")
                ? try configuredPath(fields, "directory") : Configuration.defaultIdentity,
            subject: try told("subject") { () throws(Fault) in try DistinguishedName(text) },
            token: try token(fields),
            server: try url.map { (url) throws(Fault) in
                try told("est") { () throws(Fault) in try ESTServer(url: url, label: label) }
            },
            renewBefore: fields.has("renew-before")
                ? try fields.integer("renew-before", in: 1...3650) * 86_400 : nil,
            verify: try verify(fields))
    }

    private func token(_ fields: YAMLFields) throws(Fault) -> String? {
        guard let uri = try fields.optionalString("key", limit: 2048) else { return nil }
        guard uri.hasPrefix("pkcs11:") else {
            throw fields.fault(
                "key", "is “\(uri)”; a pkcs11: URI was expected",
                advice: "Leave it out for a key in a file.")
        }
        guard !uri.lowercased().contains("pin-value=") else {
            throw fields.fault(
                "key", "holds a PIN, which would be printed where something fails",
                advice: "Write pin-source=file:PATH.")
        }
        return uri
    }

    private func verify(_ fields: YAMLFields) throws(Fault) -> String? {
        guard let url = try fields.optionalString("verify", limit: 8192) else { return nil }
        guard url.lowercased().hasPrefix("https://") else {
            throw fields.fault("verify", "is no https address")
        }
        return url
    }

    /// What this machine shows to servers where `transfer` names nothing: the identity's current
    /// pair; `nil` where no identity is configured, or it has no certificate yet.
    func identityCertificate() throws(Fault) -> ClientCertificate? {
        guard let settings = try identity(),
            let directory = try IdentityDirectory.look(settings.directory),
            let pair = try directory.currentPair()
        else { return nil }
        try pair.checkFiles()
        return pair.clientCertificate
    }

    /// Holds the identity's files against each other, for `config check`.
    func checkIdentity() throws(Fault) {
        guard let settings = try identity(),
            let directory = try IdentityDirectory.look(settings.directory)
        else { return }
        try directory.currentPair()?.check()
        _ = try directory.pendingIdentity()
    }

    /// Who is to own an identity's directory that is made now: the store's owner.
    func identityOwner() throws(Fault) -> (user: UInt32, group: UInt32)? {
        if let owner = Store.owner(path: try storePath(nil)) { return owner }
        return try owner().map { ($0.user, $0.group) }
    }
}
