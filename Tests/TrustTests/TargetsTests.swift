import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// What a device makes of top-level targets metadata, and of the files that it lists.
@Suite struct TargetsTests {
    private func versionsAlone(_ name: String, _ entry: JSONValue) -> JSONValue? {
        name == "targets.json" ? .members([("version", entry["version"])]) : entry
    }

    @Test func `targets that their role's keys did not sign are refused`() throws {
        let honest = try Signer.number(4)
        for signers in [[], [try .number(9)], [honest.lying], [try .number(1)], [try .number(3)]] {
            let (refusal, player) = try attack { $0.targets.signers = signers }
            #expect(refusal.code == .untrusted)
            #expect(player.story.last == "fetch 2.targets.json")
        }
    }

    @Test func `targets of another length than the snapshot says are refused`() throws {
        let (refusal, player) = try attack { sketch in
            sketch.bendEntry = { name, entry in
                name == "targets.json"
                    ? .members([("version", entry["version"]), ("length", .integer(900))]) : entry
            }
        }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("and 900 were announced"))
        #expect(player.limit(of: "2.targets.json") == 900)
        #expect(player.story.last == "fetch 2.targets.json")
    }

    @Test func `targets of the right length with other bytes are refused`() throws {
        let (refusal, player) = try attack { sketch in
            sketch.targets["x"] = .integer(1)
        } alter: { files in
            var other = try RepositorySketch()
            other.advance()
            other.targets["x"] = .integer(2)
            files["2.targets.json"] = try other.files()["2.targets.json"]
        }
        #expect(refusal.code == .rollback)
        #expect(refusal.message.contains("another digest"))
        #expect(player.story.last == "fetch 2.targets.json")
    }

    @Test func `targets of another version than the snapshot says are refused`() throws {
        for version in [1, 3] {
            let (refusal, _) = try attack { sketch in
                sketch.bendEntry = self.versionsAlone
            } alter: { files in
                var other = try RepositorySketch()
                other.targets.version = version
                files["2.targets.json"] = try other.files()["\(version).targets.json"]
            }
            #expect(refusal.code == .rollback)
            #expect(refusal.message.contains("has version \(version), and snapshot says 2"))
        }
    }

    @Test(arguments: [RepositorySketch.past, RepositorySketch.thisSecond])
    func `expired targets are refused and not stored`(expires: JSONValue) throws {
        let (refusal, player) = try attack { $0.targets["expires"] = expires }
        #expect(refusal.code == .expired)
        #expect(refusal.message.contains("“targets” metadata expired"))
        #expect(player.story.last == "fetch 2.targets.json")
    }

    @Test func `stored targets are judged as fetched ones are`() throws {
        var sketch = try RepositorySketch()
        sketch.bendEntry = versionsAlone
        var player = try Player(sketch)
        try player.refresh()
        let honest = player.cache["targets.json"]
        var stranger = sketch
        stranger.targets.signers = [try .number(9)]
        for stored in [[], Array("{}".utf8), try #require(try stranger.files()["1.targets.json"])] {
            player.cache["targets.json"] = stored
            try player.refresh()
            #expect(player.story.contains("fetch 1.targets.json"))
            #expect(player.cache["targets.json"] == honest)
        }
    }

    @Test func `targets metadata is fetched with the announced length or a limit`() throws {
        var sketch = try RepositorySketch()
        var player = try Player(sketch)
        try player.refresh()
        #expect(player.limit(of: "1.targets.json") == player.served["1.targets.json"]?.count)
        sketch.bendEntry = versionsAlone
        player = try Player(sketch)
        try player.refresh()
        #expect(player.limit(of: "1.targets.json") == 5 << 20)
        sketch.bendEntry = { name, entry in
            name == "targets.json"
                ? .members([("version", entry["version"]), ("length", .integer(6 << 20))]) : entry
        }
        player = try Player(sketch)
        #expect(try fault { try player.refresh() }.code == .rollback)
        #expect(player.limit(of: "1.targets.json") == 5 << 20)
    }

    @Test func `a file of another length, or of the right length with other bytes, is refused`()
        throws
    {
        let content = Array("content".utf8)
        var sketch = try RepositorySketch()
        sketch.targets["targets"] = .members([
            ("plain", try Entry.target(content)), ("both", try Entry.target(content, sha512: true)),
            (
                "long",
                .members([
                    ("length", .integer(7)),
                    (
                        "hashes",
                        .members([
                            ("sha512", .string(Hex.encode(try SHA512.digest(of: content))))
                        ])
                    ),
                ])
            ),
        ])
        var player = try Player(sketch)
        try player.refresh()
        for path in ["plain", "both", "long"] {
            let target = try #require(try player.find(path))
            try target.check(content)
            for bad in [[], content.dropLast(), content + [0]] as [[UInt8]] {
                let refusal = try fault { try target.check(Array(bad)) }
                #expect(refusal.message.contains("came with \(bad.count) bytes"))
            }
            let refusal = try fault { try target.check(Array("Content".utf8)) }
            #expect(refusal.message.contains("other bytes"))
        }
    }

    @Test func `each digest that is known must agree`() throws {
        let (content, other) = (Array("content".utf8), Array("Content".utf8))
        func hashes(_ sha256: [UInt8], _ sha512: [UInt8]) throws -> ContentHashes {
            try ContentHashes(
                JSONFields(
                    .members([
                        ("sha256", .string(try SHA256.digest(of: sha256).hex)),
                        ("sha512", .string(Hex.encode(try SHA512.digest(of: sha512)))),
                        ("blake9", .string("ab")),
                    ]), path: "hashes"))
        }
        #expect(try hashes(content, content).match(content))
        #expect(try !hashes(other, content).match(content))
        #expect(try !hashes(content, other).match(content))
    }

    @Test func `a path that differs in its normalisation alone is another path`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["targets"] = .members([("\u{E9}", try Entry.target([1]))])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("\u{E9}") != nil)
        #expect(try player.find("e\u{301}") == nil)
    }
}
