import Faults
import StrictJSON
import Testing

@testable import Trust

/// The way from the root that a device holds to the newest one.
@Suite struct RootChainTests {
    private func signers(_ seeds: UInt8...) throws -> [Signer] { try seeds.map { try .number($0) } }

    @Test func `each new root is stored before the next one is fetched`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        for _ in 0..<3 { try sketch.nextRoot() }
        player.served = try sketch.files()
        try player.refresh()
        #expect(
            player.story.prefix(8) == [
                "fetch 2.root.json", "store root.json", "fetch 3.root.json", "store root.json",
                "fetch 4.root.json", "store root.json", "fetch 5.root.json", "load timestamp.json",
            ])
        #expect(player.cache["root.json"] == player.served["4.root.json"])
    }

    @Test func `root keys rotate where the old and the new have signed`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try sketch.rotate(.root, to: try signers(11))
        try sketch.rotate(.root, to: try signers(12))
        player.served = try sketch.files()
        #expect(try player.refresh().root.version == 3)
    }

    @Test func `a new root that the old root keys did not sign is refused`() throws {
        let (refusal, player) = try attack { sketch in
            try sketch.rotate(.root, to: try self.signers(11))
            sketch.root.signers = try self.signers(11)
        }
        #expect(refusal.code == .untrusted)
        #expect(refusal.message.contains("judged by version 1: 0 of 1"))
        #expect(player.story == ["fetch 2.root.json"])
    }

    @Test func `a new root that its own root keys did not sign is refused`() throws {
        let (refusal, player) = try attack { sketch in
            try sketch.rotate(.root, to: try self.signers(11))
            sketch.root.signers = try self.signers(1)
        }
        #expect(refusal.code == .untrusted)
        #expect(refusal.message.contains("judged by its own keys: 0 of 1"))
        #expect(player.story == ["fetch 2.root.json"])
    }

    @Test func `a new root needs the old threshold and its own, each in full`() throws {
        var start = try RepositorySketch()
        start.keys[.root] = try signers(21, 22, 23)
        start.thresholds[.root] = 2
        start.root.signers = try signers(21, 22)
        func next(_ seeds: UInt8...) throws -> Fault? {
            var sketch = start
            var player = try Player(sketch)
            try sketch.nextRoot()
            sketch.keys[.root] = try signers(23, 24, 25)
            sketch.root.signers = try seeds.map { try .number($0) }
            player.served = try sketch.files()
            do { try player.refresh() } catch let fault as Fault { return fault }
            return nil
        }
        // 23 stands in both.
        #expect(try next(21, 23, 24) == nil)
        #expect(try next(21, 22, 24, 25) == nil)
        #expect(try next(21, 24, 25)?.message.contains("judged by version 1: 1 of 2") == true)
        #expect(try next(21, 22, 25)?.message.contains("judged by its own keys: 1 of 2") == true)
        #expect(try next(21, 22)?.code == .untrusted)
    }

    @Test(arguments: [1, 3, 4])
    func `a root under the next name must have the next version`(version: Int) throws {
        let (refusal, player) = try attack { sketch in
            try sketch.nextRoot()
            sketch.root.version = version
        } alter: { files in
            files["2.root.json"] = files["\(version).root.json"]
        }
        #expect(refusal.code == .untrusted)
        #expect(refusal.message.contains("after version 1 comes 2"))
        #expect(player.cache["root.json"] == player.served["1.root.json"] || version == 1)
        #expect(player.story == ["fetch 2.root.json"])
    }

    @Test func `a root on the way may have expired, and so may the one that is held`() throws {
        var sketch = try RepositorySketch()
        sketch.root["expires"] = RepositorySketch.past
        var player = try Player(sketch)
        try sketch.nextRoot()
        try sketch.nextRoot()
        sketch.root["expires"] = .string("2031-01-01T00:00:00Z")
        player.served = try sketch.files()
        #expect(try player.refresh().root.version == 3)
    }

    @Test(arguments: [RepositorySketch.past, RepositorySketch.thisSecond])
    func `the newest root must not have expired`(expires: JSONValue) throws {
        let (refusal, player) = try attack { sketch in
            try sketch.nextRoot()
            sketch.root["expires"] = expires
        }
        #expect(refusal.code == .expired)
        #expect(refusal.message.contains("root"))
        // It was verified, so it is kept: nothing older may come after it.
        #expect(player.cache["root.json"] == player.served["2.root.json"])
        #expect(player.story.last == "fetch 3.root.json")
    }

    @Test func `a refresh goes through 256 roots, and on from there the next time`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        for _ in 0..<(RepositoryRules.rootLimit + 2) { try sketch.nextRoot() }
        player.served = try sketch.files()
        #expect(try player.refresh().root.version == RepositoryRules.rootLimit + 1)
        #expect(player.moves.count { $0 == .store("root.json") } == 256)
        #expect(try player.refresh().root.version == RepositoryRules.rootLimit + 3)
    }

    @Test func `root metadata is fetched with a limit, and refused beyond it`() throws {
        var player = try Player(try RepositorySketch())
        try player.refresh()
        #expect(player.limit(of: "2.root.json") == 512 * 1024)
        var sketch = try RepositorySketch()
        try sketch.nextRoot()
        let first = try VerifiedRoot.load(try #require(player.cache["root.json"]))
        let good = try sketch.rootBytes()
        #expect(try first.successor(good + spaces(512 * 1024 - good.count)).version == 2)
        let long = good + spaces(512 * 1024 + 1 - good.count)
        #expect(try fault { _ = try first.successor(long) }.message.contains("524289 bytes"))
    }

    @Test func `a root on the machine must be signed by its own keys`() throws {
        var sketch = try RepositorySketch()
        sketch.root.signers = try signers(2)
        let player = try Player(sketch)
        var device = player
        #expect(try fault { try device.refresh() }.code == .untrusted)
        sketch.root.signers = []
        device = try Player(sketch)
        #expect(try fault { try device.refresh() }.code == .untrusted)
    }

    @Test func `where nothing is said of the time, what has expired is accepted`() throws {
        var sketch = try RepositorySketch()
        sketch.root["expires"] = RepositorySketch.past
        sketch.timestamp["expires"] = RepositorySketch.past
        sketch.snapshot["expires"] = RepositorySketch.past
        sketch.targets["expires"] = RepositorySketch.past
        try sketch.add("role", 9, targets: ["file"])
        sketch.delegated[0].role["expires"] = RepositorySketch.past
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: try signers(9))
        ])
        var player = try Player(sketch)
        #expect(try fault { try player.refresh() }.code == .expired)
        player.time = nil
        try player.refresh()
        #expect(try player.find("file") != nil)
    }

    @Test func `one time, given at the start, serves the whole refresh and every search`() throws {
        var sketch = try RepositorySketch()
        try sketch.add("role", 9, targets: ["file"])
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: try signers(9))
        ])
        sketch.delegated[0].role["expires"] = RepositorySketch.nextSecond
        sketch.root["expires"] = RepositorySketch.nextSecond
        sketch.timestamp["expires"] = RepositorySketch.nextSecond
        sketch.snapshot["expires"] = RepositorySketch.nextSecond
        sketch.targets["expires"] = RepositorySketch.nextSecond
        var player = try Player(sketch)
        // Whatever the machine's clock says meanwhile.
        let trusted = try player.refresh()
        #expect(trusted.expires == RepositorySketch.now + 1)
        #expect(try player.find("file") != nil)
    }
}

/// White space, which JSON allows after a value.
func spaces(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x20, count: count) }
