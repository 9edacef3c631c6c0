internal import Dispatch
internal import Faults
internal import Locks

/// Does the same to many things on several processors; what comes out does not depend on how many.
enum ParallelWork {
    private struct Work<Result: Sendable> {
        var next = 0
        var results: [Result?]
        var fault: (number: Int, fault: Fault)?
    }

    /// Maps every element, the results in the elements' order.
    ///
    /// - Parameters:
    ///   - elements: what to map.
    ///   - workers: how many threads at most.
    ///   - order: in what order they are begun, by number; the longest first keeps all busy.
    ///   - transform: what to do.
    /// - Returns: the results.
    /// - Throws: the fault of the first element, by number, of those that failed.
    static func map<Element: Sendable, Result: Sendable>(
        _ elements: [Element], workers: Int, order: [Int]? = nil,
        _ transform: @Sendable (Element) throws(Fault) -> Result
    ) throws(Fault) -> [Result] {
        let work = Guarded(Work(results: [Result?](repeating: nil, count: elements.count)))
        let order = order ?? Array(elements.indices)
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, elements.count))) { _ in
            while let number = take(work, order) {
                do throws(Fault) {
                    let result = try transform(elements[number])
                    work.withLock { $0.results[number] = result }
                } catch {
                    work.withLock { work in
                        if let other = work.fault, other.number < number { return }
                        work.fault = (number, error)
                    }
                }
            }
        }
        return try work.withLock { (work) throws(Fault) in
            if let fault = work.fault { throw fault.fault }
            return work.results.compactMap { $0 }
        }
    }

    private static func take<Result>(
        _ work: Guarded<Work<Result>>, _ order: [Int]
    ) -> Int? {
        work.withLock { work in
            guard work.next < order.count, work.fault == nil else { return nil }
            defer { work.next += 1 }
            return order[work.next]
        }
    }
}
