import Dispatch
import Testing

@testable import Locks

@Suite struct GuardedTests {
    private struct Refused: Error, Equatable {}

    @Test func `no change of several threads is lost`() {
        let value = Guarded((count: 0, seen: [Int: Int]()))
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for _ in 0..<1000 {
                value.withLock {
                    $0.count += 1
                    $0.seen[thread, default: 0] += 1
                }
            }
        }
        #expect(value.withLock { $0.count } == 8000)
        #expect(value.withLock { $0.seen.values.allSatisfy { $0 == 1000 } })
    }

    @Test func `what throws leaves the lock open, and its change done`() {
        let value = Guarded(1)
        #expect(throws: Refused()) {
            try value.withLock { (value: inout Int) throws(Refused) in
                value = 2
                throw Refused()
            }
        }
        #expect(value.withLock { $0 } == 2)
    }
}
