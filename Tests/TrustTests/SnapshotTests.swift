import Faults
import StrictJSON
import Testing

@testable import Trust

/// What a device makes of snapshot metadata.
@Suite struct SnapshotTests {
    /// A repository with one more role, which nobody need ask.
    private func withRole() throws -> RepositorySketch {
        var sketch = try RepositorySketch()
        try sketch.add("role", 9)
        sketch.delegated[0].role.version = 7
        return sketch
    }

    /// What a timestamp says where it names a snapshot's version alone.
    private func versionsAlone(_ name: String, _ entry: JSONValue) -> JSONValue? {
        name == "snapshot.json" ? .members([("version", entry["version"])]) : entry
    }

    @Test func `a snapshot that its role's keys did not sign is refused`() throws {
        let honest = try Signer.number(3)
        for signers in [[], [try .number(9)], [honest.lying], [try .number(1)], [try .number(2)]] {
            let (refusal, player) = try attack { $0.snapshot.signers = signers }
            #expect(refusal.code == .untrusted)
            #expect(refusal.message.contains("snapshot"))
            #expect(player.story.last == "fetch 2.snapshot.json")
        }
    }

    @Test func `a snapshot of another length than the timestamp says is refused`() throws {
        let (refusal, player) = try attack { sketch in
            sketch.bendEntry = { name, entry in
                name == "snapshot.json"
                    ? .members([("version", entry["version"]), ("length", .integer(900))]) : entry
            }
        }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("and 900 were announced"))
        #expect(player.story.last == "fetch 2.snapshot.json")
        #expect(player.limit(of: "2.snapshot.json") == 900)
    }

    @Test func `a snapshot of the right length with other bytes is refused`() throws {
        // Signed by the right key, as in a mix of two publications.
        let (refusal, player) = try attack { sketch in
            sketch.snapshot["x"] = .integer(1)
        } alter: { files in
            var other = try RepositorySketch()
            other.advance()
            other.snapshot["x"] = .integer(2)
            files["2.snapshot.json"] = try other.files()["2.snapshot.json"]
        }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("another digest"))
        #expect(player.story.last == "fetch 2.snapshot.json")
    }

    @Test func `a snapshot of another version than the timestamp says is refused`() throws {
        for version in [1, 3] {
            let (refusal, _) = try attack { sketch in
                sketch.bendEntry = self.versionsAlone
            } alter: { files in
                var other = try RepositorySketch()
                other.snapshot.version = version
                files["2.snapshot.json"] = try other.files()["\(version).snapshot.json"]
            }
            #expect(refusal.code == .rollback)
            #expect(refusal.message.contains("has version \(version), and timestamp says 2"))
        }
    }

    @Test(arguments: [RepositorySketch.past, RepositorySketch.thisSecond])
    func `an expired snapshot is refused and not stored`(expires: JSONValue) throws {
        let (refusal, player) = try attack { $0.snapshot["expires"] = expires }
        #expect(refusal.code == .expired)
        #expect(refusal.message.contains("snapshot metadata expired"))
        #expect(player.story.last == "fetch 2.snapshot.json")
    }

    @Test func `a stored snapshot that has expired is not used, and another is fetched`() throws {
        var sketch = try RepositorySketch()
        sketch.snapshot["expires"] = RepositorySketch.past
        var player = try Player(sketch)
        player.time = nil
        try player.refresh()
        player.time = RepositorySketch.now
        #expect(try fault { try player.refresh() }.code == .expired)
        #expect(player.story.last == "fetch 1.snapshot.json")
    }

    @Test func `a role whose version goes back is refused`() throws {
        let (refusal, player) = try attack(try withRole()) { $0.delegated[0].role.version = 6 }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("version 6 of “role”, and version 7"))
        #expect(player.story.last == "fetch 2.snapshot.json")
    }

    @Test func `top-level targets that go back are refused`() throws {
        var start = try RepositorySketch()
        start.targets.version = 4
        let (refusal, _) = try attack(start) { $0.targets.version = 3 }
        #expect(refusal.message.contains("version 3 of “targets”, and version 4"))
    }

    @Test func `a role that vanishes from the snapshot is refused`() throws {
        let (refusal, player) = try attack(try withRole()) { $0.delegated = [] }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("does not name the role “role”"))
        #expect(player.story.last == "fetch 2.snapshot.json")
    }

    @Test func `a stored snapshot holds back older roles though another hash is announced`() throws
    {
        // The timestamp was stored and the power failed: the snapshot is not the announced one.
        var sketch = try withRole()
        var player = try Player(sketch)
        try player.refresh()
        sketch.advance()
        player.served = try sketch.files()
        player.changesLeft = 1
        #expect(throws: Player.Crash.self) { try player.refresh() }
        player.changesLeft = .max
        sketch.advance()
        sketch.delegated[0].role.version = 6
        player.served = try sketch.files()
        #expect(try fault { try player.refresh() }.code == .rollback)
        sketch.advance()
        sketch.delegated = []
        player.served = try sketch.files()
        #expect(try fault { try player.refresh() }.message.contains("does not name"))
    }

    @Test func `a stored snapshot that has expired still holds back older roles`() throws {
        var sketch = try withRole()
        sketch.snapshot["expires"] = RepositorySketch.past
        var player = try Player(sketch)
        player.time = nil
        try player.refresh()
        player.time = RepositorySketch.now
        sketch.advance()
        sketch.snapshot["expires"] = .string("2031-01-01T00:00:00Z")
        sketch.delegated[0].role.version = 6
        player.served = try sketch.files()
        #expect(try fault { try player.refresh() }.code == .rollback)
    }

    @Test func `a stored snapshot of another length, digest or version is fetched anew`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try player.refresh()
        let honest = try #require(player.cache["snapshot.json"])
        sketch.snapshot["x"] = .integer(1)
        let longer = try #require(try sketch.files()["1.snapshot.json"])
        for stored in [longer, honest + spaces(1), [], Array("{}".utf8)] {
            player.cache["snapshot.json"] = stored
            try player.refresh()
            #expect(player.story.contains("fetch 1.snapshot.json"))
            #expect(player.cache["snapshot.json"] == honest)
        }
        // The version decides where the timestamp names nothing else.
        sketch = try RepositorySketch()
        sketch.bendEntry = versionsAlone
        player = try Player(sketch)
        try player.refresh()
        sketch.timestamp.version = 2
        sketch.snapshot.version = 2
        player.served = try sketch.files()
        #expect(try player.refresh().versions.snapshot == 2)
    }

    @Test func `a stored snapshot that others signed is not believed`() throws {
        var sketch = try RepositorySketch()
        sketch.bendEntry = versionsAlone
        var player = try Player(sketch)
        try player.refresh()
        sketch.snapshot.signers = [try .number(9)]
        player.cache["snapshot.json"] = try sketch.files()["1.snapshot.json"]
        try player.refresh()
        #expect(player.story.contains("fetch 1.snapshot.json"))
        #expect(player.cache["snapshot.json"] == player.served["1.snapshot.json"])
    }

    @Test func `a snapshot is fetched with the announced length or a limit`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try player.refresh()
        #expect(
            player.limit(of: "1.snapshot.json") == player.served["1.snapshot.json"]?.count)
        sketch.bendEntry = versionsAlone
        player = try Player(sketch)
        try player.refresh()
        #expect(player.limit(of: "1.snapshot.json") == 2 << 20)
        // A length that is announced does not lift the limit.
        sketch.bendEntry = { name, entry in
            name == "snapshot.json"
                ? .members([("version", entry["version"]), ("length", .integer(3 << 20))]) : entry
        }
        player = try Player(sketch)
        #expect(try fault { try player.refresh() }.code == .rollback)
        #expect(player.limit(of: "1.snapshot.json") == 2 << 20)
    }

    @Test func `names of a snapshot that differ in their normalisation alone are two`() throws {
        func entry(_ version: Int) -> JSONValue { .members([("version", .integer(version))]) }
        let meta = JSONValue.members([("\u{E9}.json", entry(2)), ("e\u{301}.json", entry(3))])
        let table = try MetaFile.table(try JSONFields(meta, path: "meta"), limit: 9)
        #expect(table.count == 2)
        #expect(table[ExactName("\u{E9}")]?.version == 2)
        #expect(table[ExactName("e\u{301}")]?.version == 3)
    }

    @Test func `a snapshot that does not name the targets is refused`() throws {
        var sketch = try RepositorySketch()
        sketch.snapshot["meta"] = .members([])
        var player = try Player(sketch)
        let refusal = try fault { try player.refresh() }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("does not name the role “targets”"))
    }
}
