public import Faults

/// Jobs that several threads do, and whose results are taken in the order of submission.
///
/// One thread owns the queue: it submits and takes. What is between the two, jobs that wait, jobs
/// that are done and results that nobody took yet, is bounded by number and by cost, so memory is
/// too. The owner makes room by taking results:
///
///     while let piece = try source.next() {
///         while !queue.hasRoom(cost: piece.count), let done = try queue.next() { use(done) }
///         try queue.submit(piece, cost: piece.count)
///     }
///     while let done = try queue.next() { use(done) }
///
/// Jobs and results are moved, never copied. So a buffer in a job can come back in its result and
/// go into the next job, its storage the same all the time.
///
/// When the queue goes, be it that its owner has thrown, it is cancelled and its threads joined.
public final class OrderedQueue<Job: ~Copyable & Sendable, Output: ~Copyable & Sendable> {
    private let monitor: Monitor<QueueState<Job, Output>>
    private let pool: WorkerPool
    private let maxJobs: Int
    private let maxCost: Int

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: what the threads are called; 12 bytes of it are kept.
    ///   - workers: how many threads.
    ///   - maxJobs: how many jobs may be between ``submit(_:cost:)`` and ``next()``.
    ///   - maxCost: what they may cost together; a single one may cost more.
    ///   - state: makes what a thread keeps from job to job, on that thread; where it throws, each
    ///     job that this thread comes to has that fault.
    ///   - work: does one job.
    /// - Throws: a `Fault` where not even one thread can be started.
    public init<State: ~Copyable>(
        name: String, workers: Int, maxJobs: Int, maxCost: Int,
        state: @escaping @Sendable () throws(Fault) -> State,
        work: @escaping @Sendable (inout State, consuming Job, JobReport) throws(Fault) -> Output
    ) throws(Fault) {
        let monitor = try Monitor(QueueState<Job, Output>())
        self.monitor = monitor
        self.maxJobs = max(1, maxJobs)
        self.maxCost = maxCost
        pool = try WorkerPool(workers, name: name) {
            OrderedQueue.serve(monitor, state: state, work: work)
        }
    }

    deinit { cancel() }

    /// Jobs that were submitted and whose results were not taken.
    public var count: Int { monitor.withLock { $0.tickets.count } }

    /// Whether a job of that cost may be submitted now; always where ``count`` is 0.
    public func hasRoom(cost: Int) -> Bool {
        monitor.withLock { [maxJobs, maxCost] state in
            state.hasRoom(cost, maxJobs: maxJobs, maxCost: maxCost)
        }
    }

    /// Submits a job; waits for nothing.
    ///
    /// - Parameters:
    ///   - job: moved to the thread that does it.
    ///   - cost: what it adds to the memory in use until its result is taken, in bytes.
    /// - Throws: a `Fault` of code `internal` where there is no room, or the queue was cancelled.
    public func submit(_ job: consuming Job, cost: Int) throws(Fault) {
        let ticket = Ticket<Job, Output>(job, cost: cost)
        let isTaken = monitor.withLock { [maxJobs, maxCost] state in
            guard !state.isCancelled, state.hasRoom(cost, maxJobs: maxJobs, maxCost: maxCost)
            else { return false }
            state.add(ticket)
            monitor.wakeOne(.workers)
            return true
        }
        guard isTaken else {
            throw Fault(
                .internalError, "A job of \(cost) bytes was submitted to a full or cancelled queue."
            )
        }
    }

    /// Waits for the oldest job, and takes its result.
    ///
    /// - Returns: the result; `nil` where no job is left.
    /// - Throws: the job's fault, in its place; later jobs go on.
    public func next() throws(Fault) -> Output? {
        try next { (_) throws(Fault) in }
    }

    /// Waits for the oldest job, takes its result, and tells of all jobs' reports meanwhile.
    ///
    /// - Parameter report: told, on this thread, of what all jobs have reported since the last time,
    ///   added up; all that a job reported is told before its result is returned.
    /// - Returns: the result; `nil` where no job is left.
    /// - Throws: the job's fault in its place, or what `report` throws; then no result was taken.
    public func next(
        reporting report: (Int) throws(Fault) -> Void
    ) throws(Fault) -> Output? {
        while true {
            let news = monitor.wait(.owner) { state in state.takeNews() }
            switch news {
            case .reports(let amount): try report(amount)
            case .nothing: return nil
            case .done(let ticket): return try ticket.takeResult()
            }
        }
    }

    /// Takes the oldest job's result if it is there already; waits for nothing.
    ///
    /// - Returns: the result; `nil` where the oldest job is not done, or no job is left.
    /// - Throws: the job's fault.
    public func nextIfDone() throws(Fault) -> Output? {
        let ticket = monitor.withLock { state in state.takeOldestIfDone() }
        return try ticket?.takeResult()
    }

    /// Gives up what was not begun, waits for what was, and ends the threads.
    ///
    /// Results that were not taken are dropped.
    public func cancel() {
        monitor.withLock { state in
            state.isCancelled = true
            monitor.wakeAll(.workers)
        }
        pool.end()
        monitor.withLock { state in state.drop() }
    }

    private static func serve<State: ~Copyable>(
        _ monitor: Monitor<QueueState<Job, Output>>,
        state make: () throws(Fault) -> State,
        work: (inout State, consuming Job, JobReport) throws(Fault) -> Output
    ) {
        let report = JobReport { amount in
            monitor.withLock { state in
                guard !state.isCancelled else { return false }
                if amount != 0 {
                    state.reported += amount
                    monitor.wakeOne(.owner)
                }
                return true
            }
        }
        do throws(Fault) {
            var own = try make()
            while let ticket = claim(monitor) {
                ticket.perform { (job) throws(Fault) in try work(&own, job, report) }
                finish(ticket, monitor)
            }
        } catch {
            while let ticket = claim(monitor) {
                ticket.perform { (_) throws(Fault) in throw error }
                finish(ticket, monitor)
            }
        }
    }

    /// Waits for a job that nobody has begun; `nil` at the end.
    private static func claim(
        _ monitor: Monitor<QueueState<Job, Output>>
    ) -> Ticket<Job, Output>? {
        let claim: QueueState<Job, Output>.Claim = monitor.wait(.workers) { state in
            state.claim()
        }
        return claim.ticket
    }

    private static func finish(
        _ ticket: Ticket<Job, Output>, _ monitor: Monitor<QueueState<Job, Output>>
    ) {
        monitor.withLock { _ in
            ticket.isDone = true
            monitor.wakeOne(.owner)
        }
    }
}
