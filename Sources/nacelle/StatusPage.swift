internal import Agent
internal import Sealing
internal import Slots
internal import StrictJSON

/// A status report as a page that one understands at a glance.
struct StatusPage {
    private let report: StatusReport

    init(_ report: StatusReport) {
        self.report = report
    }

    /// The page, without a last line feed.
    var text: String {
        var lines = [headline, ""]
        for slot in SlotName.allCases { lines += slotLines(slot) }
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
        if let evidence = report.evidence {
            lines.append(
                "  evidence   of version \(evidence.version) (\(evidence.code)): "
                    + report.evidencePath)
        }
        if let filler = report.filler { lines.append("  filling    \(filler)") }
        lines.append("  store      \(report.store)")
        for warning in report.warnings { lines.append("  WARNING    \(warning)") }
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        guard let current = report.snapshot.current else {
            return report.snapshot.strangeLink == nil
                ? "Nothing is installed." : "What runs is unknown: the link names no slot."
        }
        guard let running = report.snapshot.running else {
            return "Slot \(current.rawValue) runs; its record cannot be read."
        }
        let state =
            switch running.state {
            case .good: "good"
            case .trial: "in trial: its probation is not over"
            case .bad: "BAD: \(running.reason)"
            default: running.state.rawValue
            }
        return "\(running.identity.application) \(running.identity.version) runs (\(state))."
    }

    private func slotLines(_ slot: SlotName) -> [String] {
        let mark = report.snapshot.current == slot ? "→" : " "
        let title = "\(mark) slot \(slot.rawValue)    "
        guard case .record(let record) = report.snapshot.reading(slot) else {
            return [title + report.snapshot.describe(slot)]
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
        guard let current = report.snapshot.current else { return "none: nothing is installed" }
        let other = current.other
        if report.hasFallback, let record = report.snapshot.record(other) {
            return "slot \(other.rawValue), version \(record.identity.version): nacelle rollback"
        }
        if let record = report.snapshot.record(other), record.whole, record.state == .bad {
            return "slot \(other.rawValue), version \(record.identity.version), was left before: "
                + "nacelle rollback --allow-denied"
        }
        return "NONE: slot \(other.rawValue) \(report.snapshot.describe(other))"
    }
}
