import Bundle
import Faults
import Sealing
import StrictJSON
import TestKit
import Testing

@Suite struct DeltaListTests {
    private func entry(_ random: inout SeededGenerator, file: String) throws -> DeltaList.Entry {
        let index = Int64.random(in: 1...BundleLimits.indexBytes, using: &random)
        let pack = Int64.random(in: 0...BundleLimits.packBytes, using: &random)
        return DeltaList.Entry(
            file: file, bundle: random.bytes(16), baseTree: try random.digest(),
            baseVersion: "1.\(Int.random(in: 0...999, using: &random)).0",
            length: index + pack + Int64.random(in: 64...400_000, using: &random), index: index,
            pack: pack)
    }

    private func list(seed: UInt64, count: Int) throws -> DeltaList {
        var random = SeededGenerator(seed: seed)
        var manifest = try fullManifest()
        manifest.tree.digest = try random.digest()
        manifest.bundle = random.bytes(16)
        var list = DeltaList(of: manifest)
        for number in 0..<count {
            try list.put(try entry(&random, file: "dé lta-\(number).nacelle"))
        }
        return list
    }

    @Test(arguments: SeededGenerator.seeds(20))
    func `a list reads back from its own JSON`(seed: UInt64) throws {
        let list = try list(seed: seed, count: Int(seed % 40))
        #expect(try DeltaList(reading: list.json.compact) == list)
        #expect(try DeltaList(reading: list.json.pretty) == list)
    }

    @Test func `the longest list fits its limit`() throws {
        var list = try list(seed: 1, count: 0)
        var random = SeededGenerator(seed: 2)
        for number in 0..<DeltaList.deltaLimit {
            let digits = String(number)
            let name = digits + String(repeating: "\"", count: DeltaList.nameLimit - digits.count)
            var entry = try entry(&random, file: name)
            entry.baseVersion = String(repeating: "\"", count: 64)
            try list.put(entry)
        }
        #expect(try DeltaList(reading: list.json.compact) == list)
        let more = try entry(&random, file: "one more")
        #expect(try fault { try list.put(more) }.code == .source)
    }

    @Test func `a delta takes the place of one from the same base or of the same name`() throws {
        var list = try list(seed: 4, count: 5)
        var random = SeededGenerator(seed: 5)
        var other = try entry(&random, file: "other.nacelle")
        other.baseTree = list.deltas[2].baseTree
        try list.put(other)
        #expect(list.deltas.count == 5)
        #expect(list.delta(from: other.baseTree) == other)
        try list.put(try entry(&random, file: "other.nacelle"))
        #expect(list.deltas.count == 5)
        #expect(list.delta(from: other.baseTree) == nil)
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "/a", "a\u{0}", "a\nb", String(repeating: "x", count: 256),
    ])
    func `a name that is not one plain file name is refused`(name: String) throws {
        var list = try list(seed: 6, count: 2)
        var random = SeededGenerator(seed: 7)
        let entry = try entry(&random, file: name)
        #expect(try fault { try list.put(entry) }.code == .source)
        let text = String(decoding: list.json.compact, as: UTF8.self)
        let escaped = String(decoding: JSONValue.string(name).compact, as: UTF8.self)
        let forged = text.replacing("\"dé lta-1.nacelle\"", with: escaped)
        let found = try fault { _ = try DeltaList(reading: Array(forged.utf8)) }
        #expect(found.code == .malformed)
        expectSentence(found)
    }

    @Test func `lengths that do not fit each other, and a base that is the tree, are refused`()
        throws
    {
        var list = try list(seed: 8, count: 1)
        var random = SeededGenerator(seed: 9)
        let good = try entry(&random, file: "x")
        var entries = [good, good, good]
        entries[0].length = good.index + good.pack
        entries[1].length = good.index + good.pack + 2_000_000
        entries[2].baseTree = list.tree
        for entry in entries { #expect(try fault { try list.put(entry) }.code == .source) }
    }

    @Test func `a list belongs to one build of one release`() throws {
        let manifest = try fullManifest()
        let list = DeltaList(of: manifest)
        #expect(list.belongs(to: manifest))
        var other = manifest
        other.bundle[0] ^= 1
        #expect(!list.belongs(to: other))
        other = manifest
        other.releaseCounter += 1
        #expect(!list.belongs(to: other))
    }

    @Test func `two deltas from one base are refused`() throws {
        let list = try list(seed: 10, count: 2)
        let text = String(decoding: list.json.compact, as: UTF8.self)
        let forged = text.replacing(
            list.deltas[0].baseTree.hex, with: list.deltas[1].baseTree.hex)
        #expect(try fault { _ = try DeltaList(reading: Array(forged.utf8)) }.code == .malformed)
    }

    @Test func `another format is unsupported`() throws {
        let text = String(decoding: try list(seed: 11, count: 1).json.compact, as: UTF8.self)
        let other = text.replacing("\"format\":1", with: "\"format\":2")
        #expect(try fault { _ = try DeltaList(reading: Array(other.utf8)) }.code == .unsupported)
    }

    @Test(arguments: SeededGenerator.seeds(40))
    func `damaged bytes are refused or read as a list that is well formed`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = try list(seed: 12, count: 3).json.compact
        for _ in 0...Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.removeSubrange(place...)
            }
            if bytes.isEmpty { break }
        }
        do throws(Fault) {
            let list = try DeltaList(reading: bytes)
            #expect(try DeltaList(reading: list.json.compact) == list)
        } catch {
            #expect([.malformed, .unsupported].contains(error.code))
        }
    }
}
