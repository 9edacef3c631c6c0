import StrictJSON

@testable import Trust

/// A whole repository in memory, of which a test can bend any part before it is signed.
struct RepositorySketch {
    /// The time of the tests; everything expires in 2031.
    static let now = UTCTime.seconds("2030-01-01T00:00:00Z") ?? 0
    /// A time before that, and the second itself.
    static let past = JSONValue.string("2029-12-31T23:59:59Z")
    static let thisSecond = JSONValue.string("2030-01-01T00:00:00Z")
    static let nextSecond = JSONValue.string("2030-01-01T00:00:01Z")

    /// Who may sign, by the root; the keys 1 to 4 in the beginning.
    var keys: [TrustRole: [Signer]] = [:]
    var thresholds: [TrustRole: Int] = [:]
    /// Keys that stand in the root beside those that are used.
    var spareKeys: [Signer] = []
    var root: RoleSketch
    var timestamp: RoleSketch
    var snapshot: RoleSketch
    var targets: RoleSketch
    var delegated: [(name: String, role: RoleSketch)] = []
    /// Changes what is said of a role's file, by the file's name, before it is signed.
    var bendEntry: (String, JSONValue) -> JSONValue? = { _, entry in entry }
    /// Versions before file names, as in repositories with consistent snapshots.
    var versionedNames = true
    /// The roots of earlier versions, and whatever else is to stay published.
    private var history: [String: [UInt8]] = [:]

    init() throws {
        for (number, role) in TrustRole.allCases.enumerated() {
            keys[role] = [try .number(UInt8(number + 1))]
        }
        root = RoleSketch(
            "root", signers: keys[.root] ?? [], [("consistent_snapshot", .bool(true))])
        timestamp = RoleSketch("timestamp", signers: keys[.timestamp] ?? [])
        snapshot = RoleSketch("snapshot", signers: keys[.snapshot] ?? [])
        targets = RoleSketch(
            "targets", signers: keys[.targets] ?? [],
            [("targets", .members([("app", try Entry.target(Array("app".utf8)))]))])
    }

    /// The object `keys` of some signers, each once.
    static func table(_ signers: [Signer]) -> JSONValue {
        var seen: Set<String> = []
        return .members(signers.filter { seen.insert($0.id).inserted }.map { ($0.id, $0.form) })
    }

    /// Everything in its next version but the root.
    mutating func advance() {
        timestamp.version += 1
        snapshot.version += 1
        targets.version += 1
        for place in delegated.indices { delegated[place].role.version += 1 }
    }

    /// A root of the next version with other keys for a role, signed by the old and the new root keys.
    mutating func rotate(_ role: TrustRole, to new: [Signer]) throws {
        let before = keys[.root] ?? []
        try nextRoot()
        keys[role] = new
        root.signers =
            before
            + (keys[.root] ?? []).filter { key in
                !before.contains { $0.id == key.id }
            }
        switch role {
        case .root: break
        case .timestamp: timestamp.signers = new
        case .snapshot: snapshot.signers = new
        case .targets: targets.signers = new
        }
    }

    /// Publishes the root as it is, and goes on to the next version of it.
    mutating func nextRoot() throws {
        history["\(root.version).root.json"] = try rootBytes()
        root.version += 1
    }

    func rootBytes() throws -> [UInt8] {
        var sketch = root
        sketch["keys"] =
            sketch["keys"]
            ?? RepositorySketch.table(TrustRole.allCases.flatMap { keys[$0] ?? [] } + spareKeys)
        sketch["roles"] =
            sketch["roles"]
            ?? .members(
                TrustRole.allCases.map { role in
                    (
                        role.rawValue,
                        .members([
                            (
                                "keyids", .array((keys[role] ?? []).map { .string($0.id) })
                            ),
                            ("threshold", .integer(thresholds[role] ?? 1)),
                        ])
                    )
                })
        return try sketch.bytes()
    }

    /// Every published file by its name; what is announced is made from what is there.
    func files() throws -> [String: [UInt8]] {
        var files = history
        files["\(root.version).root.json"] = try rootBytes()
        func publish(_ name: String, _ sketch: RoleSketch) throws -> (String, JSONValue?) {
            let bytes = try sketch.bytes()
            let stored = MetadataName.stored(name)
            files[versionedNames ? "\(sketch.version).\(stored)" : stored] = bytes
            let entry = try Entry.meta(sketch.version, bytes)
            return ("\(name).json", bendEntry("\(name).json", entry))
        }
        var snapshot = self.snapshot
        let roles = [("targets", targets)] + delegated.map { ($0.name, $0.role) }
        let meta = try roles.map { try publish($0.0, $0.1) }
        snapshot["meta"] = snapshot["meta"] ?? .members(meta)
        let entry = try publish("snapshot", snapshot)
        var timestamp = self.timestamp
        timestamp["meta"] = timestamp["meta"] ?? .members([entry])
        files["timestamp.json"] = try timestamp.bytes()
        return files
    }

    /// Adds a delegated role with targets, each of which holds its own path.
    mutating func add(
        _ name: String, _ key: UInt8, targets paths: [String] = [],
        delegating: [Delegation] = []
    ) throws {
        var role = RoleSketch("targets", signers: [try .number(key)])
        role["targets"] = .members(
            try paths.map { ($0, try Entry.target(Array($0.utf8))) })
        if !delegating.isEmpty { role["delegations"] = Delegation.object(delegating) }
        delegated.append((name, role))
    }
}
