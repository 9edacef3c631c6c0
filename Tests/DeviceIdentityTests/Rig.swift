import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Transport

@testable import DeviceIdentity

/// A scratch directory with an authority, an EST server and an identity's directory.
struct IdentityRig {
    static let subject = "CN=turbine-7,O=Example"
    static let day: Int64 = 86_400

    let certificates: TestCertificates
    /// Where other files of a test may be.
    let scratch: String

    var home: String { scratch + "/identity" }

    /// Runs a test in a fresh rig.
    static func with<Result>(_ body: (IdentityRig) throws -> Result) throws -> Result {
        try withScratch { scratch in
            _ = try scratch.make("tls", mode: 0o700)
            return try body(
                IdentityRig(
                    certificates: try TestCertificates(in: scratch.path + "/tls"),
                    scratch: scratch.path))
        }
    }

    /// Now, by the machine's clock.
    static var now: Int64 { Int64(time(nil)) }

    /// A time as the `openssl` tool reads it.
    static func stamp(_ seconds: Int64) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y%m%d%H%M%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Surroundings with an EST server, if there is one.
    func surroundings(
        _ responder: ESTResponder? = nil, label: String? = nil, verify: String? = nil,
        token: String? = nil, subject: String = IdentityRig.subject,
        now: Int64 = IdentityRig.now,
        tell: @escaping (IdentityStep) -> Void = { _ in }
    ) throws -> IdentitySurroundings {
        var transfer = TransferSettings()
        transfer.authorities = certificates.path("ca")
        transfer.backOff = BackOff(
            attempts: 2, first: .milliseconds(2), maximum: .milliseconds(20), seed: 1)
        return IdentitySurroundings(
            subject: try DistinguishedName(subject), token: token,
            server: try responder.map { try ESTServer(url: $0.address, label: label) },
            verify: verify, renewBefore: nil, transfer: transfer, now: now, tell: tell)
    }

    /// Makes a first pair, as a technician does: by a request and what the authority makes of it.
    @discardableResult
    func enrol(
        from: Int64 = -80 * day, until: Int64 = 10 * day, token: String? = nil, names: String? = nil
    ) throws -> IdentityPair {
        let directory = try IdentityDirectory.openOrMake(home, owner: nil)
        let enrolment = IdentityEnrolment(try surroundings(token: token))
        let pending = try enrolment.request(
            try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
        try sign(pending, as: "own", from: from, until: until)
        let outcome = try enrolment.take(
            read(certificates.path("own")), from: "The test", in: directory, proving: false)
        guard case .accepted(let pair, provedAt: nil) = outcome else {
            throw Fault(.internalError, "The first certificate was not taken.")
        }
        return pair
    }

    /// Makes a first pair in place of whatever there is.
    func enrolAnew() throws -> IdentityPair {
        try Directory.open(path: scratch).removeTree("identity")
        return try enrol()
    }

    /// Makes a first pair that has expired by now.
    func enrolExpired() throws {
        let directory = try IdentityDirectory.openOrMake(home, owner: nil)
        let then = IdentityRig.now - 20 * IdentityRig.day
        let enrolment = IdentityEnrolment(try surroundings(now: then))
        let pending = try enrolment.request(
            try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
        try sign(
            pending, as: "own", from: -40 * IdentityRig.day, until: -9 * IdentityRig.day)
        _ = try enrolment.take(
            read(certificates.path("own")), from: "The test", in: directory, proving: false)
    }

    /// Has the authority sign what waits.
    func sign(
        _ pending: PendingIdentity, as name: String, from: Int64 = -day, until: Int64 = 90 * day,
        by authority: String = "ca"
    ) throws {
        try certificates.sign(
            pending.path + "/request.pem", as: name,
            from: IdentityRig.stamp(IdentityRig.now + from),
            until: IdentityRig.stamp(IdentityRig.now + until), by: authority)
    }

    /// Reads a file of certificates.
    func read(_ path: String) throws -> [Certificate] {
        try CertificateFile.read(FilePlace.read(path, limit: CertificateFile.limit), name: path)
    }

    /// Runs a renewal.
    func renew(_ surroundings: IdentitySurroundings, force: Bool = false) throws
        -> IdentityRenewal.Outcome
    {
        let directory = try IdentityDirectory.open(home)
        return try IdentityRenewal(surroundings).run(in: directory, force: force)
    }

    /// The current pair, whose key and certificate belong together.
    func current() throws -> IdentityPair? {
        guard let directory = try IdentityDirectory.look(home) else { return nil }
        let pair = try directory.currentPair()
        try pair?.check()
        return pair
    }

    /// What waits.
    func pending() throws -> PendingIdentity? {
        guard let directory = try IdentityDirectory.look(home) else { return nil }
        return try directory.pendingIdentity()
    }

    /// The names in the identity's directory, but for the lock.
    func names() throws -> [String] {
        try Directory.open(path: home).names().filter { $0 != "lock" }
    }
}

/// The fault that something throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown where a fault was expected.")
}
