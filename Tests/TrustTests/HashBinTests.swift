import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// Delegation by the digest of a path: written out, and in one line (TAP 15).
@Suite struct HashBinTests {
    private func digest(_ path: String) throws -> String {
        try SHA256.digest(of: Array(path.utf8)).hex
    }

    @Test func `hash prefixes hand on the paths whose digest begins so`() throws {
        // By python3: hashlib.sha256(b"a").hexdigest() begins ca97, of b"b" 3e23.
        var sketch = try RepositorySketch()
        sketch.targets["delegations"] = Delegation.object([
            Delegation(
                name: "low", keys: [try .number(9)], paths: nil, prefixes: ["0", "3e23", "ca98"]),
            Delegation(name: "high", keys: [try .number(9)], paths: nil, prefixes: ["ca", "f"]),
        ])
        try sketch.add("low", 9, targets: ["a", "b"])
        try sketch.add("high", 9, targets: ["a", "b"])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("a") != nil)
        #expect(player.story == ["load high.json", "fetch 1.high.json", "store high.json"])
        #expect(try player.find("b") != nil)
        #expect(player.story == ["load low.json", "fetch 1.low.json", "store low.json"])
        #expect(try player.find("c") == nil)
        #expect(player.moves.isEmpty)
    }

    @Test(arguments: [
        (1, "bin-1", "bin-0"), (2, "bin-3", "bin-0"), (4, "bin-c", "bin-3"),
        (5, "bin-19", "bin-07"), (8, "bin-ca", "bin-3e"), (10, "bin-32a", "bin-0f8"),
        (16, "bin-ca97", "bin-3e23"), (32, "bin-ca978112", "bin-3e23e816"),
    ])
    func `succinct bins have the names that the specification gives them`(
        bits: Int, ofA: String, ofB: String
    ) throws {
        for (path, bin, other) in [("a", ofA, ofB), ("b", ofB, ofA)] {
            var sketch = try RepositorySketch()
            sketch.targets["delegations"] = Delegation.bins(bits, "bin", [try .number(9)])
            try sketch.add(bin, 9, targets: [path])
            if bits > 1 { try sketch.add(other, 9) }
            var player = try Player(sketch)
            try player.refresh()
            #expect(try player.find(path) != nil)
            #expect(
                player.story == ["load \(bin).json", "fetch 1.\(bin).json", "store \(bin).json"])
        }
    }

    @Test func `a succinct bin is judged by signature, version, digest and expiry`() throws {
        var start = try RepositorySketch()
        start.targets["delegations"] = Delegation.bins(4, "bin", [try .number(9)])
        try start.add("bin-c", 9, targets: ["a"])
        let (signature, _) = try searchAttack("a", start) {
            $0.delegated[0].role.signers = [try .number(8)]
        }
        #expect(signature.code == .untrusted)
        let (expiry, _) = try searchAttack("a", start) {
            $0.delegated[0].role["expires"] = RepositorySketch.past
        }
        #expect(expiry.code == .expired)
        let (digest, _) = try searchAttack("a", start) { _ in
        } alter: { files in
            files["2.bin-c.json"] = files["2.bin-c.json"].map { Array($0.dropLast()) }
        }
        #expect(digest.code == .rollback)
    }

    @Test(arguments: [0, 33, -1, 1 << 40])
    func `a number of bits that makes no bins is refused`(bits: Int) throws {
        let (refusal, _) = try attack { sketch in
            sketch.targets["delegations"] = Delegation.bins(bits, "bin", [try .number(9)])
        }
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("bit_length"))
    }

    @Test(arguments: ["CA", "g", "0x", " "])
    func `a hash prefix that is no lower-case hexadecimal is refused`(prefix: String) throws {
        let (refusal, _) = try attack { sketch in
            sketch.targets["delegations"] = Delegation.object([
                Delegation(
                    name: "role", keys: [try .number(9)], paths: nil, prefixes: [prefix])
            ])
        }
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("path_hash_prefixes"))
    }
}
