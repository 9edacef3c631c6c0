import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// What an honest repository looks like from the device, step by step.
@Suite struct RepositoryFlowTests {
    @Test func `a first refresh asks for root, timestamp, snapshot and targets in order`() throws {
        var player = try Player(try RepositorySketch())
        let trusted = try player.refresh()
        #expect(
            player.story == [
                "fetch 2.root.json", "load timestamp.json", "fetch timestamp.json",
                "store timestamp.json", "load snapshot.json", "fetch 1.snapshot.json",
                "store snapshot.json", "load targets.json", "fetch 1.targets.json",
                "store targets.json",
            ])
        #expect(trusted.versions == (1, 1, 1))
        #expect(trusted.expires == UTCTime.seconds("2031-05-09T00:00:00Z"))
        #expect(try player.find("app")?.length == 3)
        #expect(try player.find("nothing") == nil)
        #expect(player.moves.isEmpty)
    }

    @Test func `a second refresh fetches what may have changed and nothing else`() throws {
        var player = try Player(try RepositorySketch())
        try player.refresh()
        try player.refresh()
        #expect(
            player.story == [
                "fetch 2.root.json", "load timestamp.json", "fetch timestamp.json",
                "load snapshot.json", "load targets.json",
            ])
    }

    @Test func `what was fetched is stored byte for byte`() throws {
        var player = try Player(try RepositorySketch())
        try player.refresh()
        for (stored, published) in [
            ("timestamp.json", "timestamp.json"), ("snapshot.json", "1.snapshot.json"),
            ("targets.json", "1.targets.json"), ("root.json", "1.root.json"),
        ] {
            #expect(player.cache[stored] == player.served[published])
        }
    }

    @Test func `names carry no versions where the root says so, but for roots`() throws {
        var sketch = try RepositorySketch()
        sketch.root["consistent_snapshot"] = .bool(false)
        sketch.versionedNames = false
        var player = try Player(sketch)
        try player.refresh()
        #expect(
            player.story.filter { $0.hasPrefix("fetch") } == [
                "fetch 2.root.json", "fetch timestamp.json", "fetch snapshot.json",
                "fetch targets.json",
            ])
    }

    @Test(arguments: ["timestamp.json", "1.snapshot.json", "1.targets.json"])
    func `a file that is missing is named`(file: String) throws {
        var player = try Player(try RepositorySketch())
        player.served[file] = nil
        let refusal = try fault { try player.refresh() }
        #expect(refusal.code == .serverRefused)
        #expect(refusal.message.contains(file))
    }

    @Test func `lengths and hashes may be left open, then version and signature decide`() throws {
        var sketch = try RepositorySketch()
        sketch.bendEntry = { _, entry in .members([("version", entry["version"])]) }
        var player = try Player(sketch)
        try player.refresh()
        sketch.advance()
        player.served = try sketch.files()
        #expect(try player.refresh().versions == (2, 2, 2))
        sketch.bendEntry = { _, _ in .members([("version", .integer(9))]) }
        sketch.timestamp.version = 3
        player.served = try sketch.files()
        player.served["9.snapshot.json"] = player.served["2.snapshot.json"]
        let refusal = try fault { try player.refresh() }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("version 2") && refusal.message.contains("says 9"))
    }

    @Test func `a role's file is named by the role's name, percent-encoded whole`() throws {
        var sketch = try RepositorySketch()
        let names = ["../up", "a/b", "é", "%2F", ".", "..", "q?#", "a b"]
        for (number, name) in names.enumerated() {
            try sketch.add(name, 9, targets: ["t\(number)"])
        }
        let key = try Signer.number(9)
        sketch.targets["delegations"] = Delegation.object(
            names.enumerated().map {
                Delegation(name: $0.element, keys: [key], paths: ["t\($0.offset)"])
            })
        var player = try Player(sketch)
        try player.refresh()
        let expected = [
            "..%2Fup", "a%2Fb", "%C3%A9", "%252F", ".", "..", "q%3F%23", "a%20b",
        ]
        for (number, name) in expected.enumerated() {
            #expect(try player.find("t\(number)") != nil)
            #expect(
                player.story == [
                    "load \(name).json", "fetch 1.\(name).json", "store \(name).json",
                ])
        }
    }

    @Test func `a target's name on a server has its digest before the last component`() throws {
        var sketch = try RepositorySketch()
        let entry = try Entry.target([1])
        sketch.targets["targets"] = .members([("a/b.bin", entry), ("é", entry)])
        var player = try Player(sketch)
        try player.refresh()
        let target = try #require(try player.find("a/b.bin"))
        let hex = try #require(target.hashes.sha256?.hex)
        #expect(target.storedPath(consistentSnapshot: true) == "a/\(hex).b.bin")
        #expect(target.storedPath(consistentSnapshot: false) == "a/b.bin")
        let other = try #require(try player.find("é"))
        #expect(other.storedPath(consistentSnapshot: true) == "\(hex).é")
    }
}
