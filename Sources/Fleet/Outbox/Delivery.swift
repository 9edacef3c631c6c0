internal import DurableFiles
internal import Faults
internal import Transport

/// Sends what waits, oldest first, once each: what a crash left in doubt is asked for before.
struct Delivery {
    /// What became of one report.
    private enum Fate {
        case delivered
        /// The server will never take it.
        case refused(String)
        /// It waits, and so does what comes later of the same action.
        case later
        /// It waits, and so does everything.
        case stop
    }

    let exchange: FleetExchange
    let outbox: Outbox
    /// How many reports the server took.
    private(set) var delivered = 0
    /// What the server will never take, in words.
    private(set) var refused: [String] = []
    /// Whether something was told after which the server may want something else.
    private(set) var mayChangeOffer = false

    /// How many statuses of an action are sent, an end apart; hawkBit takes 1000.
    static let statusLimit = 900
    /// The least time between two progresses of an action, in milliseconds.
    static let progressPause: Int64 = 20_000
    /// How often a report is put off by the server before it is given up: two weeks of six hours.
    static let triesLimit = 60
    /// The same for what may be dropped.
    static let droppableTries = 3
    /// The longest wait after a server's refusal for now, in seconds.
    static let longestWait: Int64 = 6 * 3600

    init(exchange: FleetExchange, outbox: Outbox) {
        self.exchange = exchange
        self.outbox = outbox
    }

    /// Delivers what can be delivered.
    ///
    /// - Parameters:
    ///   - book: the addresses of actions.
    ///   - open: asks which action the server still waits for.
    /// - Throws: a `Fault` where the server does not let this machine in, or the disk fails.
    mutating func run(
        _ book: inout ActionBook, open: () throws(Fault) -> String?
    ) throws(Fault) {
        var held: Set<String> = []
        for entry in try outbox.entries() {
            if let action = entry.report.action, held.contains(action) { continue }
            let fate = try send(entry, &book, open)
            // What runs now was brought by the server's own action.
            if case .delivered = fate, case .final(_, true, _, _) = entry.report {
                book.running = nil
            }
            try book.save(in: outbox.directory)
            switch fate {
            case .delivered:
                delivered += 1
                if !entry.report.isDroppable { mayChangeOffer = true }
                try outbox.remove(entry)
            case .refused(let why):
                refused.append("\(entry.report): \(why)")
                try outbox.remove(entry)
            case .later: if let action = entry.report.action { held.insert(action) }
            case .stop: return
            }
        }
    }

    private func send(
        _ waiting: OutboxEntry, _ book: inout ActionBook, _ open: () throws(Fault) -> String?
    ) throws(Fault) -> Fate {
        var entry = waiting
        let seconds = outbox.time / 1000
        // A moment far ahead is one of a clock that was wrong.
        if entry.notBefore > seconds, entry.notBefore <= seconds + 86_400 { return .later }
        let action = entry.report.action ?? ""
        if entry.report.isDroppable {
            guard book.entry(action).sent < Delivery.statusLimit else {
                return .refused("\(Delivery.statusLimit) statuses of the action were told")
            }
            let since = outbox.time - book.entry(action).lastProgress
            // Not held for its action's sake: only the newest progress waits.
            if entry.report.isProgress, (0..<Delivery.progressPause).contains(since) {
                return .later
            }
        }
        if entry.report.isFinal {
            if entry.isSending, try open() != action { return .delivered }
            entry.isSending = !Protection.toldOnce.isOff
            guard try outbox.update(entry) else { return .later }
        }
        let answer: WebAnswer
        do throws(Fault) {
            answer = try exchange.send(
                entry.report.action == nil ? .put : .post,
                FleetAddress.of(entry.report, book, exchange.server),
                entry.report.body(at: entry.at), isOnce: entry.report.isFinal)
        } catch  where error.code == .network {
            return try putOff(entry, error.message, wish: nil)
        }
        return try judge(answer, entry, &book)
    }

    /// What the server's answer means.
    private func judge(
        _ answer: WebAnswer, _ entry: OutboxEntry, _ book: inout ActionBook
    ) throws(Fault) -> Fate {
        switch answer.status {
        case 200...299:
            note(entry.report, &book)
            return .delivered
        case 401, 403:
            guard entry.report.action == nil else {
                throw exchange.fault(answer, "told \(entry.report)")
            }
            // What runs is told where the server takes it; that keeps nobody from its offers.
            return .refused("status \(answer.status)")
        case 429:
            var entry = entry
            // It said that it did not take it.
            entry.isSending = false
            return try putOff(entry, "status 429", wish: answer.retryAfter)
        case 410: return .refused("the action is over (status 410)")
        case 404: return .refused("there is no such action, or it waits for a person (status 404)")
        default:
            let words = ServerWords.read(answer.body).map { ": \($0)" } ?? ""
            return .refused("status \(answer.status)\(words)")
        }
    }

    private func note(_ report: Report, _ book: inout ActionBook) {
        guard let action = report.action else { return }
        let now = outbox.time
        book.change(action) { entry in
            // gooseBit offers an action again under the same id; its count begins anew.
            entry.sent = report.isFinal ? 0 : entry.sent + 1
            if report.isProgress { entry.lastProgress = now }
        }
    }

    /// Keeps a report for later, or gives it up after so many tries.
    private func putOff(
        _ waiting: OutboxEntry, _ why: String, wish: Duration?
    ) throws(Fault) -> Fate {
        var entry = waiting
        entry.tries += 1
        let most = entry.report.isDroppable ? Delivery.droppableTries : Delivery.triesLimit
        guard entry.tries < most else {
            return .refused("\(entry.tries) tries, the last: \(why)")
        }
        let wait = min(30 << Int64(min(entry.tries, 10)), Delivery.longestWait)
        let wished = wish.map { min($0.components.seconds, 86_400) } ?? 0
        entry.notBefore = outbox.time / 1000 + max(wait, wished)
        _ = try outbox.update(entry)
        return .stop
    }
}
