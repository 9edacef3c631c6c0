public import Faults
internal import Glibc

/// A fixed number of threads that run one body each and are joined at the end.
///
/// Signals are blocked in them, so that those sent to the process reach the main thread; but for
/// those of the thread's own faults, such as `SIGSEGV`.
public final class WorkerPool {
    /// Stack of a thread in bytes; of the whole, only the pages that are touched take memory.
    public static let stackBytes = 512 << 10

    /// The processors that are online, at least 1.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// How many threads were started; fewer than asked for where the system gave no more.
    public let count: Int
    private var threads: [pthread_t] = []

    /// What a thread begins with.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - count: how many; at least one is started.
    ///   - name: what they are called in `ps -L` and debuggers; 12 bytes of it are kept, and a number
    ///     is put behind.
    ///   - body: what each of them runs; ``end()`` waits until it has returned in all.
    /// - Throws: a `Fault` of code `no-space` where not even one could be started.
    public init(_ count: Int, name: String, body: @escaping @Sendable () -> Void) throws(Fault) {
        let all = try WorkerPool.start(max(1, count), name, body)
        threads = all
        self.count = all.count
    }

    deinit { end() }

    /// Waits for all threads to end; the second time there is nothing to wait for.
    ///
    /// The body must have been told to return, by means of its own.
    public func end() {
        for thread in threads { _ = pthread_join(thread, nil) }
        threads = []
    }

    private static func start(
        _ count: Int, _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(Fault) -> [pthread_t] {
        var attributes = pthread_attr_t()
        guard unsafe pthread_attr_init(&attributes) == 0 else {
            throw Fault(.noSpace, "The system has no memory for a thread.")
        }
        defer { unsafe pthread_attr_destroy(&attributes) }
        guard unsafe pthread_attr_setstacksize(&attributes, stackBytes) == 0 else {
            throw Fault(.internalError, "No thread can have a stack of \(stackBytes) bytes.")
        }
        // A thread begins with the mask of the one that makes it, so that no signal can come early.
        var mask = sigset_t()
        var blocked = sigset_t()
        unsafe sigfillset(&blocked)
        for own in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] {
            unsafe sigdelset(&blocked, own)
        }
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &mask)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &mask, nil) }
        var threads: [pthread_t] = []
        for number in 1...count {
            let start = Start(
                String(decoding: name.utf8.prefix(12), as: UTF8.self) + "-\(number)", body)
            var thread = pthread_t()
            let held = unsafe Unmanaged.passRetained(start)
            let error = unsafe pthread_create(&thread, &attributes, run, held.toOpaque())
            guard error == 0 else {
                unsafe held.release()
                guard threads.isEmpty else { break }
                throw Fault(
                    .noSpace, "Cannot start a thread.",
                    advice: "Free memory, or raise the limit of the user's processes.",
                    cause: unsafe String(cString: strerror(error)))
            }
            threads.append(thread)
        }
        return threads
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        { held in
            guard let held = unsafe held else { return nil }
            let start = unsafe Unmanaged<Start>.fromOpaque(held).takeRetainedValue()
            nameThread(start.name)
            start.body()
            return nil
        }

    /// Names the calling thread, for people; `pthread_setname_np`, which Glibc's module does not
    /// show, does the same by a call that it does not show either.
    private static func nameThread(_ name: String) {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = unsafe write(file, name, min(name.utf8.count, 15))
        _ = close(file)
    }
}
