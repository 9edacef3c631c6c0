internal import Bundle
internal import Console
internal import Faults
internal import Publishing
internal import Repository
internal import Sealing
internal import StrictJSON
internal import Trust

/// How a repository stands, in words and as events.
struct RepoReport {
    private let outcome: RepositoryOutcome
    private let path: String

    init(_ outcome: RepositoryOutcome, path: String) {
        self.outcome = outcome
        self.path = path
    }

    /// Tells of an operation, and of the deletion after it where that was asked for, as of one.
    ///
    /// - Throws: what the deletion ends with, once the operation before it has been told.
    static func tell(
        _ console: Console, _ outcome: RepositoryOutcome, path: String,
        prune: (() throws(Fault) -> RepositoryOutcome)?
    ) throws(Fault) {
        guard let prune else { return RepoReport(outcome, path: path).tell(console) }
        let deleted: RepositoryOutcome
        do throws(Fault) { deleted = try prune() } catch {
            RepoReport(outcome, path: path).tell(console)
            throw error
        }
        RepoReport(outcome.followed(by: deleted), path: path).tell(console)
    }

    func tell(_ console: Console) {
        for change in outcome.changes { RepoReport.tell(change, console) }
        for file in outcome.deleted {
            console.say("deleted  \(file)")
            console.event("deleted", [("path", .string(file))])
        }
        for warning in outcome.warnings { console.warn(warning) }
        let versions = outcome.versions
        let until = UTCTime.text(outcome.until)
        if let missing = outcome.missing {
            console.say("\(path)  not published yet: \(missing.message)")
            console.say("  “nacelle-bundle repo sign \(path)” adds signatures, and publishes")
        }
        console.say(
            "\(path)  root \(versions.root), timestamp \(versions.timestamp), snapshot "
                + "\(versions.snapshot), targets \(versions.targets); valid until \(until)")
        console.event(
            "repository",
            [
                ("path", .string(path)), ("published", .bool(outcome.isPublished)),
                ("root", .integer(versions.root)), ("timestamp", .integer(versions.timestamp)),
                ("snapshot", .integer(versions.snapshot)), ("targets", .integer(versions.targets)),
                ("until", .string(until)),
                ("missing", outcome.missing.map { .string($0.message) }),
            ])
    }

    /// Tells what became of a bundle, or is to become of it.
    static func tell(_ change: RepositoryChange, _ console: Console) {
        console.say("\(words(change.kind))  \(name(change.bundle))")
        console.event(
            "bundle",
            [("change", .string(change.kind.rawValue)), ("path", .string(change.path))]
                + members(change.bundle))
    }

    /// What people call a bundle.
    static func name(_ bundle: BundleTarget) -> String {
        let delta = bundle.delta.map { ", delta from \($0.baseVersion)" } ?? ""
        return "\(bundle.application) \(bundle.version), release \(bundle.releaseCounter)\(delta)  "
            + Hex.encode(bundle.bundle)
    }

    /// What scripts see of a bundle.
    static func members(_ bundle: BundleTarget) -> [(String, JSONValue?)] {
        [
            ("application", .string(bundle.application)), ("version", .string(bundle.version)),
            ("releaseCounter", .integer(bundle.releaseCounter)),
            ("bundle", .string(Hex.encode(bundle.bundle))),
            ("baseVersion", bundle.delta.map { .string($0.baseVersion) }),
        ]
    }

    private static func words(_ kind: RepositoryChange.Kind) -> String {
        switch kind {
        case .added: "added    "
        case .removed: "removed  "
        case .envelope: "signed   "
        case .parts: "mended   "
        case .unchanged: "is there "
        }
    }
}
