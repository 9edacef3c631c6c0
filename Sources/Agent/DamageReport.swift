internal import Faults
internal import Install
internal import StrictJSON

/// Says once for each file that the running version is damaged, and holds what that costs in bounds.
final class DamageReport: DamageWatcher {
    private let reporter: any Reporter
    private let allowance: Int64
    private let full: FullStretch?
    private var told: Set<String> = []
    /// Bytes that were fetched beyond the plan.
    private(set) var extra: Int64 = 0

    /// Makes one.
    ///
    /// - Parameters:
    ///   - reporter: is told of each damaged file.
    ///   - allowance: bytes that may be fetched beyond the plan.
    ///   - full: the full bundle of a delta, where it can be reached.
    init(_ reporter: any Reporter, allowance: Int64, full: FullStretch?) {
        self.reporter = reporter
        self.allowance = allowance
        self.full = full
    }

    func damaged(_ path: String, fetching bytes: Int64) throws(Fault) {
        if told.insert(path).inserted {
            reporter.say(
                "The file “\(path)” of the running version is damaged; what it should have given is "
                    + "fetched.", event: "warning", facts: [("path", .string(path))])
        }
        guard extra + bytes <= allowance else {
            throw Fault(
                .baseDamaged,
                "The running version is damaged in \(told.count) files, among them “\(path)”; to "
                    + "fetch what they should have given takes more than the \(allowance) bytes that "
                    + "are allowed beyond the plan.",
                advice: "Check the disk (“nacelle verify”), or install the full bundle "
                    + "(--form full).")
        }
        extra += bytes
    }

    func fullBundle() throws(Fault) -> FullStretch {
        guard let full else {
            throw Fault(
                .baseDamaged, "The version that the delta builds on is damaged here.",
                advice: "Install the full bundle.")
        }
        return full
    }
}
