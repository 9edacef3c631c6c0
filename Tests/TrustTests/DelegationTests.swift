import Faults
import StrictJSON
import Testing

@testable import Trust

/// How targets are searched through delegations.
@Suite struct DelegationTests {
    /// A repository with one delegated role that lists `file`.
    private func oneRole() throws -> RepositorySketch {
        var sketch = try RepositorySketch()
        try sketch.add("role", 9, targets: ["file"])
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try .number(9)])
        ])
        return sketch
    }

    private let searched = ["load role.json", "fetch 2.role.json"]

    @Test func `a delegated role that its delegator's keys did not sign is refused`() throws {
        let honest = try Signer.number(9)
        for signers in [[], [try .number(8)], [honest.lying], [try .number(4)]] {
            let (refusal, player) = try searchAttack("file", try oneRole()) {
                $0.delegated[0].role.signers = signers
            }
            #expect(refusal.code == .untrusted)
            #expect(refusal.message.contains("role"))
            #expect(player.story == searched)
        }
    }

    @Test func `a delegated role needs the threshold that its delegator sets`() throws {
        let (refusal, _) = try searchAttack("file", try oneRole()) { sketch in
            sketch.targets["delegations"] = Delegation.object([
                Delegation(name: "role", keys: [try .number(9), try .number(8)], threshold: 2)
            ])
        }
        #expect(refusal.message.contains("1 of 2 needed"))
    }

    @Test(arguments: [RepositorySketch.past, RepositorySketch.thisSecond])
    func `an expired delegated role is refused and not stored`(expires: JSONValue) throws {
        let (refusal, player) = try searchAttack("file", try oneRole()) {
            $0.delegated[0].role["expires"] = expires
        }
        #expect(refusal.code == .expired)
        #expect(refusal.message.contains("“role” metadata expired"))
        #expect(player.story == searched)
    }

    @Test func `a delegated role of another digest, length or version is refused`() throws {
        var other = try oneRole()
        other.advance()
        other.delegated[0].role["x"] = .integer(2)
        let mixed = try other.files()
        let (refusal, player) = try searchAttack("file", try oneRole()) {
            $0.delegated[0].role["x"] = .integer(1)
        } alter: { files in
            files["2.role.json"] = mixed["2.role.json"]
        }
        #expect(refusal.message.contains("another digest"))
        #expect(player.story == searched)
        let (length, _) = try searchAttack("file", try oneRole()) { _ in
        } alter: { files in
            files["2.role.json"]?.removeLast()
        }
        #expect(length.message.contains("were announced"))
        let (version, _) = try searchAttack("file", try oneRole()) { sketch in
            sketch.bendEntry = { _, entry in .members([("version", entry["version"])]) }
        } alter: { files in
            var later = try self.oneRole()
            later.delegated[0].role.version = 3
            files["2.role.json"] = try later.files()["3.role.json"]
        }
        #expect(version.message.contains("has version 3, and snapshot says 2"))
    }

    @Test func `a delegated role that the snapshot does not name is refused`() throws {
        var sketch = try oneRole()
        sketch.bendEntry = { name, entry in name == "role.json" ? nil : entry }
        var player = try Player(sketch)
        try player.refresh()
        let refusal = try fault { try player.find("file") }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("does not name the role “role”"))
        #expect(player.moves.isEmpty)
    }

    @Test func `a cached role is verified by its delegator of today`() throws {
        var sketch = try oneRole()
        var player = try Player(sketch)
        try player.refresh()
        try player.find("file")
        // The key is taken away; the role's file stays as it is.
        sketch.timestamp.version = 2
        sketch.snapshot.version = 2
        sketch.targets.version = 2
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try .number(8)])
        ])
        player.served = try sketch.files()
        try player.refresh()
        #expect(try fault { try player.find("file") }.code == .untrusted)
    }

    @Test func `a role reached through two delegators is verified by the keys of each`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "a", keys: [try .number(5)], paths: ["a*"]),
            Delegation(name: "b", keys: [try .number(6)], paths: ["b*"]),
        ])
        try sketch.add(
            "a", 5, delegating: [Delegation(name: "both", keys: [try .number(7)])])
        try sketch.add(
            "b", 6, delegating: [Delegation(name: "both", keys: [try .number(8)])])
        try sketch.add("both", 7, targets: ["a1", "b1"])
        for first in ["a1", "b1"] {
            var player = try Player(sketch)
            try player.refresh()
            if first == "a1" { #expect(try player.find("a1") != nil) }
            #expect(try fault { try player.find("b1") }.code == .untrusted)
            #expect(try player.find("a1") != nil)
        }
    }

    @Test func `roles are asked depth first, each before those that it delegates to`() throws {
        var sketch = try RepositorySketch()
        func to(_ names: [String]) throws -> [Delegation] {
            try names.map { Delegation(name: $0, keys: [try .number(9)]) }
        }
        sketch.targets["delegations"] = Delegation.object(try to(["a", "d"]))
        try sketch.add("a", 9, delegating: try to(["b", "c"]))
        try sketch.add("b", 9)
        try sketch.add("c", 9, delegating: try to(["a", "d"]))
        try sketch.add("d", 9, targets: ["file"])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("file") != nil)
        #expect(
            player.story.filter { $0.hasPrefix("fetch") } == [
                "fetch 1.a.json", "fetch 1.b.json", "fetch 1.c.json", "fetch 1.d.json",
            ])
        // What was read serves the next search, and loops end.
        #expect(try player.find("nothing") == nil)
        #expect(player.moves.isEmpty)
    }

    @Test func `a role is asked once a search, whoever else hands the path to it`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["delegations"] = Delegation.object(
            try ["a", "b", "c"].map { Delegation(name: $0, keys: [try .number(9)]) })
        // The second would have it verified by another key, which never signed it.
        try sketch.add("a", 9, delegating: [Delegation(name: "both", keys: [try .number(7)])])
        try sketch.add("b", 9, delegating: [Delegation(name: "both", keys: [try .number(8)])])
        try sketch.add("both", 7)
        try sketch.add("c", 9, targets: ["file"])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("file") != nil)
    }

    @Test func `nobody after a terminating delegation is asked`() throws {
        for terminating in [true, false] {
            var sketch = try RepositorySketch()
            sketch.targets["delegations"] = Delegation.object([
                Delegation(name: "a", keys: [try .number(9)], terminating: terminating),
                Delegation(name: "b", keys: [try .number(9)]),
            ])
            try sketch.add("a", 9)
            try sketch.add("b", 9, targets: ["file"])
            var player = try Player(sketch)
            try player.refresh()
            #expect(try (player.find("file") == nil) == terminating)
            #expect(player.story.contains("fetch 1.b.json") == !terminating)
        }
    }

    @Test func `a terminating delegation ends the branches above it too`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "a", keys: [try .number(9)]),
            Delegation(name: "z", keys: [try .number(9)]),
        ])
        try sketch.add(
            "a", 9,
            delegating: [Delegation(name: "b", keys: [try .number(9)], terminating: true)])
        try sketch.add("b", 9)
        try sketch.add("z", 9, targets: ["file"])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("file") == nil)
    }

    @Test func `a role lists nothing outside the paths that were handed to it`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try .number(9)], paths: ["ours/*"])
        ])
        try sketch.add("role", 9, targets: ["theirs", "ours/a/b", "ours/file"])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("theirs") == nil)
        #expect(try player.find("ours/a/b") == nil)
        #expect(player.moves.isEmpty)
        #expect(try player.find("ours/file") != nil)
    }

    @Test func `at most 32 roles are searched`() throws {
        var sketch = try RepositorySketch()
        let names = (1...32).map { "r\($0)" }
        let key = try Signer.number(9)
        // With the top-level role, number 31 is the last that may be asked.
        for name in names { try sketch.add(name, 9, targets: [name]) }
        sketch.targets["delegations"] = Delegation.object(
            names.map { Delegation(name: $0, keys: [key]) })
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("r31") != nil)
        let refusal = try fault { try player.find("r32") }
        #expect(refusal.code == .untrusted)
        #expect(refusal.message.contains("in 32 roles"))
        #expect(player.moves.isEmpty)
    }
}
