import Faults
import Testing

@testable import StrictJSON

private func read(_ text: String, depth: Int = 32) throws(Fault) -> JSONValue {
    try JSONReader.read(Array(text.utf8), limits: JSONLimits(bytes: 1 << 16, depth: depth))
}

@Suite struct JSONReaderTests {
    @Test func `values are read as they stand`() throws {
        let value = try read(#" {"b":[1,-0.5e3,true,null],"a":"é\u00e9\ud83d\ude00\n"} "#)
        #expect(
            value
                == .object([
                    .init("b", .array([.number("1"), .number("-0.5e3"), .bool(true), .null])),
                    .init("a", .string("éé😀\n")),
                ]))
        #expect(try JSONReader.read(value.compact, limits: JSONLimits(bytes: 1000)) == value)
        #expect(try JSONReader.read(value.pretty, limits: JSONLimits(bytes: 1000)) == value)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "+1", "1e",
        "-", "tru", "nul", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "\"\u{1}\"", "1 2", "{\"a\":1,\"a\":2}", "\u{FEFF}1", "NaN", "Infinity",
        "'a'",
        "[1]]", "// c\n1", "1/**/",
    ])
    func `what the grammar does not allow is refused`(text: String) {
        #expect(throws: Fault.self) { try read(text) }
    }

    @Test func `invalid UTF-8 is refused`() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: Fault.self) {
                try JSONReader.read(bytes, limits: JSONLimits(bytes: 100))
            }
        }
    }

    @Test func `limits on bytes, depth and values hold exactly`() throws {
        let nested = { (depth: Int) in
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try read(nested(8), depth: 8) }
        #expect(throws: Fault.self) { try read(nested(9), depth: 8) }
        #expect(throws: Fault.self) { try read(nested(30_000), depth: 32) }
        let three = Array("[1,2]".utf8)
        #expect(throws: Never.self) {
            try JSONReader.read(three, limits: JSONLimits(bytes: 5, values: 3))
        }
        #expect(throws: Fault.self) { try JSONReader.read(three, limits: JSONLimits(bytes: 4)) }
        #expect(throws: Fault.self) {
            try JSONReader.read(three, limits: JSONLimits(bytes: 5, values: 2))
        }
    }

    @Test func `canonical form sorts keys by bytes and escapes only quote and backslash`() throws {
        let value = try read(#"{"é":1,"f":"a\nb\"\\","Z":[-0,12],"a":{}}"#)
        let expected = "{\"Z\":[0,12],\"a\":{},\"f\":\"a\nb\\\"\\\\\",\"é\":1}"
        #expect(try value.canonical() == Array(expected.utf8))
        #expect(throws: Fault.self) { try read("[1.0]").canonical() }
        #expect(throws: Fault.self) { try read("[1e3]").canonical() }
    }

    @Test func `mutated and truncated texts never trap`() {
        let seed = Array(#"{"a":[1,2.5e-3,"x\u00e9\\"],"b":{"c":null,"d":false}}"#.utf8)
        var random = SystemRandomNumberGenerator()
        for round in 0..<20_000 {
            var bytes = seed
            for _ in 0..<(round % 4 + 1) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) * (round % 2))
            if let value = try? JSONReader.read(bytes, limits: JSONLimits(bytes: 1000)) {
                // What is accepted is written so that it reads back the same.
                #expect(
                    (try? JSONReader.read(value.compact, limits: JSONLimits(bytes: 1000))) == value)
            }
        }
    }
}

@Suite struct JSONFieldsTests {
    @Test func `a wrong field is named with its path, what was found and what was expected`() throws
    {
        let fields = try JSONFields(read(#"{"n":{"k":300,"s":1}}"#), path: "manifest").object("n")
        let range = #expect(throws: Fault.self) { try fields.integer("k", in: UInt8(0)...9) }
        #expect(range?.message == "“manifest.n.k” is 300; an integer from 0 to 9 was expected.")
        let kind = #expect(throws: Fault.self) { try fields.string("s") }
        #expect(kind?.message == "“manifest.n.s” is a number; a string was expected.")
        let missing = #expect(throws: Fault.self) { try fields.bool("t") }
        #expect(missing?.message == "“manifest.n.t” is missing; a boolean was expected.")
    }
}

@Suite struct Base64Tests {
    @Test func `any bytes come back`() throws {
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
            #expect(try Base64.decode(Base64.encode(bytes), as: "test") == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode(Array("fooba".utf8)) == "Zm9vYmE=")
    }

    @Test(arguments: [
        "A", "AA", "AAA", "A===", "=AAA", "AA=A", "AB==", "AAB=", "A A=", "A-_=", "AAAA\n",
    ])
    func `a text that is not strictly base64 is refused`(text: String) {
        #expect(throws: Fault.self) { try Base64.decode(text, as: "test") }
    }
}
