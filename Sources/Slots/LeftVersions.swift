internal import DurableFiles
internal import Faults
internal import StrictJSON

/// A version that was left because its boots ended before it was healthy.
public struct LeftVersion: Sendable, Equatable {
    /// The version.
    public var identity: VersionIdentity
    /// How often.
    public var times: Int
    /// When the last time was, in seconds since 1970.
    public var at: Int64
    /// Whether the trial that was counted last may not have ended yet: it is not counted twice.
    var isOpen: Bool
}

/// What is remembered of versions that were left by their boots alone.
///
/// That is no evidence against a version: a power cut does it as well. Such a version is tried once
/// more after a day, and the second time it is denied.
extension Store {
    private static let leftFile = "boots.json"
    private static let leftLimit = 256 << 10
    private static let leftKept = 64
    private static let mostTimes = 1_000_000
    private static let day: Int64 = 86_400

    /// Whether a version may be tried by itself, as far as its boots are concerned.
    ///
    /// - Parameters:
    ///   - identity: the version.
    ///   - now: seconds since 1970.
    /// - Returns: `false` within a day after its boots failed, and once they failed twice.
    public func mayRetry(_ identity: VersionIdentity, now: Int64) -> Bool {
        guard let left = leftVersions().first(where: { $0.identity.isSameRelease(as: identity) })
        else { return true }
        // A clock that went back must not hold a version back for ever.
        return left.times == 1 && !(0..<Store.day).contains(now - left.at)
    }

    /// The versions that were left by their boots alone, oldest first; a damaged list counts as none.
    public func leftVersions() -> [LeftVersion] { (try? readLeft()) ?? [] }

    /// Counts that a version is left by its boots, durably; again in the same trial changes nothing.
    ///
    /// - Returns: how often it was.
    func noteLeft(_ identity: VersionIdentity, at now: Int64) throws(Fault) -> Int {
        var left = leftVersions()
        let index = left.firstIndex { $0.identity.isSameRelease(as: identity) }
        var entry =
            index.map { left.remove(at: $0) }
            ?? LeftVersion(identity: identity, times: 0, at: 0, isOpen: false)
        guard !entry.isOpen else { return entry.times }
        // No more than the reader takes, or the whole list would be lost.
        entry.times = min(entry.times + 1, Store.mostTimes)
        entry.at = max(now, 0)
        entry.isOpen = true
        left.append(entry)
        try write(left)
        return entry.times
    }

    /// A trial begins to be counted: what was counted before it is over.
    func beginTrial(of identity: VersionIdentity) throws(Fault) {
        var left = leftVersions()
        guard
            let index = left.firstIndex(where: {
                $0.isOpen && $0.identity.isSameRelease(as: identity)
            })
        else { return }
        left[index].isOpen = false
        try write(left)
    }

    /// Forgets the failed boots of a version: it proved itself, or an operator allowed it.
    func forgetLeft(_ identity: VersionIdentity) {
        let left = leftVersions()
        let others = left.filter { !$0.identity.isSameRelease(as: identity) }
        // A list that cannot be shortened only makes a later trial of the version its last.
        if others.count < left.count { try? write(others) }
    }

    private func readLeft() throws(Fault) -> [LeftVersion] {
        guard let bytes = try state.read(Store.leftFile, limit: Store.leftLimit) else { return [] }
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: Store.leftLimit))
        let fields = try JSONFields(json, path: "boots")
        let _: Int = try fields.integer("format", in: 1...1)
        var left: [LeftVersion] = []
        for value in try fields.array("left", limit: Store.leftKept) {
            let entry = try JSONFields(value, path: "boots")
            left.append(
                LeftVersion(
                    identity: try VersionIdentity(entry),
                    times: try entry.integer("times", in: 1...Store.mostTimes),
                    at: try entry.integer("at", in: 0...Int64.max), isOpen: try entry.bool("open"))
            )
        }
        return left
    }

    private func write(_ left: [LeftVersion]) throws(Fault) {
        let list = left.suffix(Store.leftKept).map { entry in
            JSONValue.members(
                entry.identity.members + [
                    ("times", .integer(entry.times)), ("at", .integer(entry.at)),
                    ("open", .bool(entry.isOpen)),
                ])
        }
        try replace(
            Store.leftFile, in: state,
            with: JSONValue.members([("format", .integer(1)), ("left", .array(list))]).pretty)
    }
}
