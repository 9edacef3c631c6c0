import Faults
import Testing

@testable import YAML

private func partial(_ text: String) -> YAMLReader.Partial {
    YAMLReader.readTopLevelTolerantly(Array(text.utf8), file: "a.yaml")
}

@Suite struct TolerantReadingTests {
    @Test func `a good text is read whole`() {
        let read = partial(sample)
        #expect(read.fault == nil)
        #expect(read.fields.keys.count == 8)
    }

    @Test(arguments: [
        "smoke: [a, b\nnext: 1\n", "smoke:\n  a: 1\n b: 2\n", "smoke: \"open\n", "smoke: &x 1\n",
        "\tsmoke: 1\n", "smoke: a: b\n", "}\n", "smoke: {a: 1, a: 2}\n", "---\nb: 1\n",
        "smoke: \u{0}\n", "[x]: 1\n", "smoke\nnext: 1\n",
    ])
    func `what stands above the error is there`(rest: String) throws {
        let read = partial("store: /var/lib/nacelle\nlist:\n  - a\n  - b\n" + rest)
        let fault = try #require(read.fault)
        #expect(fault.code == .configuration)
        #expect(try read.fields.string("store") == "/var/lib/nacelle")
        #expect(read.fields.node("smoke") == nil)
        #expect(read.fields.node("next") == nil)
        let line = try #require(Int(fault.message.split(separator: ":")[1]))
        #expect(line >= 5)
    }

    @Test func `a value that the error may belong to does not count`() throws {
        // The second line goes on with the text of the first.
        #expect(partial("store: /var\n  broken: x\n").fields.keys == [])
        #expect(partial("a: 1\nstore: /var: x\n").fields.keys == ["a"])
        #expect(partial("a: 1\nstore: \"/var\" x\n").fields.keys == ["a"])
        #expect(partial("a: 1\nstore: [/var\n").fields.keys == ["a"])
        #expect(partial("a: 1\nstore: |\n  text\n b: 1\n").fields.keys == ["a"])
    }

    @Test func `a key that stands twice counts not at all`() throws {
        let read = partial("a: 1\nstore: /x\nb: 2\nstore: /y\nc: 3\n")
        #expect(read.fields.keys == ["a", "b"])
        #expect(try #require(read.fault).message.contains("twice"))
    }

    @Test func `bytes that are not UTF-8 hurt their own line alone`() throws {
        let head = Array("store: /x\nname: y\n".utf8)
        let read = YAMLReader.readTopLevelTolerantly(
            head + Array("note: ".utf8) + [0xE9, 0x0A], file: "a.yaml")
        #expect(read.fields.keys == ["store", "name"])
        #expect(try #require(read.fault).message.hasPrefix("a.yaml:3:7:"))
        // Here the broken line goes on with the value before it.
        #expect(partial("a: 1\nb:\n  c: 1\n\n d: 2\n").fields.keys == ["a"])
        let continued = YAMLReader.readTopLevelTolerantly(
            head + Array("  and ".utf8) + [0xE9, 0x0A], file: "a.yaml")
        #expect(continued.fields.keys == ["store"])
    }

    @Test func `the head of a file that is too long is read`() throws {
        let text = "store: /x\n" + String(repeating: "# comment\n", count: 110_000)
        let read = partial(text)
        #expect(read.fields.keys == ["store"])
        #expect(try #require(read.fault).message.contains("more than 1048576 bytes"))
    }

    @Test func `nothing readable gives nothing and a fault`() throws {
        for text in ["", "- a\n", "text", "\u{0}", "%x\n", "{"] {
            let read = partial(text)
            #expect(read.fields.keys == [])
            #expect(read.fault != nil)
        }
    }
}
