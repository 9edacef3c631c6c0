// Locks: one value that several threads share.

internal import Glibc

/// A value that threads share, one of them at a time.
///
/// It stands on `pthread_mutex_t`, not on `Synchronization.Mutex`: the thread sanitizer knows the
/// former and is blind to the latter, so that it would report every value under it.
@safe
public final class Guarded<Value: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    /// Takes the value over.
    public init(_ value: consuming sending Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        // With default attributes it cannot fail on glibc.
        _ = unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Looks at the value or changes it while no other thread can.
    ///
    /// - Parameter body: what to do; it must not come back here for the same value, nor wait.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withLock<Answer: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Answer
    ) throws(Failure) -> sending Answer {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
