internal import Faults
internal import Glibc

/// State that threads share under one lock, and wait for on two conditions.
///
/// `Synchronization.Mutex` has nothing to wait for, so this stands on `pthread_mutex_t` and
/// `pthread_cond_t`. Nobody waits within an access to the state, so exclusivity holds as it does
/// for one thread.
@safe
final class Monitor<State: ~Copyable>: @unchecked Sendable {
    /// Who waits.
    enum Side: Int { case owner, workers }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let conditions: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: consuming State) throws(Fault) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe conditions = .allocate(capacity: 2)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe conditions.initialize(repeating: pthread_cond_t(), count: 2)
        // With default attributes none of them can fail, nor can what follows fail on them.
        guard unsafe pthread_mutex_init(mutex, nil) == 0,
            unsafe pthread_cond_init(conditions, nil) == 0,
            unsafe pthread_cond_init(conditions + 1, nil) == 0
        else { throw Fault(.internalError, "The system gave no lock.") }
    }

    deinit {
        unsafe pthread_cond_destroy(conditions)
        unsafe pthread_cond_destroy(conditions + 1)
        unsafe pthread_mutex_destroy(mutex)
        unsafe conditions.deallocate()
        unsafe mutex.deallocate()
    }

    /// Looks at the state or changes it.
    func withLock<Answer: ~Copyable>(_ body: (inout State) -> Answer) -> Answer {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Waits until `body` has an answer.
    ///
    /// It is asked at once, and again whenever this side was woken.
    func wait<Answer: ~Copyable>(
        _ side: Side, until body: (inout State) -> Answer?
    ) -> Answer {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let answer = body(&state) { return answer }
            _ = unsafe pthread_cond_wait(conditions + side.rawValue, mutex)
        }
    }

    /// Wakes one that waits on that side.
    func wakeOne(_ side: Side) { _ = unsafe pthread_cond_signal(conditions + side.rawValue) }

    /// Wakes all that wait on that side.
    func wakeAll(_ side: Side) { _ = unsafe pthread_cond_broadcast(conditions + side.rawValue) }
}
