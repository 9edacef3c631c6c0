internal import Glibc

/// The population stability index, Σ (c − r) · ln(c / r) over shares: how far two distributions lie
/// apart.
///
/// By custom, below 0.1 nothing happened, from 0.1 to 0.25 something small, and above 0.25 something that
/// matters. An empty interval counts as a share of 0.0001.
public enum StabilityIndex {
    private static let least = 1e-4

    /// The index of counts over the same intervals or classes; 0 where either is empty.
    public static func of(_ current: [UInt64], against reference: [UInt64]) -> Double {
        let all = Double(IntervalCounts.sum(current))
        let expected = Double(IntervalCounts.sum(reference))
        guard all > 0, expected > 0, current.count == reference.count else { return 0 }
        return zip(current, reference).reduce(0) { sum, pair in
            let share = max(Double(pair.0) / all, least)
            let other = max(Double(pair.1) / expected, least)
            return sum + (share - other) * log(share / other)
        }
    }

    /// The index within the classes, each weighted by how often it was predicted.
    ///
    /// A mix of classes that shifts leaves it where it is; what changed within a class moves it. Counts of
    /// n and m values of one distribution over k intervals lie (k − 1) · (1/n + 1/m) apart by chance
    /// alone, which is taken off. Classes with fewer than 50 values on either side are left out.
    ///
    /// - Returns: the index, and the share of values in the classes that it is of; `nil` where that is
    ///   less than half of them, or the intervals differ.
    public static func within(
        _ current: IntervalCounts, against reference: IntervalCounts
    ) -> Double? {
        guard current.edges == reference.edges else { return nil }
        var sum = 0.0
        var weight = 0.0
        for (name, counts) in current.groups {
            let count = Double(IntervalCounts.sum(counts))
            guard count >= fewest, let expected = reference.groups[name] else { continue }
            let other = Double(IntervalCounts.sum(expected))
            guard other >= fewest else { continue }
            let chance = Double(current.edges.count) * (1 / count + 1 / other)
            sum += count * (of(counts, against: expected) - chance)
            weight += count
        }
        guard weight > 0, weight * 2 >= Double(current.total) else { return nil }
        return max(0, sum / weight)
    }

    /// So many values of a class must be on either side, or nothing is said of it.
    public static let fewest = 50.0
}
