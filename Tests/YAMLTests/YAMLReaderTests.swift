import Faults
import Testing

@testable import YAML

func read(_ text: String, code: FaultCode = .configuration) throws -> YAMLFields {
    try YAMLReader.read(Array(text.utf8), file: "a.yaml", code: code)
}

/// The fault that a body throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown.")
}

let sample = """
    # What this machine is.
    store: /var/lib/nacelle
    machine: "turbine-7"
    compatible: [bearing-gateway, 'é']
    smoke:
      deadline: 10s
      isolation: none   # with a reason
      environment:
        OMP_NUM_THREADS: "2"
    sources:
      - url: https://example.org/a
        weight: 3
      - url: https://example.org/b
        weight: 0.5
    note: |
      first
      second
    empty:
    flag: true

    """

@Suite struct YAMLReaderTests {
    @Test func `a configuration is read with the place of every value`() throws {
        let fields = try read(sample)
        #expect(
            fields.keys == [
                "store", "machine", "compatible", "smoke", "sources", "note", "empty", "flag",
            ])
        #expect(fields.node("store")?.position == YAMLPosition(line: 2, column: 8))
        #expect(
            fields.node("machine")?.kind == .scalar("turbine-7", isPlain: false))
        #expect(fields.node("smoke")?["isolation"]?.line == 7)
        #expect(fields.node("sources")?.position == YAMLPosition(line: 11, column: 3))
        #expect(fields.node("note")?.kind == .scalar("first\nsecond\n", isPlain: false))
        #expect(fields.node("empty")?.isNull == true)
        #expect(try fields.strings("compatible") == ["bearing-gateway", "é"])
    }

    @Test(arguments: [
        ("a: 1\nb: &x 2\n", "a.yaml:2:4:", "anchor"),
        ("a: *x\n", "a.yaml:1:4:", "alias"),
        ("a: !!str 1\n", "a.yaml:1:4:", "tag"),
        ("a: !x {}\n", "a.yaml:1:4:", "tag"),
        ("a: !x []\n", "a.yaml:1:4:", "tag"),
        ("a: &x {}\n", "a.yaml:1:4:", "anchor"),
        ("a: &x []\n", "a.yaml:1:4:", "anchor"),
        ("&x a: 1\n", "a.yaml:1:1:", "anchor"),
        ("a: 1\n\"a\": 2\n", "a.yaml:2:1:", "“a” twice"),
        ("a: {b: 1, b: 2}\n", "a.yaml:1:11:", "twice"),
        ("<<: {a: 1}\n", "a.yaml:1:1:", "merge key"),
        ("[a]: 1\n", "a.yaml:1:1:", "a list as a key"),
        ("? {a: 1}\n: 1\n", "a.yaml:1:3:", "a mapping as a key"),
        ("a: 1\n---\nb: 1\n", "a.yaml:2:1:", "second document"),
        ("a: 1\n...\nb: 1\n", "a.yaml:3:1:", "not acceptable as YAML"),
        ("%YAML 1.1\n---\na: 1\n", "a.yaml:1:1:", "directive"),
        ("%TAG ! x:\n---\na: 1\n", "a.yaml:1:1:", "directive"),
        ("", "a.yaml:1:1:", "holds nothing"),
        ("# only a comment\n", "a.yaml:2:1:", "holds nothing"),
        ("- a\n", "a.yaml:1:1:", "is a list; a mapping"),
        ("text\n", "a.yaml:1:1:", "is a text; a mapping"),
        ("---\n", "a.yaml:2:1:", "is empty; a mapping"),
        ("a: 1\n\tb: 2\n", "a.yaml:2:", "not acceptable as YAML"),
        ("a: [1, 2\n", "a.yaml:2:1:", "not acceptable as YAML"),
        ("a: \"x\n", "a.yaml:2:1:", "not acceptable as YAML"),
        ("a: 1\nb\nc: 2\n", "a.yaml:3:1:", "not acceptable as YAML"),
        ("a: b: c\n", "a.yaml:1:5:", "not acceptable as YAML"),
        ("é: 1\nb: \u{1}\n", "a.yaml:2:4:", "control character U+1"),
        ("a: 1\r\nb: 2\r\nc: \u{7F}\r\n", "a.yaml:3:4:", "control character U+7F"),
        ("a: \"\\ud800\"\n", "a.yaml:1:", "not acceptable as YAML"),
    ])
    func `what is not accepted is refused at its place`(
        text: String, place: String, says: String
    ) throws {
        let fault = try fault { _ = try read(text) }
        #expect(fault.code == .configuration)
        #expect(fault.message.hasPrefix(place), "\(fault.message)")
        #expect(fault.message.contains(says), "\(fault.message)")
        #expect(try YAMLTests.fault { _ = try read(text, code: .source) }.code == .source)
    }

    @Test func `libyaml's own words are kept`() throws {
        let fault = try fault { _ = try read("a:\n  b: 1\n c: 2\n") }
        #expect(fault.message == "a.yaml:3:2: This is not acceptable as YAML.")
        #expect(
            fault.cause
                == "did not find expected key, while parsing a block mapping begun on line 1")
    }

    @Test func `a text that is not UTF-8 is refused at its place`() throws {
        for bad in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]]
            as [[UInt8]]
        {
            let bytes = Array("a: 1\nbé: ".utf8) + bad + Array("\n".utf8)
            let fault = try fault { _ = try YAMLReader.read(bytes, file: "a.yaml") }
            #expect(fault.message.hasPrefix("a.yaml:2:5: The text has a byte that is not UTF-8"))
        }
        // UTF-16 with its mark.
        let wide: [UInt8] = [0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x31, 0]
        #expect(throws: Fault.self) { try YAMLReader.read(wide, file: "a.yaml") }
    }

    @Test func `a byte order mark in UTF-8 does no harm`() throws {
        #expect(try read("\u{FEFF}a: 1\n").keys == ["a"])
    }

    @Test func `limits hold`() throws {
        let long = String(repeating: "# comment\n", count: 110_000)
        #expect(try fault { _ = try read(long) }.message.contains("more than 1048576 bytes"))

        let deep = "a: " + String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
        _ = try read(deep)
        for opener in ["[", "{a: ", "[{? "] {
            let text = "a: " + String(repeating: opener, count: 100_000)
            #expect(try fault { _ = try read(text) }.message.contains("nested deeper than 16"))
        }
        let block = (0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(try fault { _ = try read(block) }.message.contains("nested deeper than 16"))

        let many = "a: [" + String(repeating: "1,", count: 30_000) + "]"
        #expect(try fault { _ = try read(many) }.message.contains("more than 20000 values"))
        let keys = (0..<30_000).map { "k\($0): 1\n" }.joined()
        #expect(try fault { _ = try read(keys) }.message.contains("more than 20000 values"))

        let scalar = "a: " + String(repeating: "x", count: 65_536)
        #expect(try read(scalar).node("a") != nil)
        #expect(try fault { _ = try read(scalar + "x") }.message.contains("more than 65536 bytes"))
    }

    @Test func `alias bombs are refused at their first anchor`() throws {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for (name, before) in zip("bcdefghi", "abcdefgh") {
            let list = Array(repeating: "*\(before)", count: 9).joined(separator: ", ")
            bomb += "\(name): &\(name) [\(list)]\n"
        }
        #expect(try fault { _ = try read(bomb) }.message.contains("anchor"))
        #expect(try fault { _ = try read("a: &a [*a]\n") }.message.contains("anchor"))
    }

    @Test func `truncated, mutated and random texts never trap`() throws {
        let good = Array(sample.utf8)
        for length in 0...good.count {
            let bytes = Array(good[..<length])
            _ = try? YAMLReader.read(bytes, file: "a.yaml")
            _ = YAMLReader.readTopLevelTolerantly(bytes, file: "a.yaml")
        }
        var random = SplitMix(state: 5)
        let marks = Array("{}[]:,-?&*!|>'\"%@`#\t\n \r\\<".utf8)
        for _ in 0..<4000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] = marks.randomElement(using: &random) ?? 0
                case 2: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
                default: bytes.remove(at: place)
                }
            }
            check(bytes)
        }
        for _ in 0..<4000 {
            let count = Int.random(in: 0..<80, using: &random)
            check(
                (0..<count).map { _ in
                    Bool.random(using: &random)
                        ? marks.randomElement(using: &random) ?? 0
                        : UInt8.random(in: 0x20...0x7E, using: &random)
                })
        }
    }

    /// What is read whole is read tolerantly too; what is not says where.
    private func check(_ bytes: [UInt8]) {
        let partial = YAMLReader.readTopLevelTolerantly(bytes, file: "a.yaml")
        do {
            let fields = try YAMLReader.read(bytes, file: "a.yaml")
            #expect(partial.fault == nil)
            #expect(partial.fields.pairs == fields.pairs)
        } catch {
            #expect(partial.fault != nil)
            #expect(error.message.hasPrefix("a.yaml:"))
        }
    }
}

/// The same numbers at each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
