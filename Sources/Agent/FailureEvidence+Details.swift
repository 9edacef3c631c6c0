internal import Faults
public import Slots
internal import StrictJSON

extension FailureEvidence {
    /// Reads what was kept of the last failure; `nil` where there is nothing, or it cannot be read.
    public static func kept(in store: borrowing Store) -> FailureEvidence? {
        guard let bytes = (try? store.readState(file, limit: limit)) ?? nil else { return nil }
        return try? FailureEvidence(reading: bytes)
    }

    /// Keeps it in place of that of the failure before, durably.
    func keep(in store: borrowing Store) throws(Fault) {
        try store.writeState(FailureEvidence.file, encoded)
    }

    /// What was seen, as lines for the report to a rollout server.
    ///
    /// - Parameter limit: the most lines.
    /// - Returns: lines of at most 512 characters: the reason, the unit, the smoke run, the probes
    ///   that failed, and the end of the log in what is left.
    public func details(limit: Int = 40) -> [String] {
        var lines = ["Version \(version) (release \(releaseCounter)) failed (\(code)): \(reason)"]
        if restarts != nil || memory != nil {
            lines.append(
                "unit: \(restarts.map { "\($0) restarts" } ?? "restarts unknown"), "
                    + (memory.map { "\($0) bytes of memory" } ?? "memory unknown"))
        }
        lines += smokeLines
        // A probe that says the same again and again needs one line.
        let failed = probes.filter { !$0.hasSuffix(FailureEvidence.healthy) }
        lines += failed.suffix(10).map { "probe \($0)" }
        let room = max(0, limit - lines.count)
        lines += log.suffix(room).map { "log: \($0)" }
        return lines.prefix(max(0, limit)).map {
            String(FailureEvidence.clean($0, 2048).prefix(FailureEvidence.lineLimit))
        }
    }

    private var smokeLines: [String] {
        guard let smoke else { return [] }
        var lines: [String] = []
        if case .string(let message)? = smoke["failure"]?["message"] {
            lines.append("smoke run: \(message)")
            if case .string(let cause)? = smoke["failure"]?["cause"] {
                lines.append("smoke run: \(cause)")
            }
        } else if smoke["passed"] == .bool(true) {
            lines.append("smoke run: passed")
        }
        return lines
    }

    /// How a probe that found nothing wrong is noted.
    static let healthy = "healthy"
}
