internal import Faults

/// The count of body bytes: what came, what is under way, and what is allowed.
///
/// One client has one; its transfers book in it.
final class Ledger {
    private(set) var received: Int64 = 0
    /// What was asked for and did not come yet.
    private(set) var committed: Int64 = 0
    var budget: Int64?
    /// Counts the same in the month's bytes; `nil` where nobody does.
    var meter: TrafficMeter?

    /// How many more bytes may be asked for.
    var left: Int64 {
        guard let budget else { return .max }
        return max(budget - received - committed, 0)
    }

    /// Books bytes that will be asked for.
    func commit(_ count: Int64) throws(Fault) {
        guard count <= left else { throw exceeded(by: count) }
        if count > 0 { try meter?.commit(count) }
        committed += count
    }

    /// Gives back what will not come.
    func release(_ count: Int64) {
        committed -= count
        meter?.release(count)
    }

    /// Books what is no body: header lines and requests.
    ///
    /// What passes the month's bound is counted, and holds back the next request.
    func note(_ count: Int64) { try? meter?.take(count) }

    /// Books bytes that came.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - known: how many of them were booked before.
    /// - Throws: a `Fault` of code `budget` where they are more than is allowed.
    func take(_ count: Int64, booked known: Int64) throws(Fault) {
        committed -= known
        received += count
        if count > known { try meter?.take(count - known) }
        guard count == known || received + committed <= budget ?? .max else {
            throw exceeded(by: 0)
        }
    }

    private func exceeded(by count: Int64) -> Fault {
        let asked = count > 0 ? ", and the next answer has \(count)" : " and more come"
        return Fault(
            .budget,
            "\(received) bytes were fetched, \(committed) more are under way\(asked); "
                + "\(budget ?? 0) are allowed.",
            advice: "Allow more bytes, or bring the file on a stick.")
    }
}
