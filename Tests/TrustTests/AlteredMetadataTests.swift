import Faults
import StrictJSON
import Testing

@testable import Trust

/// Random damage: whatever happens to a file's bytes, no other metadata than the signed is accepted.
@Suite struct AlteredMetadataTests {
    /// A repository whose timestamp and snapshot name versions alone, so that digests refuse nothing.
    private func bare() throws -> RepositorySketch {
        var sketch = try RepositorySketch()
        sketch.bendEntry = { _, entry in .members([("version", entry["version"])]) }
        try sketch.add("role", 9, targets: ["file"])
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try .number(9)])
        ])
        return sketch
    }

    /// What a file says, by what is signed in it.
    private func signed(_ bytes: [UInt8]) throws -> [UInt8] {
        try SignedMetadata(bytes, limits: JSONLimits(bytes: 1 << 20), what: "it").canonical
    }

    /// Pieces that parsers stumble over.
    private static let pieces: [[UInt8]] = [
        String(repeating: "[", count: 5000), String(repeating: "{\"a\":", count: 5000),
        "99999999999999999999999999", "-9223372036854775809", "1e400", "-0", "1.0", "\u{0}",
        "\\u0000",
        "\\ud800", "\"version\":1,", "null", "\u{FEFF}", "{}", "[]", "\"\"", "true", "é",
        "e\u{301}",
        "\u{1F980}", ",", ":", "\"", "\\", "{", "}", "[", "]",
    ].map { Array($0.utf8) }

    /// Alters bytes in one of several ways.
    private func alter(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(place...)
        case 3:
            let end = Int.random(in: place...min(bytes.count, place + 40), using: &random)
            bytes.removeSubrange(place..<end)
        case 4:
            let piece = AlteredMetadataTests.pieces.randomElement(using: &random) ?? []
            bytes.insert(contentsOf: piece, at: place)
        case 5:
            let end = Int.random(in: place...min(bytes.count, place + 80), using: &random)
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        default:
            // A number becomes another.
            let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
            if let digit = digits.randomElement(using: &random) {
                bytes[digit] = UInt8.random(in: 0x30...0x39, using: &random)
            }
        }
        return bytes
    }

    @Test(arguments: [
        ("2.root.json", "root.json"), ("timestamp.json", "timestamp.json"),
        ("2.snapshot.json", "snapshot.json"), ("2.targets.json", "targets.json"),
        ("2.role.json", "role.json"),
    ])
    func `an altered file is refused, or says what was signed`(
        file: String, stored: String
    ) throws {
        var sketch = try bare()
        var seen = try Player(sketch)
        try seen.refresh()
        try seen.find("file")
        sketch.advance()
        try sketch.nextRoot()
        seen.served = try sketch.files()
        let good = try #require(seen.served[file])
        let meaning = try signed(good)
        var random = SplitMix(state: UInt64(file.utf8.count))
        var accepted = 0
        for _ in 0..<120 {
            var player = seen
            let altered = alter(good, &random)
            player.served[file] = altered
            let before = player.cache[stored]
            do {
                try player.refresh()
                let target = try player.find("file")
                #expect(target != nil)
                #expect(try signed(altered) == meaning)
                #expect(player.cache[stored] == altered)
                accepted += 1
            } catch is Fault {
                #expect(player.cache[stored] == before || player.cache[stored] == altered)
                if player.cache[stored] == altered { #expect(try signed(altered) == meaning) }
            }
        }
        #expect(accepted < 60)
    }

    @Test(arguments: ["timestamp.json", "snapshot.json", "targets.json", "role.json"])
    func `an altered stored file is fetched anew, or says what was signed`(stored: String) throws {
        let sketch = try bare()
        var seen = try Player(sketch)
        try seen.refresh()
        try seen.find("file")
        let good = try #require(seen.cache[stored])
        let meaning = try signed(good)
        var random = SplitMix(state: UInt64(stored.utf8.count))
        for _ in 0..<80 {
            var player = seen
            player.cache[stored] = alter(good, &random)
            // Nothing that is damaged on the machine keeps it from the repository.
            #expect(try player.refresh().versions == (1, 1, 1))
            #expect(try player.find("file") != nil)
            #expect(try signed(try #require(player.cache[stored])) == meaning)
        }
    }

    @Test(arguments: ["2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"])
    func `no truncated file is accepted`(file: String) throws {
        var sketch = try bare()
        var seen = try Player(sketch)
        try seen.refresh()
        sketch.advance()
        try sketch.nextRoot()
        seen.served = try sketch.files()
        let good = try #require(seen.served[file])
        for length in Array(stride(from: 0, to: good.count, by: 5)) + [good.count - 1] {
            var player = seen
            player.served[file] = Array(good[..<length])
            #expect(try fault { try player.refresh() }.code == .malformed)
        }
    }

    @Test func `no text of random pieces is metadata`() throws {
        var random = SplitMix(state: 6)
        let seen = try Player(try bare())
        for _ in 0..<100 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                text += AlteredMetadataTests.pieces.randomElement(using: &random) ?? []
            }
            for file in ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"] {
                var player = seen
                player.served[file] = text
                #expect(throws: Fault.self) { try player.refresh() }
            }
        }
    }
}
