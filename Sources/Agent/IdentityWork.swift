public import DeviceIdentity
internal import DurableFiles
public import Faults
internal import Glibc
internal import Sealing
internal import StrictJSON
internal import Transport
internal import Trust

/// What the identity's commands do.
public struct IdentityWork {
    private let configuration: Configuration
    private let settings: IdentitySettings
    private let reporter: any Reporter

    /// Reads the configuration for it.
    ///
    /// - Parameters:
    ///   - configuration: the machine's.
    ///   - reporter: told of each step.
    /// - Throws: a `Fault` of code `configuration`, also where no identity is configured.
    public init(_ configuration: Configuration, reporter: any Reporter) throws(Fault) {
        guard let settings = try configuration.identity() else {
            throw Fault(
                .configuration, "\(configuration.path) configures no identity.",
                advice: "Add “identity” with a subject (docs/configuration.md explains it).")
        }
        self.configuration = configuration
        self.settings = settings
        self.reporter = reporter
    }

    /// Reads what there is; waits for nobody and changes nothing.
    ///
    /// - Returns: the report.
    /// - Throws: a `Fault` of code `not-found` where there is no identity at all.
    public func report() throws(Fault) -> IdentityReport {
        guard let directory = try IdentityDirectory.look(settings.directory) else {
            throw Fault(
                .notFound,
                "This machine has no identity: there is no directory "
                    + "\(settings.directory).",
                advice: "Have a key and a request made: nacelle identity request.")
        }
        var warnings: [String] = []
        func tolerant<Value>(_ read: () throws(Fault) -> Value?) -> Value? {
            do throws(Fault) { return try read() } catch {
                warnings.append(error.description)
                return nil
            }
        }
        let current = tolerant { () throws(Fault) in try directory.currentPair() }
        let previous = tolerant { () throws(Fault) in try directory.previousPair() }
        let pending = tolerant { () throws(Fault) in try directory.pendingIdentity() }
        guard current != nil || pending != nil || !warnings.isEmpty else {
            throw Fault(
                .notFound, "This machine has no identity: \(settings.directory) is empty.",
                advice: "Have a key and a request made: nacelle identity request.")
        }
        let term = current.map {
            RenewalTerm($0.certificate, renewBefore: settings.renewBefore)
        }
        let now = IdentityWork.clock
        if let current {
            do throws(Fault) {
                if try !settings.subject.isSubject(of: current.certificate) {
                    warnings.append(
                        "The certificate is for another subject than the configured "
                            + "\(settings.subject.text), which the next request asks for.")
                }
                // A token is to be opened as whoever renews opens it.
                if case .token = current.key { _ = try IdentityDirectory.open(settings.directory) }
                try current.check()
            } catch { warnings.append(error.description) }
        }
        if let term {
            warnings += IdentityWork.warnings(term, now, hasServer: settings.server != nil)
        }
        return IdentityReport(
            directory: settings.directory, current: current, term: term, previous: previous,
            pending: pending, server: settings.server?.base, now: now, warnings: warnings)
    }

    private static func warnings(
        _ term: RenewalTerm, _ now: Int64, hasServer: Bool
    ) -> [String] {
        if term.isExpired(at: now) {
            return [
                "The certificate has expired by this machine's clock "
                    + "(\(UTCTime.text(now))). Check the clock; if it is right, renew by hand: "
                    + "nacelle identity request."
            ]
        }
        if term.isEarly(at: now) {
            return [
                "This machine's clock says \(UTCTime.text(now)), before its certificate began; set "
                    + "the clock, or servers will not be reached."
            ]
        }
        guard term.isDue(at: now) else { return [] }
        return [
            "The certificate is to be renewed now: "
                + (hasServer ? "nacelle identity renew." : "nacelle identity request.")
        ]
    }

    /// Makes a key and a request, or finds those that wait.
    ///
    /// - Parameter replacing: whether those that wait are given up.
    /// - Returns: what waits.
    /// - Throws: a `Fault`.
    public func request(replacing: Bool) throws(Fault) -> PendingIdentity {
        let directory = try IdentityDirectory.openOrMake(
            settings.directory, owner: try configuration.identityOwner())
        let lock = try directory.takeLock("nacelle identity request")
        defer { _ = lock }
        return try IdentityEnrolment(surroundings()).request(
            settings.subject, in: directory, replacing: replacing)
    }

    /// Takes the certificate that an authority made of the request.
    ///
    /// - Parameters:
    ///   - path: the file with the certificate.
    ///   - proving: whether it must work first, where something is configured that proves it.
    ///   - anotherSubject: whether one for another subject than the one asked for is taken.
    /// - Returns: how it was taken.
    /// - Throws: a `Fault`; nothing has changed then.
    public func take(
        _ path: String, proving: Bool, anotherSubject: Bool
    ) throws(Fault) -> IdentityEnrolment.Outcome {
        // Read as whoever started the command: a stick's files may be root's.
        let certificates = try CertificateFile.read(
            FilePlace.read(path, limit: CertificateFile.limit), name: path)
        let directory = try IdentityDirectory.open(settings.directory)
        try Reach.confineBeforeToken()
        let lock = try directory.takeLock("nacelle identity import")
        defer { _ = lock }
        return try IdentityEnrolment(surroundings()).take(
            certificates, from: "The file \(path)", in: directory, proving: proving,
            anotherSubject: anotherSubject)
    }

    /// Renews over EST, where it is time.
    ///
    /// - Parameter force: whether also where it is not.
    /// - Returns: how it ended.
    /// - Throws: a `Fault`; the old pair is current then.
    public func renew(force: Bool) throws(Fault) -> IdentityRenewal.Outcome {
        let directory = try IdentityDirectory.open(settings.directory)
        try Reach.confineBeforeToken()
        let lock = try directory.takeLock("nacelle identity renew")
        defer { _ = lock }
        return try IdentityRenewal(surroundings()).run(in: directory, force: force)
    }

    /// Goes back to the pair before; needs no network.
    ///
    /// - Returns: the pair that was left, and the pair that is current now.
    /// - Throws: a `Fault`.
    public func rollBack() throws(Fault) -> (left: IdentityPair, now: IdentityPair) {
        let directory = try IdentityDirectory.open(settings.directory)
        let lock = try directory.takeLock("nacelle identity rollback")
        defer { _ = lock }
        return try directory.rollBack()
    }

    /// The wall clock, in seconds since 1970.
    public static var clock: Int64 { Int64(time(nil)) }

    private func surroundings() throws(Fault) -> IdentitySurroundings {
        var transfer = try configuration.transfer(showingIdentity: false)
        // A renewal is short, and a timer starts it again: it does not wait for a day.
        transfer.deadline = min(transfer.deadline, .seconds(900))
        transfer.backOff.attempts = min(transfer.backOff.attempts, 4)
        return IdentitySurroundings(
            subject: settings.subject, token: settings.token, server: settings.server,
            verify: settings.verify, renewBefore: settings.renewBefore, transfer: transfer,
            now: IdentityWork.clock,
            tell: { [reporter] step in reporter.say(step.text, event: step.name) },
            tick: Interruption.check)
    }
}
