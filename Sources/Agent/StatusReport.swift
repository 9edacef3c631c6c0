internal import Sealing
public import Faults
public import Slots
public import StrictJSON

/// What the store says, for a person at a glance and for a machine whole.
public struct StatusReport: Sendable {
    /// The store's path.
    public let store: String
    /// The application that it is bound to.
    public let application: String?
    /// Link and records.
    public let snapshot: StoreSnapshot
    /// The lowest release that is still accepted.
    public let floor: Floor?
    /// What is denied.
    public let denials: [Denial]
    /// What was left at boot by its attempts alone, and is tried once more after a day.
    public let left: [LeftVersion]
    /// Who fills the spare slot now.
    public let filler: String?
    /// What was seen of the version that failed here last.
    public let evidence: FailureEvidence?
    /// What is wrong with store or configuration.
    public let warnings: [String]

    /// Reads it; waits for nobody and changes nothing.
    public static func read(
        _ configuration: Configuration, store: String?
    ) throws(Fault) -> StatusReport {
        let open = try Store.open(path: try configuration.storePath(store))
        var warnings: [String] = []
        func tolerant<Value>(_ read: () throws(Fault) -> Value?) -> Value? {
            do throws(Fault) {
                return try read()
            } catch {
                warnings.append(error.description)
                return nil
            }
        }
        let recorded = try open.snapshot()
        let snapshot = try open.presentSnapshot()
        let application = tolerant { () throws(Fault) in try open.application() }
        let floor = tolerant { () throws(Fault) in try open.floor() }
        let denials = tolerant { () throws(Fault) in try open.denials() } ?? []
        if let fault = configuration.fault { warnings.append(fault.description) }
        for tree in TreeName.allCases {
            if case .damaged(let fault) = snapshot.reading(of: tree) {
                warnings.append(fault.description)
            }
        }
        for tree in TreeName.allCases
        where recorded.record(of: tree)?.whole == true && snapshot.record(of: tree)?.whole == false
        {
            warnings.append("The directory of \(tree.title) is gone or empty; it is not whole.")
        }
        if let target = snapshot.strangeLink {
            warnings.append("The link “current” names “\(target)”, which is no slot.")
        }
        for step in Recovery.steps(for: snapshot, floor: floor?.identity.releaseCounter) {
            warnings.append("\(step.text) The next install, rollback or boot mends it.")
        }
        return StatusReport(
            store: open.path, application: application, snapshot: snapshot, floor: floor,
            denials: denials, left: open.leftVersions(), filler: open.filler(),
            evidence: FailureEvidence.kept(in: open), warnings: warnings)
    }

    /// Whether something is known of a factory tree.
    public var hasFactory: Bool {
        if case .none = snapshot.reading(of: .factory) { return false }
        return true
    }

    /// Whether `nacelle rollback` has a whole version to go back to.
    public var hasFallback: Bool { fallback != nil }

    /// The tree that `nacelle rollback` goes to without an operator's further word.
    ///
    /// The factory tree only where no slot holds a whole version.
    public var fallback: TreeName? {
        guard let named = snapshot.named else { return nil }
        let slots = SlotName.allCases.filter { $0.tree != named }
        let good = slots.filter { snapshot.isFallback($0) }
        let counter = { (slot: SlotName) in snapshot.record(slot)?.identity.releaseCounter ?? 0 }
        if let best = good.max(by: { counter($0) < counter($1) }) { return best.tree }
        let isAnyWhole = slots.contains { slot in
            guard let record = snapshot.record(slot) else { return false }
            return record.whole && record.state == .bad
        }
        return !isAnyWhole && snapshot.isFallback(tree: .factory) ? .factory : nil
    }

    private static func json(_ denial: Denial) -> JSONValue {
        .members(
            names(denial.identity) + [
                ("reason", .string(denial.reason)), ("at", .integer(denial.at)),
            ])
    }

    private static func json(_ left: LeftVersion) -> JSONValue {
        .members(
            names(left.identity) + [("times", .integer(left.times)), ("at", .integer(left.at))])
    }

    private static func names(_ identity: VersionIdentity) -> [(String, JSONValue?)] {
        [
            ("version", .string(identity.version)),
            ("releaseCounter", .integer(identity.releaseCounter)),
            ("tree", .string(identity.tree.hex)),
        ]
    }

    /// The report for a machine.
    ///
    /// - Parameter more: what others have to say of this machine.
    /// - Returns: the report.
    public func json(with more: [(String, JSONValue?)] = []) -> JSONValue {
        func slot(_ name: TreeName) -> JSONValue {
            switch snapshot.reading(of: name) {
            case .none: .null
            case .damaged(let fault): .members([("damaged", .string(fault.description))])
            case .record(let record): record.json
            }
        }
        return .members(
            [
                ("event", .string("status")), ("store", .string(store)),
                ("application", application.map(JSONValue.string)),
                ("current", snapshot.named.map { .string($0.rawValue) } ?? .null),
                ("version", snapshot.running.map { .string($0.identity.version) } ?? .null),
                ("state", snapshot.running.map { .string($0.state.rawValue) } ?? .null),
                ("fallback", .bool(hasFallback)),
                ("slots", .members([("a", slot(.a)), ("b", slot(.b))])),
                ("factory", slot(.factory)),
                ("floor", floor.map { .integer($0.identity.releaseCounter) } ?? .null),
                ("denied", .array(denials.map(StatusReport.json))),
                ("leftAtBoot", .array(left.map(StatusReport.json))),
                ("filling", filler.map { .string($0) } ?? .null),
                ("evidence", evidenceSummary),
                ("confinement", ConfinementReport.json),
                ("warnings", .array(warnings.map(JSONValue.string))),
            ] + more)
    }

    private var evidenceSummary: JSONValue {
        guard let evidence else { return .null }
        return .members([
            ("version", .string(evidence.version)),
            ("releaseCounter", .integer(evidence.releaseCounter)),
            ("tree", .string(evidence.tree.hex)), ("code", .string(evidence.code)),
            ("reason", .string(evidence.reason)), ("at", .integer(evidence.at)),
            ("file", .string(evidencePath)),
        ])
    }

    /// Where that stands whole.
    public var evidencePath: String { "\(store)/state/\(FailureEvidence.file)" }
}
