internal import Agent
internal import Sealing
internal import Slots
internal import StrictJSON

/// A status report as a page that one understands at a glance.
struct StatusPage {
    private let report: StatusReport

    private let service: [(String, String)]

    /// Takes the report, and what the service has to say: names and words.
    init(_ report: StatusReport, _ service: [(String, String)]) {
        self.report = report
        self.service = service
    }

    /// The page, without a last line feed.
    var text: String {
        var lines = [headline, ""]
        for slot in SlotName.allCases { lines += slotLines(slot.tree) }
        if report.hasFactory { lines += slotLines(.factory) }
        lines.append("")
        lines.append("  fall back  \(fallback)")
        if let floor = report.floor?.identity {
            lines.append(
                "  accepts    release \(floor.releaseCounter) (version \(floor.version)) and newer")
        }
        if !report.denials.isEmpty {
            let names = report.denials.map { "\($0.identity.version)" }
            lines.append("  denied     \(names.joined(separator: ", "))")
        }
        for left in report.left {
            lines.append(
                "  held back  \(left.identity.version): its boots failed "
                    + (left.times == 1
                        ? "once; tried once more after a day" : "\(left.times) times"))
        }
        if let evidence = report.evidence {
            lines.append(
                "  evidence   of version \(evidence.version) (\(evidence.code)): "
                    + report.evidencePath)
        }
        if let filler = report.filler { lines.append("  filling    \(filler)") }
        for (name, words) in service {
            let gap = String(repeating: " ", count: max(11 - name.count, 1))
            lines.append("  \(name)\(gap)\(words)")
        }
        lines.append("  store      \(report.store)")
        for warning in report.warnings { lines.append("  WARNING    \(warning)") }
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        guard let named = report.snapshot.named else {
            return report.snapshot.strangeLink == nil
                ? "Nothing is installed." : "What runs is unknown: the link names no slot."
        }
        guard let running = report.snapshot.running else {
            return "\(named.heading) runs; its record cannot be read."
        }
        let state =
            switch running.state {
            case .good: "good"
            case .trial: "in trial: its probation is not over"
            case .bad: "BAD: \(running.reason)"
            default: running.state.rawValue
            }
        let name = "\(running.identity.application) \(running.identity.version)"
        return named == .factory
            ? "\(name) runs from the FACTORY tree: neither slot held a good version."
            : "\(name) runs (\(state))."
    }

    private func slotLines(_ tree: TreeName) -> [String] {
        let mark = report.snapshot.named == tree ? "→" : " "
        let title = "\(mark) " + (tree.slot.map { "slot \($0.rawValue)    " } ?? "factory   ")
        guard case .record(let record) = report.snapshot.reading(of: tree) else {
            return [title + report.snapshot.describe(tree: tree)]
        }
        let identity = record.identity
        var lines = [
            title + "\(identity.version), release \(identity.releaseCounter), "
                + "\(record.state.rawValue), since \(Timestamp.text(record.changed))",
            "             tree \(identity.tree.short)…"
                + (record.whole ? "" : ", not whole"),
        ]
        if !record.reason.isEmpty { lines.append("             \(record.reason)") }
        return lines
    }

    private var fallback: String {
        guard let named = report.snapshot.named else { return "none: nothing is installed" }
        if let tree = report.fallback, let record = report.snapshot.record(of: tree) {
            return "\(tree.title), version \(record.identity.version): nacelle rollback"
        }
        let others = SlotName.allCases.filter { $0.tree != named }
        for other in others {
            guard let record = report.snapshot.record(other), record.whole, record.state == .bad
            else { continue }
            return "slot \(other.rawValue), version \(record.identity.version), was left before: "
                + "nacelle rollback --allow-denied"
        }
        let words = others.map { "slot \($0.rawValue) \(report.snapshot.describe($0))" }
        return "NONE: " + words.joined(separator: ", ")
    }
}
