import Faults
import Glibc
import Synchronization
import Testing
import Workers

@Suite struct OrderedQueueTests {
    /// A queue of numbers, each of which is answered by its square.
    private func squares(
        workers: Int = 3, maxJobs: Int = 8, maxCost: Int = 1000,
        work: @escaping @Sendable (Int) throws(Fault) -> Int = { $0 * $0 }
    ) throws -> OrderedQueue<Int, Int> {
        try OrderedQueue(
            name: "test", workers: workers, maxJobs: maxJobs, maxCost: maxCost, state: { 0 },
            work: { (_, job: Int, _) throws(Fault) in try work(job) })
    }

    @Test(arguments: [1, 2, 7])
    func `results come in the order of submission`(workers: Int) throws {
        let queue = try squares(workers: workers) { job in
            // Early jobs take longer than those behind them.
            if job % 5 == 0 { usleep(2000) }
            return job * job
        }
        var taken: [Int] = []
        for job in 0..<300 {
            while !queue.hasRoom(cost: 1), let result = try queue.next() { taken.append(result) }
            try queue.submit(job, cost: 1)
        }
        while let result = try queue.next() { taken.append(result) }
        #expect(taken == (0..<300).map { $0 * $0 })
        #expect(queue.count == 0)
    }

    @Test func `number and cost of what is under way are bounded`() throws {
        let queue = try squares(maxJobs: 3, maxCost: 100)
        #expect(queue.hasRoom(cost: 5000))
        try queue.submit(1, cost: 5000)
        #expect(!queue.hasRoom(cost: 0))
        #expect(throws: Fault.self) { try queue.submit(2, cost: 0) }
        #expect(try queue.next() == 1)
        try queue.submit(1, cost: 60)
        #expect(queue.hasRoom(cost: 40))
        #expect(!queue.hasRoom(cost: 41))
        try queue.submit(2, cost: 0)
        try queue.submit(3, cost: 0)
        #expect(!queue.hasRoom(cost: 0))
        #expect(queue.count == 3)
        // The costs of what is done count until its result is taken.
        usleep(10_000)
        #expect(!queue.hasRoom(cost: 0))
        #expect(try queue.next() == 1)
        #expect(queue.hasRoom(cost: 100))
    }

    @Test func `a fault comes in its place, and what follows it goes on`() throws {
        let queue = try squares { (job) throws(Fault) in
            if job % 3 == 1 { throw Fault(.malformed, "job \(job)") }
            return job
        }
        for job in 0..<8 { try queue.submit(job, cost: 1) }
        for job in 0..<8 {
            if job % 3 == 1 {
                #expect(throws: Fault(.malformed, "job \(job)")) { try queue.next() }
            } else {
                #expect(try queue.next() == job)
            }
        }
        #expect(try queue.next() == nil)
    }

    @Test func `a buffer goes from job to result to job without being copied`() throws {
        let queue = try OrderedQueue<[UInt8], [UInt8]>(
            name: "buffers", workers: 2, maxJobs: 2, maxCost: 1 << 20, state: { 0 },
            work: { (_, buffer: consuming [UInt8], _) throws(Fault) in
                for index in buffer.indices { buffer[index] &+= 1 }
                return buffer
            })
        func address(_ buffer: [UInt8]) -> UInt {
            unsafe buffer.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        }
        var buffer: [UInt8]? = [UInt8](repeating: 0, count: 64 << 10)
        let first = address(buffer ?? [])
        for round in 1...100 {
            try queue.submit(buffer.take() ?? [], cost: 1)
            buffer = try queue.next()
            #expect(buffer?.first == UInt8(round))
            #expect(address(buffer ?? []) == first)
        }
    }

    /// A job that can neither be copied nor be lost unseen.
    private struct Token: ~Copyable, Sendable {
        let alive: Counter
        init(_ alive: Counter) {
            self.alive = alive
            alive.value.add(1, ordering: .relaxed)
        }
        deinit { alive.value.subtract(1, ordering: .relaxed) }
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func `an owner that throws in the middle leaves neither jobs nor threads behind`() throws
    {
        let alive = Counter()
        for round in 0..<50 {
            let ended: Fault = try #require(throws: Fault.self) {
                let queue = try OrderedQueue<Token, Token>(
                    name: "given-up", workers: 3, maxJobs: 20, maxCost: 1000, state: { 0 },
                    work: { (_, token, _) throws(Fault) in
                        usleep(100)
                        return token
                    })
                for _ in 0..<20 { try queue.submit(Token(alive), cost: 1) }
                for _ in 0..<(round % 20) { _ = try queue.next() }
                throw Fault(.cancelled, "Enough.")
            }
            #expect(ended.code == .cancelled)
            #expect(alive.value.load(ordering: .relaxed) == 0)
        }
        #expect(try threads().isDisjoint(with: ["given-up-1", "given-up-2", "given-up-3"]))
    }

    @Test func `a cancelled queue has no results and takes no jobs`() throws {
        let queue = try squares()
        for job in 0..<8 { try queue.submit(job, cost: 1) }
        queue.cancel()
        queue.cancel()
        #expect(queue.count == 0)
        #expect(try queue.next() == nil)
        #expect(try queue.nextIfDone() == nil)
        #expect(throws: Fault.self) { try queue.submit(1, cost: 1) }
    }

    @Test func `a long job hears of the end and is told of in between`() throws {
        let queue = try OrderedQueue<Int, Int>(
            name: "long", workers: 2, maxJobs: 4, maxCost: 100, state: { 0 },
            work: { (_, steps: Int, report) throws(Fault) in
                for _ in 0..<steps {
                    try report.add(2)
                    if steps == .max { usleep(100) }
                }
                return steps
            })
        try queue.submit(500, cost: 1)
        try queue.submit(300, cost: 1)
        var told = 0
        #expect(try queue.next { (amount) throws(Fault) in told += amount } == 500)
        #expect(told >= 1000)
        #expect(try queue.next { (amount) throws(Fault) in told += amount } == 300)
        #expect(told == 1600)
        // These would run for ever.
        try queue.submit(.max, cost: 1)
        try queue.submit(.max, cost: 1)
        var reports = 0
        let fault = try #require(throws: Fault.self) {
            try queue.next { (_) throws(Fault) in
                reports += 1
                if reports == 3 { throw Fault(.cancelled, "By the owner.") }
            }
        }
        #expect(fault == Fault(.cancelled, "By the owner."))
        #expect(queue.count == 2)
        queue.cancel()
        #expect(queue.count == 0)
    }

    @Test func `a result that is not there yet is not waited for`() throws {
        let gate = Atomic<Bool>(false)
        let holder = Holder(gate)
        let queue = try squares(workers: 1) { job in
            while !holder.gate.load(ordering: .acquiring) { usleep(100) }
            return job
        }
        try queue.submit(7, cost: 1)
        #expect(try queue.nextIfDone() == nil)
        holder.gate.store(true, ordering: .releasing)
        var result: Int?
        while result == nil {
            result = try queue.nextIfDone()
            usleep(100)
        }
        #expect(result == 7)
    }

    private final class Holder: Sendable {
        let gate: Atomic<Bool>
        init(_ gate: consuming Atomic<Bool>) { self.gate = gate }
    }

    @Test func `what a thread keeps is made on it and serves all its jobs`() throws {
        let queue = try OrderedQueue<Int, Int>(
            name: "state", workers: 1, maxJobs: 100, maxCost: 100, state: { 40 },
            work: { (sum: inout Int, job: Int, _) throws(Fault) in
                sum += job
                return sum
            })
        try queue.submit(1, cost: 1)
        try queue.submit(1, cost: 1)
        #expect(try queue.next() == 41)
        #expect(try queue.next() == 42)
    }

    @Test func `threads that cannot begin answer each job with their fault`() throws {
        let queue = try OrderedQueue<Int, Int>(
            name: "broken", workers: 2, maxJobs: 100, maxCost: 100,
            state: { () throws(Fault) -> Int in throw Fault(.internalError, "No cipher.") },
            work: { (_, job: Int, _) throws(Fault) in job })
        for job in 0..<10 { try queue.submit(job, cost: 1) }
        for _ in 0..<10 {
            #expect(throws: Fault(.internalError, "No cipher.")) { try queue.next() }
        }
        #expect(try queue.next() == nil)
    }
}
