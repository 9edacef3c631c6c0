public import Faults
public import StrictJSON

/// How many values fell into each of some intervals, for each class by itself where that is known.
public struct IntervalCounts: Sendable, Equatable {
    /// The name of the one group where values are not told apart by class.
    public static let whole = ""

    /// Upper ends of the intervals, which they include, ascending; one more lies above the last.
    public var edges: [Double]
    /// The counts, one more than there are edges, by class.
    public var groups: [String: [UInt64]]

    /// Makes counts.
    public init(_ edges: [Double], _ groups: [String: [UInt64]] = [:]) {
        self.edges = edges
        self.groups = groups
    }

    /// How many values were counted.
    public var total: UInt64 { groups.values.reduce(0) { $0 &+ IntervalCounts.sum($1) } }

    /// The counts of all classes together.
    public var together: [UInt64] {
        groups.values.reduce([UInt64](repeating: 0, count: edges.count + 1)) { sum, counts in
            counts.count == sum.count ? zip(sum, counts).map { $0 &+ $1 } : sum
        }
    }

    /// The value below which a share of them lies.
    ///
    /// Values are taken to be spread evenly within their interval, as Prometheus does it.
    ///
    /// - Parameters:
    ///   - share: from 0 to 1.
    ///   - range: where the values are known to lie.
    /// - Returns: the value; `nil` of no values.
    public func quantile(_ share: Double, in range: ClosedRange<Double>) -> Double? {
        let counts = together
        let all = Double(IntervalCounts.sum(counts))
        guard all > 0 else { return nil }
        var before = 0.0
        for (number, count) in counts.enumerated() where count > 0 {
            let count = Double(count)
            guard before + count >= share * all else {
                before += count
                continue
            }
            let low = number == 0 ? range.lowerBound : max(edges[number - 1], range.lowerBound)
            let high =
                number < edges.count ? min(edges[number], range.upperBound) : range.upperBound
            return low + max(0, high - low) * ((share * all - before) / count)
        }
        return range.upperBound
    }

    static func sum(_ counts: [UInt64]) -> UInt64 { counts.reduce(0, &+) }

    /// What came on top of an earlier look; `nil` where the intervals differ or a count fell, so that
    /// counting began anew.
    func since(_ earlier: IntervalCounts) -> IntervalCounts? {
        guard earlier.edges == edges else { return nil }
        var more = IntervalCounts(edges)
        for (name, counts) in groups {
            let before = earlier.groups[name] ?? [UInt64](repeating: 0, count: counts.count)
            guard before.count == counts.count,
                zip(before, counts).allSatisfy({ $0 <= $1 })
            else { return nil }
            more.groups[name] = zip(before, counts).map { $1 - $0 }
        }
        return more
    }

    /// Both together; these alone where the intervals differ.
    func adding(_ other: IntervalCounts) -> IntervalCounts {
        guard other.edges == edges else { return self }
        var both = self
        for (name, counts) in other.groups {
            guard let mine = both.groups[name], mine.count == counts.count else {
                both.groups[name] = both.groups[name] ?? counts
                continue
            }
            both.groups[name] = zip(mine, counts).map { $0 &+ $1 }
        }
        return both
    }
}

extension IntervalCounts {
    /// The most intervals below the open one.
    public static let mostEdges = 100
    /// The most classes.
    public static let mostGroups = 1000

    /// The counts as JSON; members in the order of the classes' names.
    public var json: JSONValue {
        .members([
            ("edges", .array(edges.map { .number("\($0)") })),
            (
                "groups",
                .array(
                    groups.sorted { $0.key < $1.key }.map { name, counts in
                        .members([
                            ("class", .string(name)),
                            ("counts", .array(counts.map { .integer($0) })),
                        ])
                    })
            ),
        ])
    }

    /// Reads counts.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields) throws(Fault) {
        var edges: [Double] = []
        for value in try fields.array("edges", limit: IntervalCounts.mostEdges) {
            guard case .number(let text) = value, let edge = Double(text), edge.isFinite,
                edges.last.map({ $0 < edge }) ?? true
            else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).edges” holds \(value.compactText.prefix(40)); ascending numbers "
                        + "were expected.")
            }
            edges.append(edge)
        }
        self.init(edges)
        for value in try fields.array("groups", limit: IntervalCounts.mostGroups) {
            let group = try JSONFields(value, path: "\(fields.path).groups")
            let name = try group.string("class", limit: 128)
            var counts: [UInt64] = []
            for value in try group.array("counts", limit: IntervalCounts.mostEdges + 1) {
                guard case .number(let text) = value, let count = UInt64(text), count < 1 << 53
                else {
                    throw Fault(
                        .malformed,
                        "“\(group.path).counts” holds \(value.compactText.prefix(40)); counts below "
                            + "2^53 were expected.")
                }
                counts.append(count)
            }
            guard counts.count == edges.count + 1, groups.updateValue(counts, forKey: name) == nil
            else {
                throw Fault(
                    .malformed,
                    "“\(fields.path)” has \(counts.count) counts of “\(name)” to \(edges.count) edges, or "
                        + "two groups of that name.")
            }
        }
    }
}
