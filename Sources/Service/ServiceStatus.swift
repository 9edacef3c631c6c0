public import Agent
public import Faults
internal import Fleet
internal import Glibc
internal import Slots
public import StrictJSON
internal import UpdateMachine

/// How the service and what it works on stand, for `nacelle status`; waits for nobody.
public struct ServiceStatus: Sendable {
    /// Who the running service is; `nil` where none runs.
    public let holder: String?
    /// What it shows of itself; `nil` where none runs, or it shows nothing.
    public let view: LiveView?
    /// Reports that wait for the rollout server; `nil` where there is none.
    public let reports: Int?
    private let machine: UpdateMachine?

    /// Reads it.
    ///
    /// - Parameters:
    ///   - configuration: where it is shown.
    ///   - path: the store's path.
    /// - Returns: what there is to say.
    /// - Throws: a `Fault` where there is no store.
    public static func read(
        _ configuration: Configuration, path: String
    ) throws(Fault) -> ServiceStatus {
        let store = try Store.open(path: path)
        let holder = store.serviceHolder()
        let directory = (try? configuration.smoke().runtimeDirectory) ?? "/run/nacelle"
        let limit = UpdateMachine.recordLimit
        let bytes = (try? store.readState("update.json", limit: limit)) ?? nil
        let hasFleet = ((try? configuration.fleet()) ?? nil) != nil
        return ServiceStatus(
            holder: holder, view: holder == nil ? nil : LiveView.read(from: directory),
            reports: hasFleet ? try? Outbox(store.outboxDirectory()).count() : nil,
            machine: bytes.flatMap { try? UpdateMachine(reading: $0, settings: Settings()) })
    }

    /// The lines for people, without what there is nothing to say of.
    public var lines: [(String, String)] {
        var lines: [(String, String)] = []
        if holder == nil, machine == nil { return lines }
        lines.append(("service", holder == nil ? "not running" : serviceWords))
        if let work { lines.append(("update", work)) }
        if let closed = machine?.closed, !closed.isGood, machine?.work == nil,
            let failure = view?.outcomeReason, !failure.isEmpty
        {
            lines.append(("last", "\(view?.outcome ?? ""): \(failure)"))
        }
        if let available = machine?.available, machine?.work == nil {
            lines.append(("offered", "version \(available): nacelle update"))
        }
        if let reports, reports > 0 {
            lines.append(("reports", "\(reports) wait for the rollout server"))
        }
        return lines
    }

    private var serviceWords: String {
        guard let view else { return "running" }
        let now = Int64(time(nil))
        var words = ["running"]
        if view.contact > 0 { words.append("asked \(ago(now - view.contact)) ago") }
        if !view.problem.isEmpty { words.append("cannot ask: \(view.problem)") }
        if view.next > now { words.append("asks again in \(ago(view.next - now))") }
        return words.joined(separator: ", ")
    }

    private func ago(_ seconds: Int64) -> String {
        switch max(seconds, 0) {
        case 0..<120: "\(max(seconds, 0)) s"
        case 120..<7200: "\(seconds / 60) min"
        case 7200..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    private var work: String? {
        guard let work = machine?.work, let state = machine?.state else { return nil }
        let version = "version \(work.target.version)"
        switch state {
        case .waiting:
            let how = work.hold == .person ? " (nacelle confirm, or nacelle refuse)" : ""
            return "\(version) waits: \(work.reasons.joined(separator: "; "))\(how)"
        case .fetching, .proving, .probation:
            guard let view, !view.phase.isEmpty, view.total > 0 else {
                return "\(version): \(state.rawValue)"
            }
            return "\(version): \(view.phase), \(view.done * 100 / view.total) %"
        default: return "\(version): \(state.rawValue)"
        }
    }

    /// Where an update stands: a state's name; `nil` where there never was one.
    var state: String? { view?.state ?? machine?.state.rawValue }

    /// The version that is worked on; empty for none.
    var workVersion: String { machine?.work?.target.version ?? "" }

    /// The same for machines.
    public var json: JSONValue {
        .members([
            ("running", .bool(holder != nil)), ("holder", holder.map(JSONValue.string)),
            ("state", state.map(JSONValue.string)),
            ("version", (machine?.work?.target.version).map(JSONValue.string)),
            ("reasons", .array((machine?.work?.reasons ?? []).map(JSONValue.string))),
            ("available", (machine?.available).map(JSONValue.string)),
            ("view", view?.json), ("reportsWaiting", reports.map { .integer($0) }),
        ])
    }
}
