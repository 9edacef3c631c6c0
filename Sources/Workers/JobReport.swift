// Workers: a fixed number of threads, and a bounded queue of jobs whose results come in order. For
// what a device runs: POSIX threads alone, neither Dispatch nor Swift's concurrency runtime.

public import Faults

/// What a job that takes long says to the owner of its queue while it runs.
public struct JobReport: Sendable {
    private let add: @Sendable (Int) -> Bool

    /// Makes one over what takes the amounts, and answers whether to go on.
    init(_ add: @escaping @Sendable (Int) -> Bool) { self.add = add }

    /// Tells the owner that so much more of the job is done, and asks whether to go on.
    ///
    /// The owner hears of it in ``OrderedQueue/next(reporting:)``, on its own thread. A job that
    /// calls this now and then is one that ``OrderedQueue/cancel()`` need not wait long for.
    ///
    /// - Parameter amount: in the job's own unit; 0 only asks.
    /// - Throws: a `Fault` of code `cancelled` where the queue was cancelled.
    public func add(_ amount: Int) throws(Fault) {
        guard add(amount) else { throw Fault(.cancelled, "The work was given up.") }
    }
}
