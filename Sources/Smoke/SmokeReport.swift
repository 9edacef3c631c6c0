public import Faults
public import StrictJSON

/// What a smoke run found, also where it failed: all that was measured until then.
public struct SmokeReport: Sendable {
    /// `inference` or `command`.
    public var kind: String
    /// What isolation the run had, in words.
    public var isolation: String
    /// The user that the program ran as.
    public var user: String
    /// Each compared case.
    public var cases: [CaseReport] = []
    /// The least share of cases whose highest class must be the golden one.
    public var minimumTop1: Double?
    /// The latencies, where they were measured.
    public var latency: LatencyReport?
    /// Peak memory in bytes by ``memoryMetric``; `nil` where none could be seen.
    public var peakMemory: Int?
    /// The memory limit in bytes.
    public var memoryLimit: Int?
    /// What was measured as memory.
    public var memoryMetric = "peak-resident"
    /// From the start to ready, in milliseconds.
    public var ready: Int64?
    /// The whole run, in milliseconds.
    public var duration: Int64 = 0
    /// The last of what the program printed, bounded and safe to show.
    public var output = ""
    /// Why it failed, if it did.
    public var failure: Fault?

    /// Whether the version proved itself.
    public var passed: Bool { failure == nil }

    /// The share of cases whose highest class is the golden one; `nil` before any was compared.
    public var top1Agreement: Double? {
        cases.isEmpty ? nil : Double(cases.count { $0.top1 }) / Double(cases.count)
    }

    init(kind: String, isolation: String, user: String) {
        self.kind = kind
        self.isolation = isolation
        self.user = user
    }

    /// The report as JSON, for the slot's record.
    public var json: JSONValue {
        let failed = failure.map { fault in
            JSONValue.members([
                ("code", .string(fault.code.rawValue)), ("message", .string(fault.message)),
                ("cause", fault.cause.map { .string($0) }),
            ])
        }
        let memory = JSONValue.members([
            ("peak", peakMemory.map { .integer($0) }), ("limit", memoryLimit.map { .integer($0) }),
            ("metric", .string(memoryMetric)),
        ])
        return .members([
            ("passed", .bool(passed)), ("kind", .string(kind)), ("isolation", .string(isolation)),
            ("user", .string(user)), ("cases", .array(cases.map(\.json))),
            ("top1Agreement", top1Agreement.map { .real($0) }), ("latency", latency?.json),
            ("memory", memory), ("readyMilliseconds", ready.map { .integer($0) }),
            ("durationMilliseconds", .integer(duration)), ("output", .string(output)),
            ("failure", failed),
        ])
    }

    /// The report in a few lines for people.
    public var summary: [String] {
        var lines = ["isolation  \(isolation), as \(user)"]
        if let ready { lines.append("ready      after \(ready) ms") }
        if let agreement = top1Agreement {
            let passed = cases.count { $0.passed }
            let worst = cases.map(\.worstAbsolute).reduce(0) { $1.isNaN ? $1 : max($0, $1) }
            lines.append(
                "answers    \(passed) of \(cases.count) cases within tolerance, worst error "
                    + "\(worst), top-1 agreement \(agreement)")
        }
        if let latency {
            lines.append(
                "latency    p50 \(latency.p50) µs, p95 \(latency.p95) µs, p99 \(latency.p99) µs, "
                    + "max \(latency.slowest) µs; \(latency.over) of \(latency.runs) runs over "
                    + "\(latency.limit) µs, \(latency.allowedOver) allowed")
        }
        if let peakMemory {
            let limit = memoryLimit.map { ", limit \($0 / 1024) KiB" } ?? ""
            lines.append("memory     \(peakMemory / 1024) KiB \(memoryMetric)\(limit)")
        }
        lines.append("duration   \(duration) ms")
        if let failure { lines.append("failed     \(failure.message)") }
        return lines
    }
}

/// A report, and the fault that the run ended with where it failed.
public struct SmokeOutcome: Sendable {
    /// What was found.
    public var report: SmokeReport
    /// Why it failed; `nil` where the version proved itself.
    public var fault: Fault? { report.failure }
}
