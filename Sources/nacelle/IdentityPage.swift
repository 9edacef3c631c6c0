internal import Agent
internal import DeviceIdentity
internal import Sealing

/// A report on the machine's certificate as a page that one understands at a glance.
struct IdentityPage {
    private let report: IdentityReport

    init(_ report: IdentityReport) { self.report = report }

    /// The page, without a last line feed.
    var text: String {
        var lines: [String] = []
        if let current = report.current, let term = report.term {
            let own = current.certificate
            lines = [
                own.subject, "", "  issuer     \(own.issuer)", "  serial     \(own.serial)",
                "  SHA-256    \(own.fingerprint.hex)",
                "  valid      \(Timestamp.text(own.notBefore)) to \(Timestamp.text(own.notAfter))",
                "  left       \(left(term))", "  renewal    \(renewal(term))",
                "  key        \(current.keyName)", "  pair       \(pair(current))",
            ]
        } else {
            lines = ["There is no certificate yet.", ""]
        }
        lines.append("  pending    \(pending)")
        for warning in report.warnings { lines.append("  WARNING    \(warning)") }
        return lines.joined(separator: "\n")
    }

    private func left(_ term: RenewalTerm) -> String {
        let days = term.daysLeft(at: report.now)
        return term.isExpired(at: report.now) ? "NONE: it has expired" : "\(days) days"
    }

    private func renewal(_ term: RenewalTerm) -> String {
        let way = report.server.map { "over EST by \($0)" } ?? "by hand"
        return term.isDue(at: report.now)
            ? "due since \(Timestamp.text(term.due)), \(way)"
            : "not before \(Timestamp.text(term.due)), \(way)"
    }

    private func pair(_ current: IdentityPair) -> String {
        "\(current.generation) in \(report.directory)"
            + (report.previous.map { "; pair \($0.generation) is kept" } ?? "")
    }

    private var pending: String {
        guard let pending = report.pending else { return "nothing" }
        return pending.chain == nil
            ? "a request for \(pending.request.subject) waits for its certificate"
            : "a certificate for \(pending.request.subject) waits to be proved: "
                + "nacelle identity renew"
    }
}
