public import Faults
public import Sealing
public import Transport

/// What changes of the identity need to know and to reach.
public struct IdentitySurroundings {
    /// Whose certificate renewals ask for; `nil` for whose the current one is.
    public var subject: DistinguishedName?
    /// The `pkcs11:` URI of the key; `nil` for a new key in a file each time.
    public var token: String?
    /// The server that renews; `nil` where persons do.
    public var server: ESTServer?
    /// What a new pair must be able to fetch before it becomes current; `nil` for the EST server's
    /// list of authorities.
    public var verify: String?
    /// How many seconds before a certificate's end it is renewed; `nil` for a third of its lifetime.
    public var renewBefore: Int64?
    /// How servers are reached; what it says of client certificates and pins is not used.
    public var transfer: TransferSettings
    /// What the wall clock says, in seconds since 1970.
    public var now: Int64
    /// Told of each step.
    public var tell: (IdentityStep) -> Void
    /// Asked at least every 100 ms while waiting; what it throws ends the work.
    public var tick: () throws(Fault) -> Void

    /// Makes surroundings.
    public init(
        subject: DistinguishedName?, token: String?, server: ESTServer?, verify: String?,
        renewBefore: Int64?, transfer: TransferSettings, now: Int64,
        tell: @escaping (IdentityStep) -> Void = { _ in },
        tick: @escaping () throws(Fault) -> Void = {}
    ) {
        self.subject = subject
        self.token = token
        self.server = server
        self.verify = verify
        self.renewBefore = renewBefore
        self.transfer = transfer
        self.now = now
        self.tell = tell
        self.tick = tick
    }

    /// Where the next key is to be.
    var keyPlace: KeyPlace { token.map { .token($0) } ?? .file }

    /// What proves a new pair; `nil` where nothing can.
    var proof: IdentityProof? {
        guard let url = verify ?? server?.address("cacerts") else { return nil }
        return IdentityProof(url: url) { (pair) throws(Fault) in try client(showing: pair) }
    }

    /// A client of its own for each use, so that every connection is a new handshake.
    func client(showing pair: IdentityPair) throws(Fault) -> HTTPClient {
        var settings = transfer
        settings.certificate = pair.clientCertificate
        // A pin is the update server's, and this may be another.
        settings.pinnedPublicKey = nil
        return try HTTPClient(settings, tick: tick)
    }

    /// Makes a new key, or opens the token's.
    func newKey() throws(Fault) -> IdentityKey {
        if let token { return try IdentityKey.token(token) }
        return try IdentityKey.generate()
    }
}
