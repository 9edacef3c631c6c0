import Archive
import Faults
import Testing

@Suite struct EntryValidatorTests {
    private func file(_ path: String, size: Int64 = 0, mode: UInt32 = 0o644) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .file, permissions: mode, size: size)
    }

    private func directory(_ path: String, mode: UInt32 = 0o755) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .directory, permissions: mode)
    }

    private func link(_ path: String, _ target: String) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .symbolicLink(target: target), permissions: 0o777)
    }

    private func judge(_ entries: [ArchiveEntry], rules: EntryRules = smallRules) throws {
        var validator = try EntryValidator(rules: rules)
        for entry in entries { try validator.admit(entry) }
    }

    private func refusal(_ entries: [ArchiveEntry], rules: EntryRules = smallRules) throws -> String
    {
        try judge(Array(entries.dropLast()), rules: rules)
        let fault = try fault { try judge(entries, rules: rules) }
        #expect(fault.code == .unsafeArchive)
        return fault.message
    }

    @Test func `an ordinary tree is admitted and counted`() throws {
        var validator = try EntryValidator(rules: smallRules)
        try validator.admit(directory("lib"))
        try validator.admit(file("lib/a.so.1", size: 10))
        try validator.admit(link("lib/a.so", "a.so.1"))
        try validator.admit(link("lib/top", "../lib/a.so"))
        try validator.admit(
            ArchiveEntry(
                path: "lib/b", kind: .hardLink(target: "lib/a.so.1"), permissions: 0o644))
        try validator.admit(file("back\\slash é 日本", size: 5))
        #expect(validator.entries == 6)
        #expect(validator.bytes == 15)
    }

    @Test(arguments: [
        ("", "empty"), ("/etc/passwd", "absolute"), ("..", "“..”"), ("../x", "“..”"),
        ("a/../../x", "“..”"), ("./x", "“.”"), ("a/.", "“.”"), ("a//b", "empty component"),
        ("a/", "empty component"), ("a\0b", "U+0000"), ("a\nb", "U+000A"), ("a\u{7f}", "U+007F"),
        ("a\u{85}b", "U+0085"), ("mode\u{300}le", "normalisation form C"),
        ("\u{1112}\u{1161}\u{11ab}", "normalisation form C"),
        (String(repeating: "x", count: 256), "256 bytes"),
        (String(repeating: "é", count: 128), "256 bytes"),
        (String(repeating: "xxxxxxx/", count: 128) + "y", "1025 bytes"),
        (String(repeating: "x/", count: 64) + "y", "65 components"),
    ])
    func `a path that is none of ours is refused`(path: String, says: String) throws {
        #expect(try refusal([file(path)]).contains(says))
    }

    @Test(
        arguments: [
            0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF,
        ] as [UInt32])
    func `what turns writing around or breaks lines is refused in names`(code: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(code))
        let name = "a\(Character(scalar))b"
        let hex = String(code, radix: 16, uppercase: true)
        for entry in [file(name), directory(name), link("l", name)] {
            let said = try refusal([entry])
            #expect(said.contains(hex.utf8.count < 4 ? "U+0\(hex)" : "U+\(hex)"))
            #expect(!said.unicodeScalars.contains(scalar))
        }
    }

    @Test func `joiners, which some scripts are written with, are admitted`() throws {
        try judge([file("می\u{200C}خواهم"), file("👩\u{200D}🔬"), file("क्\u{200D}ष")])
    }

    @Test func `paths just within the bounds are admitted`() throws {
        try judge([file(String(repeating: "x", count: 255))])
        let parents = (1...63).map {
            directory(Array(repeating: "x", count: $0).joined(separator: "/"))
        }
        try judge(parents + [file(String(repeating: "x/", count: 63) + "y")])
    }

    @Test(arguments: [
        "/etc", "..", "../..", "a/../b", "../x/../y", "./a", "a/", "a//b", "", ".", "a\u{1}",
        "e\u{301}", String(repeating: "y/", count: 600) + "y",
    ])
    func `a link that leaves the tree or could is refused at the top`(target: String) throws {
        #expect(try refusal([link("l", target)]).hasPrefix("“l” (entry 1) is a link"))
    }

    @Test func `a link may climb to the tree's root and no higher`() throws {
        let parents = [directory("a"), directory("a/b")]
        try judge(parents + [link("a/b/l", "../../x")])
        try judge(parents + [link("a/b/l", "../..")])
        #expect(try refusal(parents + [link("a/b/l", "../../../x")]).contains("leaves the tree"))
    }

    @Test func `what stands below anything but an earlier directory is refused`() throws {
        #expect(try refusal([file("a/b")]).contains("does not precede"))
        #expect(try refusal([file("a"), file("a/b")]).contains("below a file"))
        #expect(
            try refusal([directory("d"), link("l", "d"), file("l/b")]).contains(
                "below a symbolic link"))
    }

    @Test func `a path that comes twice is refused, whatever the kinds`() throws {
        for second in [file("a"), directory("a"), link("a", "b")] {
            for first in [file("a"), directory("a"), link("a", "b")] {
                #expect(try refusal([first, second]).contains("twice"))
            }
        }
    }

    @Test func `a hard link needs an earlier file of its own name`() throws {
        func hard(_ target: String) -> ArchiveEntry {
            ArchiveEntry(path: "z", kind: .hardLink(target: target), permissions: 0o644)
        }
        for target in ["later", "/etc/passwd", "../x", "d", "l", "z", "", "d/../f"] {
            let said = try refusal([file("f"), directory("d"), link("l", "f"), hard(target)])
            #expect(said.contains("no file that precedes it"))
        }
    }

    @Test func `bits beyond the permissions, and none for the owner, are refused`() throws {
        for mode: UInt32 in [0o4755, 0o2755, 0o1755, 0o10644] {
            #expect(try refusal([file("a", mode: mode)]).contains("set-user-id"))
            #expect(try refusal([directory("a", mode: mode)]).contains("set-user-id"))
        }
        #expect(try refusal([file("a", mode: 0o044)]).contains("mode 44"))
        #expect(try refusal([directory("a", mode: 0o655)]).contains("mode 655"))
    }

    @Test func `sizes are bounded one by one and together, without overflow`() throws {
        let rules = EntryRules(maxFileBytes: 100, maxTotalBytes: 150)
        #expect(try refusal([file("a", size: -1)], rules: rules).contains("-1"))
        #expect(try refusal([file("a", size: 101)], rules: rules).contains("at most 100"))
        #expect(
            try refusal([file("a", size: 100), file("b", size: 51)], rules: rules).contains(
                "at most 150"))
        try judge([file("a", size: 100), file("b", size: 50)], rules: rules)
        let huge = [file("a", size: .max), file("b", size: 1)]
        #expect(try refusal(huge, rules: .unsized).contains("together"))
        try judge([file("a", size: 9 << 30)], rules: .unsized)
    }

    @Test func `only files have content`() throws {
        let entry = ArchiveEntry(path: "d", kind: .directory, permissions: 0o755, size: 1)
        #expect(try refusal([entry]).contains("only files"))
    }

    @Test func `entries are counted`() throws {
        let rules = EntryRules(maxEntries: 3, maxFileBytes: 1, maxTotalBytes: 1)
        let entries = ["a", "b", "c", "d"].map { file($0) }
        #expect(try refusal(entries, rules: rules).contains("the most entries that may be, 3"))
    }

    @Test func `a message shows no control characters and is bounded`() throws {
        let said = try refusal([file("\u{1b}[31m\u{202e}" + String(repeating: "x", count: 100_000))]
        )
        #expect(said.contains("\\u{1b}[31m\\u{202e}"))
        #expect(said.utf8.count < 1000)
        #expect(!said.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
    }
}
