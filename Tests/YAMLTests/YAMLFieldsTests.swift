import Faults
import Testing

@testable import YAML

private enum Isolation: String, CaseIterable {
    case required, preferred, none
}

@Suite struct YAMLFieldsTests {
    @Test func `every kind of value has its getter`() throws {
        let fields = try read(
            """
            text: plain words
            number: -12
            big: 9223372036854775807
            real: 1.5e3
            whole: 3
            yes: true
            no: false
            wait: 5min
            size: 64MiB
            mode: none
            list: [a, 2, "c"]
            empty: ~
            inner:
              text: deep
            many: [{a: 1}, {a: 2}]
            """)
        #expect(try fields.string("text") == "plain words")
        #expect(try fields.string("number") == "-12")
        #expect(try fields.integer("number", in: -20...20) == -12)
        #expect(try fields.integer("big", in: 0...Int64.max) == .max)
        #expect(try fields.real("real", in: 0...2000) == 1500)
        #expect(try fields.real("whole", in: 0...10) == 3)
        #expect(try fields.bool("yes"))
        #expect(try !fields.bool("no"))
        #expect(try fields.duration("wait") == 300_000)
        #expect(try fields.byteSize("size") == 64 << 20)
        #expect(try fields.enumeration("mode", as: Isolation.self) == .none)
        #expect(try fields.strings("list") == ["a", "2", "c"])
        #expect(try fields.optionalString("empty") == nil)
        #expect(try fields.optionalString("missing") == nil)
        #expect(try fields.optionalMapping("missing") == nil)
        #expect(try fields.mapping("inner").string("text") == "deep")
        #expect(try fields.mappings("many").map { try $0.integer("a", in: 0...9) } == [1, 2])
        #expect(!fields.has("empty"))
        #expect(fields.has("text"))
    }

    @Test func `a wrong value is named with its place, what it is and what was expected`() throws {
        let fields = try read(
            """
            smoke:
              deadline: soon
              runs: "3"
              share: [1]
              empty:
            """
        ).mapping("smoke")
        #expect(
            try fault { _ = try fields.duration("deadline") }.message
                == "a.yaml:2:13: “smoke.deadline” is “soon”; a duration such as 250ms, 10s, 5min, 2h "
                + "was expected.")
        let quoted = try fault { _ = try fields.integer("runs", in: 1...9) }
        #expect(
            quoted.message
                == "a.yaml:3:9: “smoke.runs” is “3”; an integer from 1 to 9 was expected.")
        #expect(quoted.advice == "Write it without quotes.")
        #expect(
            try fault { _ = try fields.real("share", in: 0...1) }.message
                == "a.yaml:4:10: “smoke.share” is a list; a number from 0.0 to 1.0 was expected.")
        #expect(
            try fault { _ = try fields.string("empty") }.message
                .hasSuffix("“smoke.empty” is empty; a text was expected."))
        #expect(
            try fault { _ = try fields.string("missing") }.message
                == "a.yaml:2:3: “smoke.missing” is missing; a text was expected.")
        #expect(
            try fault { _ = try fields.mapping("deadline") }.message
                == "a.yaml:2:13: “smoke.deadline” is a text; a mapping was expected.")
        #expect(
            fields.fault("runs", "is odd").message == "a.yaml:3:9: “smoke.runs” is odd.")
    }

    @Test func `list elements are named by their number`() throws {
        let fields = try read("a:\n  - x\n  - [y]\nb:\n  - {c: 1}\n  - 2\n")
        #expect(
            try fault { _ = try fields.strings("a") }.message.hasPrefix(
                "a.yaml:3:5: “a[1]” is a list"))
        #expect(
            try fault { _ = try fields.mappings("b") }.message.hasPrefix(
                "a.yaml:6:5: “b[1]” is a text; a mapping"))
        #expect(
            try fault { _ = try fields.strings("a", limit: 1) }.message.contains(
                "2 elements; at most 1"))
    }

    @Test(arguments: [
        "+1", "01", "0x10", "1_000", "1.0", "1e3", "", "--1", "99999999999999999999",
        "yes", "11", "-1", "'5'", "٣",
    ])
    func `another form or a number out of range is no integer`(text: String) throws {
        let fields = try read("a: \(text)\n")
        #expect(throws: Fault.self) { _ = try fields.integer("a", in: 0...10) }
    }

    @Test(arguments: [
        "nan", ".nan", ".inf", "inf", "0x1p3", "1e", "1e999", "1,5", "-1", "+1", "'1'",
    ])
    func `another form or a number out of range is no real`(text: String) throws {
        let fields = try read("a: \(text)\n")
        #expect(throws: Fault.self) { _ = try fields.real("a", in: 0...10) }
    }

    @Test(arguments: ["yes", "no", "on", "True", "FALSE", "1", "\"true\""])
    func `true and false alone are booleans`(text: String) throws {
        let fields = try read("a: \(text)\n")
        #expect(try fault { _ = try fields.bool("a") }.message.contains("true or false"))
    }

    @Test func `durations and sizes have units`() throws {
        let durations: [(String, Int64)] = [
            ("250ms", 250), ("10s", 10_000), ("10 s", 10_000), ("5min", 300_000), ("2h", 7_200_000),
            ("1d", 86_400_000), ("0s", 0), ("\"10s\"", 10_000),
        ]
        for (text, value) in durations {
            #expect(try read("a: \(text)\n").duration("a") == value)
        }
        let sizes: [(String, Int64)] = [
            ("512B", 512), ("1kB", 1000), ("1KiB", 1024), ("64MiB", 67_108_864),
            ("64MB", 64_000_000), ("1GB", 1_000_000_000), ("2 GiB", 2_147_483_648),
            ("1TB", 1_000_000_000_000), ("1TiB", 1_099_511_627_776),
        ]
        for (text, value) in sizes {
            #expect(try read("a: \(text)\n").byteSize("a") == value)
        }
        for text in [
            "10", "s", "10m", "10S", "1.5h", "-1s", "10  s", "10s ago", "9223372036854775807d",
            "512k", "1K", "1mb", "1Mib", "é", "10\u{2009}s",
        ] {
            let fields = try read("a: \(text)\n")
            #expect(try fault { _ = try fields.duration("a") }.advice.contains("ms, s, min, h, d"))
            #expect(try fault { _ = try fields.byteSize("a") }.advice.contains("MiB"))
        }
        #expect(
            try fault { _ = try read("a: 2h\n").duration("a", in: 1000...3_600_000) }.message
                == "a.yaml:1:4: “a” is “2h”; from 1s to 1h was expected.")
    }

    @Test func `an unknown word lists the allowed ones`() throws {
        let fields = try read("a: non\n")
        let fault = try fault { _ = try fields.enumeration("a", as: Isolation.self) }
        #expect(
            fault.message
                == "a.yaml:1:4: “a” is “non”; one of “required”, “preferred”, “none” was expected.")
        #expect(fault.advice == "Did you mean “none”?")
    }

    @Test func `an unknown key is refused with the nearest known one`() throws {
        let known = ["store", "probation", "smoke"]
        let fields = try read("store: x\nprobaton: 10s\n")
        #expect(
            try fault { try fields.refuseUnknownKeys(known: known) }.message
                == "a.yaml:2:1: “probaton” is not known here; did you mean “probation”?")
        let inner = try read("a:\n  Colour: red\n").mapping("a")
        let fault = try fault { try inner.refuseUnknownKeys(known: known) }
        #expect(fault.message == "a.yaml:2:3: “Colour” is not known in “a”.")
        #expect(fault.advice == "Known are: store, probation, smoke.")
        try read("smoke: 1\n").refuseUnknownKeys(known: known)
        #expect(Spelling.nearest(to: "x", among: []) == nil)
        #expect(Spelling.nearest(to: "STORE", among: known) == "store")
        #expect(
            Spelling.nearest(to: String(repeating: "store", count: 10_000), among: known) == nil)
    }

    @Test func `no value brings control characters into a message`() throws {
        let fields = try read("\"\\e[2J\": \"\\e[2J\\n\"\n")
        let key = fields.keys[0]
        for fault in [
            try fault { try fields.refuseUnknownKeys(known: []) },
            try fault { _ = try fields.bool(key) },
            try fault { _ = try fields.string(key, limit: 1) },
        ] {
            #expect(fault.description.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }
}
