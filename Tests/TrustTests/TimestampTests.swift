import Faults
import StrictJSON
import Testing

@testable import Trust

/// What a device makes of timestamp metadata.
@Suite struct TimestampTests {
    private let untilFetched = [
        "fetch 2.root.json", "load timestamp.json", "fetch timestamp.json",
    ]

    /// A repository whose timestamp and snapshot have seen some versions.
    private func aged() throws -> RepositorySketch {
        var sketch = try RepositorySketch()
        sketch.timestamp.version = 5
        sketch.snapshot.version = 5
        return sketch
    }

    @Test func `a timestamp that its role's keys did not sign is refused`() throws {
        let honest = try Signer.number(2)
        for signers in [[], [try .number(9)], [honest.lying], [try .number(1)], [try .number(3)]] {
            let (refusal, player) = try attack { $0.timestamp.signers = signers }
            #expect(refusal.code == .untrusted)
            #expect(player.story == untilFetched)
        }
    }

    @Test func `a timestamp needs its threshold of keys`() throws {
        var start = try RepositorySketch()
        start.keys[.timestamp] = [try .number(2), try .number(5), try .number(6)]
        start.thresholds[.timestamp] = 2
        start.timestamp.signers = [try .number(2), try .number(6)]
        let (refusal, _) = try attack(start) { $0.timestamp.signers = [try .number(5)] }
        #expect(refusal.message.contains("1 of 2 needed"))
    }

    @Test func `a timestamp of an older version is refused`() throws {
        let (refusal, player) = try attack(try aged()) { $0.timestamp.version = 4 }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("version 4 of timestamp, and version 5"))
        #expect(player.story == untilFetched)
    }

    @Test func `a newer timestamp with an older snapshot is refused`() throws {
        let (refusal, player) = try attack(try aged()) { $0.snapshot.version = 4 }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("version 4 of snapshot, and version 5"))
        #expect(player.story == untilFetched)
    }

    @Test func `an equal version with other content changes nothing and keeps the old`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try player.refresh()
        let before = player.cache
        sketch.advance()
        sketch.timestamp.version = 1
        sketch.timestamp["x"] = .integer(1)
        player.served = try sketch.files()
        #expect(try player.refresh().versions == (1, 1, 1))
        #expect(player.cache == before)
        #expect(player.story == untilFetched + ["load snapshot.json", "load targets.json"])
    }

    @Test func `an equal version does not bring a timestamp that has expired back to life`() throws
    {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        player.time = nil
        sketch.timestamp["expires"] = RepositorySketch.past
        player.served = try sketch.files()
        try player.refresh()
        sketch.timestamp["expires"] = .string("2032-01-01T00:00:00Z")
        player.served = try sketch.files()
        player.time = RepositorySketch.now
        #expect(try fault { try player.refresh() }.code == .expired)
    }

    @Test func `a timestamp that has expired still holds older ones back`() throws {
        var sketch = try aged()
        sketch.timestamp["expires"] = RepositorySketch.past
        var player = try Player(sketch)
        player.time = nil
        try player.refresh()
        player.time = RepositorySketch.now
        sketch.timestamp["expires"] = .string("2031-01-01T00:00:00Z")
        sketch.timestamp.version = 4
        player.served = try sketch.files()
        #expect(try fault { try player.refresh() }.code == .rollback)
        sketch.timestamp.version = 6
        player.served = try sketch.files()
        #expect(try player.refresh().versions.timestamp == 6)
    }

    @Test(arguments: [RepositorySketch.past, RepositorySketch.thisSecond])
    func `an expired timestamp is refused and not stored`(expires: JSONValue) throws {
        let (refusal, player) = try attack { $0.timestamp["expires"] = expires }
        #expect(refusal.code == .expired)
        #expect(refusal.message.contains("timestamp metadata expired"))
        #expect(refusal.message.contains("2030-01-01T00:00:00Z now"))
        #expect(player.story == untilFetched)
    }

    @Test func `a stored timestamp that is damaged or not trusted any more is as good as none`()
        throws
    {
        var sketch = try aged()
        var player = try Player(sketch)
        try player.refresh()
        sketch.timestamp.version = 3
        let lower = try sketch.files()
        player.served = lower
        var stranger = sketch
        stranger.timestamp.signers = [try .number(9)]
        stranger.timestamp.version = 99
        for bad in [[], Array("{}".utf8), try #require(try stranger.files()["timestamp.json"])] {
            var device = player
            device.cache["timestamp.json"] = bad
            #expect(try device.refresh().versions.timestamp == 3)
        }
    }

    @Test func `a timestamp is fetched with a limit, and refused beyond it`() throws {
        var player = try Player(try RepositorySketch())
        try player.refresh()
        #expect(player.limit(of: "timestamp.json") == 16 * 1024)
        let keys = RoleKeys(
            members: [.init(id: try TestKey(2).id, publicKey: .ed25519(try TestKey(2).publicKey))],
            threshold: 1)
        let good = try #require(player.served["timestamp.json"])
        _ = try TimestampMetadata(good + spaces(16 * 1024 - good.count), by: keys)
        let long = good + spaces(16 * 1024 + 1 - good.count)
        #expect(
            try fault { _ = try TimestampMetadata(long, by: keys) }.message.contains("16385 bytes"))
    }

    @Test func `a timestamp that names no snapshot, or too much, is refused`() throws {
        let entry = JSONValue.members([("version", .integer(2))])
        let many = (0..<17).map { ("\($0).json", entry as JSONValue?) }
        for meta in [
            [("targets.json", entry)], many + [("snapshot.json", entry)], [("snapshot", entry)],
        ] as [[(String, JSONValue?)]] {
            let (refusal, _) = try attack { $0.timestamp["meta"] = .members(meta) }
            #expect(refusal.code == .malformed)
        }
    }

    @Test func `a file of another role is no timestamp, even where the key may sign it`() throws {
        var start = try RepositorySketch()
        start.keys[.snapshot] = [try .number(2)]
        start.snapshot.signers = [try .number(2)]
        let (refusal, _) = try attack(start) { _ in
        } alter: { files in
            files["timestamp.json"] = files["2.snapshot.json"]
        }
        #expect(refusal.message.contains("_type” is “snapshot”; “timestamp”"))
    }
}
