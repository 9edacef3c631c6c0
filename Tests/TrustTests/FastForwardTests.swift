import Faults
import StrictJSON
import Testing

@testable import Trust

/// Recovery where a stolen key has set versions as high as there are (TUF 1.0.34, section 5.3.11).
@Suite struct FastForwardTests {
    /// A device that has taken versions far ahead, and the repository after it put another key in.
    private func recovered(
        _ role: TrustRole
    ) throws -> (player: Player, sketch: RepositorySketch) {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        var thief = sketch
        thief.timestamp.version = 1 << 50
        thief.snapshot.version = 1 << 50
        player.served = try thief.files()
        try player.refresh()
        try sketch.rotate(role, to: [try .number(12)])
        sketch.advance()
        player.served = try sketch.files()
        return (player, sketch)
    }

    @Test(arguments: [TrustRole.timestamp, .snapshot])
    func `a rotated key takes what was stored with it, before the new root is stored`(
        role: TrustRole
    ) throws {
        var (player, _) = try recovered(role)
        #expect(try player.refresh().versions == (2, 2, 2))
        #expect(
            player.story.prefix(5) == [
                "fetch 2.root.json", "remove timestamp.json", "remove snapshot.json",
                "store root.json", "fetch 3.root.json",
            ])
    }

    @Test(arguments: [TrustRole.root, .targets])
    func `other roles' rotations take nothing away`(role: TrustRole) throws {
        var (player, _) = try recovered(role)
        #expect(try fault { try player.refresh() }.code == .rollback)
        #expect(!player.story.contains { $0.hasPrefix("remove") })
    }

    @Test(arguments: [TrustRole.timestamp, .snapshot], 0...3)
    func `a power failure in the middle of it is recovered from`(
        role: TrustRole, changes: Int
    ) throws {
        var (player, _) = try recovered(role)
        player.changesLeft = changes
        #expect(throws: Player.Crash.self) { try player.refresh() }
        player.changesLeft = .max
        #expect(try player.refresh().versions == (2, 2, 2))
    }

    @Test func `a further key beside the old ones takes nothing away`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try player.refresh()
        try sketch.rotate(.timestamp, to: [try .number(2), try .number(12)])
        player.served = try sketch.files()
        try player.refresh()
        #expect(!player.story.contains { $0.hasPrefix("remove") })
    }

    @Test func `one of several keys that goes is a rotation`() throws {
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [try .number(2), try .number(12)]
        sketch.timestamp.signers = [try .number(12)]
        var player = try Player(sketch)
        try player.refresh()
        try sketch.rotate(.timestamp, to: [try .number(2)])
        player.served = try sketch.files()
        try player.refresh()
        #expect(player.story.contains("remove timestamp.json"))
    }
}

/// Power failures at every change of what is stored.
@Suite struct CrashTests {
    @Test func `from whatever a power failure leaves, the next refresh succeeds`() throws {
        var sketch = try RepositorySketch()
        try sketch.add("role", 9, targets: ["file"])
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try .number(9)])
        ])
        var start = try Player(sketch)
        try start.refresh()
        try start.find("file")
        let old = start.served
        try sketch.rotate(.root, to: [try .number(11)])
        try sketch.nextRoot()
        sketch.advance()
        start.served = try sketch.files()
        var changes = 0
        while true {
            var player = start
            player.changesLeft = changes
            do {
                try player.refresh()
                try player.find("file")
                break
            } catch is Player.Crash {}
            let left = player.cache
            player.changesLeft = .max
            #expect(try player.refresh().versions == (2, 2, 2), "after \(changes) changes")
            #expect(try player.refresh().root.version == 3)
            #expect(try player.find("file") != nil)
            // And what was there before is not accepted again, once the new was stored.
            player.cache = left
            player.served = old
            player.served["2.root.json"] = start.served["2.root.json"]
            player.served["3.root.json"] = start.served["3.root.json"]
            if left["timestamp.json"] == start.served["timestamp.json"] {
                #expect(try fault { try player.refresh() }.code == .rollback)
            } else {
                #expect(try player.refresh().root.version == 3)
            }
            changes += 1
        }
        // Two roots, timestamp, snapshot, targets, and the role.
        #expect(changes == 6)
    }

    @Test func `a device that starts from nothing survives a power failure at every change`() throws
    {
        for changes in 0..<3 {
            var player = try Player(try RepositorySketch())
            player.changesLeft = changes
            #expect(throws: Player.Crash.self) { try player.refresh() }
            player.changesLeft = .max
            #expect(try player.refresh().versions == (1, 1, 1))
        }
    }
}
