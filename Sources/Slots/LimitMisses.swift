internal import DurableFiles
public import Faults
internal import StrictJSON

/// How often a version missed the same limit in smoke runs at least an hour apart.
///
/// One miss can be a busy machine; three of them, apart, are evidence against the version.
extension Store {
    private static let missesFile = "limit-misses.json"
    private static let missesKept = 64
    private static let hour: Int64 = 3600

    /// Counts a missed limit, durably.
    ///
    /// - Parameters:
    ///   - limit: which limit, as its fault code's name.
    ///   - identity: the version.
    ///   - now: seconds since 1970; a miss within an hour of the last counts no more.
    /// - Returns: how many count now.
    /// - Throws: a `Fault` where the count cannot be made durable.
    public func countMiss(
        of limit: String, by identity: VersionIdentity, at now: Int64
    ) throws(Fault) -> Int {
        var misses = (try? readMisses()) ?? []
        let mine = { (miss: Miss) in
            miss.limit == limit && miss.identity.isSameRelease(as: identity)
        }
        let last = misses.last(where: mine)
        // A clock that went back counts as an hour: it must not shield a version for ever.
        if let last, (0..<Store.hour).contains(now - last.at) {
            return misses.filter(mine).count
        }
        misses.append(Miss(identity: identity, limit: limit, at: now))
        try write(Array(misses.suffix(Store.missesKept)))
        return misses.filter(mine).count
    }

    private struct Miss {
        var identity: VersionIdentity
        var limit: String
        var at: Int64
    }

    private func readMisses() throws(Fault) -> [Miss] {
        guard let bytes = try state.read(Store.missesFile, limit: 1 << 20) else { return [] }
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: 1 << 20))
        var misses: [Miss] = []
        let fields = try JSONFields(json, path: "misses")
        for value in try fields.array("misses", limit: Store.missesKept) {
            let entry = try JSONFields(value, path: "misses")
            misses.append(
                Miss(
                    identity: try VersionIdentity(entry), limit: try entry.string("limit"),
                    at: try entry.integer("at", in: 0...Int64.max)))
        }
        return misses
    }

    private func write(_ misses: [Miss]) throws(Fault) {
        let list = misses.map { miss in
            JSONValue.members(
                miss.identity.members + [
                    ("limit", .string(miss.limit)), ("at", .integer(miss.at)),
                ])
        }
        try replace(
            Store.missesFile, in: state,
            with: JSONValue.members([("misses", .array(list))]).pretty)
    }
}
