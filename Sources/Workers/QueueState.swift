internal import Faults

/// What the owner of a queue and its threads share, under the lock of a ``Monitor``.
struct QueueState<Job: ~Copyable & Sendable, Output: ~Copyable & Sendable> {
    /// What a thread that waits for a job is told.
    struct Claim {
        /// The job; `nil` where the thread is to end.
        let ticket: Ticket<Job, Output>?
    }

    /// What the owner that waits for a result is told.
    enum News {
        case reports(Int)
        case done(Ticket<Job, Output>)
        case nothing
    }

    /// In the order of submission: done, being done, and not begun.
    private(set) var tickets: [Ticket<Job, Output>] = []
    /// What jobs have reported that the owner was not told of yet.
    var reported = 0
    var isCancelled = false
    /// What the tickets cost together.
    private var cost = 0
    /// The place of the first ticket that no thread has begun.
    private var begun = 0

    func hasRoom(_ more: Int, maxJobs: Int, maxCost: Int) -> Bool {
        tickets.isEmpty || (tickets.count < maxJobs && more <= maxCost - cost)
    }

    mutating func add(_ ticket: Ticket<Job, Output>) {
        tickets.append(ticket)
        cost += ticket.cost
    }

    mutating func claim() -> Claim? {
        if isCancelled { return Claim(ticket: nil) }
        guard begun < tickets.count else { return nil }
        defer { begun += 1 }
        return Claim(ticket: tickets[begun])
    }

    mutating func takeNews() -> News? {
        if reported != 0 {
            defer { reported = 0 }
            return .reports(reported)
        }
        if tickets.isEmpty { return .nothing }
        return takeOldestIfDone().map { .done($0) }
    }

    mutating func takeOldestIfDone() -> Ticket<Job, Output>? {
        guard let oldest = tickets.first, oldest.isDone else { return nil }
        tickets.removeFirst()
        cost -= oldest.cost
        begun -= 1
        return oldest
    }

    mutating func drop() {
        tickets = []
        cost = 0
        reported = 0
        begun = 0
    }
}

/// A job on its way, and then its result.
///
/// At any time one thread alone touches what is in it: the owner until it is submitted and after it
/// is done, the thread that has claimed it in between. The queue's lock hands it over.
final class Ticket<Job: ~Copyable & Sendable, Output: ~Copyable & Sendable>: @unchecked Sendable {
    let cost: Int
    /// Under the queue's lock.
    var isDone = false
    private var job: Job?
    private var output: Output?
    private var fault: Fault?

    init(_ job: consuming Job, cost: Int) {
        self.job = consume job
        self.cost = cost
    }

    /// Does the job and keeps its result.
    func perform(_ work: (consuming Job) throws(Fault) -> Output) {
        guard let job = job.take() else { return }
        do throws(Fault) {
            output = try work(job)
        } catch {
            fault = error
        }
    }

    func takeResult() throws(Fault) -> Output {
        if let fault { throw fault }
        guard let output = output.take() else {
            throw Fault(.internalError, "A job ended without a result.")
        }
        return output
    }
}
