public import DurableFiles
public import Faults

/// Counts what one command's clients bring and send in the month's count, durably and ahead.
///
/// Bytes are on the record before they are asked for, in steps of 1 MiB; what was not used is taken
/// back when the meter goes. So a crash, a kill or a power cut leaves too much on the record, never
/// too little. Bodies, header lines and requests count; what TLS and TCP add does not.
///
/// Before ``begin(in:limit:holder:clock:)`` bytes are remembered alone: a command learns where its
/// store is, and who owns it, only on its way.
public final class TrafficMeter {
    /// How much is charged at a time, in bytes.
    public static let step: Int64 = 1 << 20
    /// How much stays charged beyond what is known to come: an answer's length may be unknown.
    static let margin: Int64 = 256 << 10

    private var file: TrafficFile?
    private var limit: Int64?
    /// What came and went, and what was asked for.
    private var needed: Int64 = 0
    /// What of it is on the record.
    private var charged: Int64 = 0
    /// The month that the last step is charged to; another's is never paid back.
    private var chargedTo: Int64?

    /// Makes a meter that remembers.
    public init() {}

    deinit { refund() }

    /// Takes back what was charged and not used, before the meter goes; for a process that ends
    /// without letting go of anything.
    public func settle() {
        refund()
        charged = min(charged, max(needed, 0))
    }

    /// Goes over to the month's count, and charges what was remembered.
    ///
    /// - Parameters:
    ///   - directory: a store's `state/`.
    ///   - limit: the most bytes a month; `nil` for no bound.
    ///   - holder: the command, for whoever waits for the lock.
    ///   - clock: seconds since 1970, never behind what is trusted.
    /// - Throws: a `Fault` of code `budget` where no bytes are left, or one where the count cannot
    ///   be kept although it is bounded.
    public func begin(
        in directory: consuming Directory, limit: Int64?, holder: String,
        clock: @escaping () -> Int64
    ) throws(Fault) {
        guard file == nil else { return }
        file = TrafficFile(in: directory, holder: holder, clock: clock)
        self.limit = limit
        if needed > 0 { try cover() }
    }

    /// How many more bytes the month has; `nil` where it is not bounded, or not known yet.
    public var left: Int64? {
        guard let file, let limit else { return nil }
        return max(limit - file.month().used(of: limit), 0) + max(charged - needed, 0)
    }

    /// Refuses where so many bytes more would pass the month's bound; charges nothing.
    ///
    /// - Parameter count: the bytes.
    /// - Throws: a `Fault` of code `budget`.
    public func require(_ count: Int64) throws(Fault) {
        guard let file, let limit, let left, count > left else { return }
        throw TrafficMeter.exceeded(count, file.month(), limit)
    }

    /// Has room on the record before a request whose answer's length nobody knows.
    func prepare() throws(Fault) {
        try cover(atLeast: 1)
    }

    /// Books bytes that will be asked for.
    func commit(_ count: Int64) throws(Fault) {
        needed += count
        do throws(Fault) {
            try cover()
        } catch {
            needed -= count
            throw error
        }
    }

    /// Gives back what will not come.
    func release(_ count: Int64) { needed -= count }

    /// Books bytes that came or went and were not booked before.
    ///
    /// - Throws: a `Fault` of code `budget` where they pass the bound; they are counted all the same.
    func take(_ count: Int64) throws(Fault) {
        needed += count
        do throws(Fault) {
            try cover()
        } catch {
            charge(beyond: error)
            throw error
        }
    }

    /// Puts on the record what is needed, and a margin where the bound leaves one.
    private func cover(atLeast least: Int64 = 0) throws(Fault) {
        guard let file, needed + TrafficMeter.margin > charged else { return }
        let short = max(needed + least - charged, 0)
        let step = TrafficMeter.step
        let wish = max((short + TrafficMeter.margin + step - 1) / step * step, step)
        do throws(Fault) {
            try file.change { (month) throws(Fault) in
                var grant = wish
                if let limit {
                    let room = max(limit - month.used(of: limit), 0)
                    guard short <= room else { throw TrafficMeter.exceeded(short, month, limit) }
                    grant = min(wish, room)
                }
                month.add(grant)
                charged += grant
                chargedTo = month.number
            }
        } catch {
            // Without a bound nothing is held back for a count that cannot be kept.
            if limit == nil { return }
            throw error
        }
    }

    /// Records bytes that came although the bound was passed.
    private func charge(beyond fault: Fault) {
        guard fault.code == .budget, needed > charged else { return }
        let missing = needed - charged
        try? file?.change { (month) throws(Fault) in month.add(missing) }
        charged = needed
    }

    /// Takes back what was charged and not used; what cannot be taken back stays on the record.
    private func refund() {
        let rest = charged - max(needed, 0)
        guard rest > 0, let file else { return }
        try? file.change { (month) throws(Fault) in
            if month.number == chargedTo { month.add(-rest) }
        }
    }

    private static func exceeded(_ count: Int64, _ month: TrafficMonth, _ limit: Int64) -> Fault {
        let lost = month.isLost ? " (the count was damaged, so it counts as used up)" : ""
        return Fault(
            .budget,
            "\(count) bytes more would pass the month's bound: \(month.used(of: limit)) of \(limit) "
                + "bytes were used in \(month.name)\(lost); the next month begins at \(month.end).",
            advice:
                "Wait until then, raise “month-bytes” in “service”, bring the bundle on a stick, "
                + "or pass the bound this once (nacelle install --ignore-month).")
    }
}
