public import Faults
internal import Repository
internal import Sealing
public import Slots
public import StrictJSON
internal import Trust

/// What a repository offers for a machine, by its verified metadata.
public struct RepositoryReport: Sendable {
    /// What the newest version would mean here.
    public enum Verdict: String, Sendable {
        /// It is newer than what runs.
        case available
        /// It runs.
        case current
        /// It failed or was left here, and is not taken by itself.
        case denied
        /// It is older than what this machine accepts.
        case older
    }

    /// The repository.
    public let place: String
    /// The repository as it was named; `nil` where it is the configured one.
    let named: String?
    /// The newest version for this machine.
    public let newest: VersionIdentity
    /// The version that runs; `nil` where none does.
    public let running: VersionIdentity?
    let isDenied: Bool
    let floor: UInt64?
    /// Bytes of index and pack of the full bundle; what runs may have much of it.
    public let fullBytes: Int64
    /// Bytes of index and pack of the delta from what runs; `nil` where none is offered.
    public let deltaBytes: Int64?
    /// All versions that are offered for this machine, the newest first.
    public let versions: [String]
    /// When the first of the metadata expires, in seconds since 1970.
    public let expires: Int64
    /// The version of the root of trust.
    public let root: Int
    /// Why expiry was not judged; `nil` where it was.
    public let unjudged: Fault?
    /// Bytes that the check fetched.
    public let fetched: Int64

    /// What the newest version would mean here.
    public var verdict: Verdict {
        if let running, running.isSameRelease(as: newest) { return .current }
        if isDenied { return .denied }
        if let floor, newest.releaseCounter <= floor { return .older }
        return .available
    }

    /// The report as lines for a person.
    public var lines: [String] {
        let name = "\(newest.application) \(newest.version) (release \(newest.releaseCounter))"
        let runs = running.map { "\($0.version) runs" } ?? "nothing runs yet"
        let head =
            switch verdict {
            case .available: "\(name) is available; \(runs)."
            case .current: "\(name) is the newest, and it runs."
            case .denied:
                "\(name) is the newest, and denied: it failed or was left here before; \(runs)."
            case .older:
                "\(name) is the newest offered, and no newer than release \(floor ?? 0), which was "
                    + "good here; \(runs)."
            }
        var lines = [head]
        if verdict == .available {
            lines.append(
                deltaBytes.map { "  by delta     \($0) bytes" }
                    ?? "  by delta     none is offered from the version that runs")
            lines.append("  in full      \(fullBytes) bytes, less what the running version has")
            lines.append("  to install   nacelle install\(named.map { " \($0)" } ?? "")")
        }
        lines.append("  repository   \(place)")
        lines.append("  offers       \(versions.prefix(8).joined(separator: ", "))")
        lines.append("  current to   \(UTCTime.text(expires)), root of trust version \(root)")
        return lines
    }

    /// The report for a machine.
    public var json: JSONValue {
        func identity(_ identity: VersionIdentity) -> JSONValue {
            .members([
                ("application", .string(identity.application)),
                ("version", .string(identity.version)),
                ("releaseCounter", .integer(identity.releaseCounter)),
                ("tree", .string(identity.tree.hex)),
            ])
        }
        return .members([
            ("event", .string("check")), ("verdict", .string(verdict.rawValue)),
            ("repository", .string(place)), ("newest", identity(newest)),
            ("running", running.map(identity) ?? .null), ("fullBytes", .integer(fullBytes)),
            ("deltaBytes", deltaBytes.map { .integer($0) } ?? .null),
            ("versions", .array(versions.map { .string($0) })),
            ("expires", .string(UTCTime.text(expires))), ("root", .integer(root)),
            ("expiryJudged", .bool(unjudged == nil)), ("fetched", .integer(fetched)),
        ])
    }
}

extension VersionIdentity {
    /// What a repository says that a bundle is.
    init(_ bundle: BundleTarget) {
        self.init(
            application: bundle.application, version: bundle.version,
            releaseCounter: bundle.releaseCounter, tree: bundle.tree)
    }
}
