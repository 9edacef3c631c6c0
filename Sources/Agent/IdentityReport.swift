public import DeviceIdentity
internal import Sealing
public import StrictJSON
internal import Trust

/// What is known of this machine's own certificate, for a person at a glance and a machine whole.
public struct IdentityReport: Sendable {
    /// The identity's directory.
    public let directory: String
    /// The pair that is shown to servers; `nil` before the first certificate.
    public let current: IdentityPair?
    /// When it is to be renewed.
    public let term: RenewalTerm?
    /// The pair before it, which is kept.
    public let previous: IdentityPair?
    /// What waits for a certificate or its proof.
    public let pending: PendingIdentity?
    /// The EST server's address; `nil` where persons renew.
    public let server: String?
    /// What the wall clock says, in seconds since 1970.
    public let now: Int64
    /// What is wrong with it.
    public let warnings: [String]

    /// The report for a machine.
    public var json: JSONValue {
        .members([
            ("event", .string("identity")), ("directory", .string(directory)),
            ("now", .string(UTCTime.text(now))),
            ("current", current.map { IdentityReport.json($0, term, now) } ?? .null),
            ("previous", previous.map { IdentityReport.json($0, nil, now) } ?? .null),
            ("pending", pending.map { IdentityReport.json($0) } ?? .null),
            ("est", server.map(JSONValue.string)),
            ("warnings", .array(warnings.map(JSONValue.string))),
        ])
    }

    /// A pair for a machine.
    public static func json(_ pair: IdentityPair, _ term: RenewalTerm?, _ now: Int64) -> JSONValue {
        let own = pair.certificate
        return .members([
            ("generation", .integer(pair.generation)), ("subject", .string(own.subject)),
            ("issuer", .string(own.issuer)), ("serial", .string(own.serial)),
            ("fingerprint", .string(own.fingerprint.hex)),
            ("notBefore", .string(UTCTime.text(own.notBefore))),
            ("notAfter", .string(UTCTime.text(own.notAfter))),
            ("daysLeft", term.map { .integer($0.daysLeft(at: now)) }),
            ("renewAt", term.map { .string(UTCTime.text($0.due)) }),
            ("renewalDue", term.map { .bool($0.isDue(at: now)) }),
            ("expired", term.map { .bool($0.isExpired(at: now)) }),
            ("key", .string(pair.keyName)),
        ])
    }

    private static func json(_ pending: PendingIdentity) -> JSONValue {
        .members([
            ("subject", .string(pending.request.subject)),
            ("key", .string(pending.key == .file ? "file" : "token")),
            ("certificate", .string(pending.chain == nil ? "awaited" : "to be proved")),
        ])
    }
}
