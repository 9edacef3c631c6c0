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
        let snapshot = try open.snapshot()
        let application = tolerant { () throws(Fault) in try open.application() }
        let floor = tolerant { () throws(Fault) in try open.floor() }
        let denials = tolerant { () throws(Fault) in try open.denials() } ?? []
        if let fault = configuration.fault { warnings.append(fault.description) }
        for slot in SlotName.allCases {
            if case .damaged(let fault) = snapshot.reading(slot) {
                warnings.append(fault.description)
            }
        }
        for slot in SlotName.allCases where snapshot.record(slot)?.whole == true {
            if (try? open.openSlot(slot)) == nil {
                warnings.append("The directory of slot \(slot.rawValue) is gone; it is not whole.")
            }
        }
        if let target = snapshot.strangeLink {
            warnings.append("The link “current” names “\(target)”, which is no slot.")
        }
        for step in Recovery.steps(for: snapshot, floor: floor?.identity.releaseCounter) {
            warnings.append("\(step.text) The next install or rollback mends it.")
        }
        return StatusReport(
            store: open.path, application: application, snapshot: snapshot, floor: floor,
            denials: denials, filler: open.filler(),
            evidence: FailureEvidence.kept(in: open), warnings: warnings)
    }

    /// Whether `nacelle rollback` has a whole version to go back to.
    public var hasFallback: Bool {
        snapshot.current.map { snapshot.isFallback($0.other) } ?? false
    }

    /// The report for a machine.
    public var json: JSONValue {
        func slot(_ name: SlotName) -> JSONValue {
            switch snapshot.reading(name) {
            case .none: .null
            case .damaged(let fault): .members([("damaged", .string(fault.description))])
            case .record(let record): record.json
            }
        }
        return .members([
            ("event", .string("status")), ("store", .string(store)),
            ("application", application.map(JSONValue.string)),
            ("current", snapshot.current.map { .string($0.rawValue) } ?? .null),
            ("version", snapshot.running.map { .string($0.identity.version) } ?? .null),
            ("state", snapshot.running.map { .string($0.state.rawValue) } ?? .null),
            ("fallback", .bool(hasFallback)),
            ("slots", .members([("a", slot(.a)), ("b", slot(.b))])),
            ("floor", floor.map { .integer($0.identity.releaseCounter) } ?? .null),
            (
                "denied",
                .array(
                    denials.map {
                        .members([
                            ("version", .string($0.identity.version)),
                            ("releaseCounter", .integer($0.identity.releaseCounter)),
                            ("tree", .string($0.identity.tree.hex)),
                            ("reason", .string($0.reason)), ("at", .integer($0.at)),
                        ])
                    })
            ),
            ("filling", filler.map { .string($0) } ?? .null),
            ("evidence", evidenceSummary),
            ("warnings", .array(warnings.map(JSONValue.string))),
        ])
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
