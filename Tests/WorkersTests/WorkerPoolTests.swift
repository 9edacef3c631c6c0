import Faults
import Glibc
import Locks
import Synchronization
import Testing
import Workers

@Suite struct WorkerPoolTests {
    private final class Seen: Sendable {
        let names = Guarded<Set<String>>([])
        let open = Guarded<Set<Int32>>([])
        let runs = Atomic<Int>(0)
    }

    @Test func `each thread runs the body once, under its own name`() throws {
        let seen = Seen()
        let pool = try WorkerPool(3, name: "a-rather-long-name") {
            var name = [UInt8](repeating: 0, count: 64)
            let file = unsafe open("/proc/thread-self/comm", O_RDONLY)
            let count = unsafe read(file, &name, 64)
            close(file)
            let text = String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self)
            seen.names.withLock { _ = $0.insert(text) }
            seen.runs.add(1, ordering: .relaxed)
        }
        #expect(pool.count == 3)
        pool.end()
        pool.end()
        #expect(seen.runs.load(ordering: .relaxed) == 3)
        #expect(
            seen.names.withLock { $0 } == ["a-rather-lon-1", "a-rather-lon-2", "a-rather-lon-3"])
    }

    @Test func `signals are blocked in the threads and stay as they were in their maker`() throws {
        var before = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, nil, &before)
        let seen = Seen()
        let pool = try WorkerPool(1, name: "signals") {
            var mask = sigset_t()
            unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGSEGV, SIGBUS]
            where unsafe sigismember(&mask, signal) == 0 {
                seen.open.withLock { _ = $0.insert(signal) }
            }
        }
        pool.end()
        #expect(seen.open.withLock { $0 } == [SIGSEGV, SIGBUS])
        var after = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, nil, &after)
        for signal in 1..<32 {
            let was = unsafe sigismember(&before, Int32(signal))
            let now = unsafe sigismember(&after, Int32(signal))
            #expect(was == now)
        }
    }

    @Test func `a pool that goes waits for its threads`() throws {
        let seen = Seen()
        do {
            let pool = try WorkerPool(4, name: "waits") {
                usleep(3000)
                seen.runs.add(1, ordering: .relaxed)
            }
            #expect(pool.count == 4)
        }
        #expect(seen.runs.load(ordering: .relaxed) == 4)
    }
}
