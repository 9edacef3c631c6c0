import Archive
import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@Suite struct HostileArchiveTests {
    /// Unpacks into `tree` beside a directory that nothing may reach, and returns the fault.
    private func refusal(
        of bytes: [UInt8], rules: EntryRules = smallRules,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Fault {
        try withScratch { scratch in
            let canary = try scratch.make("outside")
            try makeFile(canary, "victim", [1, 2, 3])
            let before = try summary(scratch)
            let tree = try scratch.make("tree")
            let fault = try fault(sourceLocation: sourceLocation) {
                let writer = try TreeWriter(below: tree)
                try read(bytes, rules: rules, into: writer)
            }
            try scratch.removeTree("tree")
            #expect(try summary(scratch) == before, sourceLocation: sourceLocation)
            return fault
        }
    }

    private func expectUnsafe(
        _ bytes: [UInt8], _ says: String, rules: EntryRules = smallRules,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let fault = try refusal(of: bytes, rules: rules, sourceLocation: sourceLocation)
        #expect(fault.code == .unsafeArchive, "\(fault)", sourceLocation: sourceLocation)
        #expect(fault.message.contains(says), "\(fault)", sourceLocation: sourceLocation)
    }

    @Test func `names that lead out of the tree are refused`() throws {
        try expectUnsafe(RawTar.one("/tmp/nacelle-evil", content: [1]), "absolute")
        try expectUnsafe(RawTar.one("../outside/victim", content: [1]), "“..”")
        try expectUnsafe(RawTar.one("./file", content: [1]), "“.”")
        try expectUnsafe(RawTar.one("a\nb", content: [1]), "U+000A")
        try expectUnsafe(RawTar.one("", rawName: [0x61, 0xFF, 0x62]), "not UTF-8")
        try expectUnsafe(RawTar.one("./", type: "5", mode: 0o755), "“.”")
        try expectUnsafe(RawTar.one("..", type: "5", mode: 0o755), "“..”")
        try expectUnsafe(RawTar.one("/", type: "5", mode: 0o755), "absolute")
    }

    @Test func `names in pax headers and GNU long names are judged as well`() throws {
        for name in ["/etc/evil", "../outside/victim", "a/../../outside/x", "x\u{7}"] {
            var pax = RawTar()
            pax.addPax("path", name)
            pax.add("harmless", content: [1])
            try expectUnsafe(pax.ended, "(entry 1)")
            var gnu = RawTar()
            gnu.add("././@LongLink", type: "L", content: Array(name.utf8) + [0])
            gnu.add("harmless", content: [1])
            try expectUnsafe(gnu.ended, "(entry 1)")
        }
        var link = RawTar()
        link.addPax("linkpath", "../outside")
        link.add("l", type: "2", link: "harmless")
        try expectUnsafe(link.ended, "leaves the tree")
    }

    @Test func `a name that is not in normal form C is refused where it stands in a plain header`()
        throws
    {
        try expectUnsafe(RawTar.one("mode\u{300}le", content: [1]), "form C")
    }

    /// libarchive itself brings names from pax headers into form C.
    @Test func `a pax name that is not in normal form C does not arrive as such`() throws {
        var tar = RawTar()
        tar.addPax("path", "mode\u{300}le")
        tar.add("m", content: [1])
        tar.addPax("path", "mod\u{e8}le")
        tar.add("n", content: [1])
        try expectUnsafe(tar.ended, "twice")
    }

    @Test func `a link out of the tree is refused, and so is writing through a link`() throws {
        var escape = RawTar()
        escape.add("l", type: "2", link: "../outside")
        escape.add("l/victim", content: [9])
        try expectUnsafe(escape.ended, "leaves the tree")
        var through = RawTar()
        through.add("d", type: "5", mode: 0o755)
        through.add("l", type: "2", link: "d")
        through.add("l/file", content: [9])
        try expectUnsafe(through.ended, "below a symbolic link")
        var replaced = RawTar()
        replaced.add("l", type: "2", link: "elsewhere")
        replaced.add("l", content: [9])
        try expectUnsafe(replaced.ended, "twice")
        // Two links of which neither leaves by its text, and together they would.
        var pair = RawTar()
        pair.add("d", type: "5", mode: 0o755)
        pair.add("d/s", type: "2", link: "..")
        pair.add("t", type: "2", link: "d/s/../outside")
        try expectUnsafe(pair.ended, "after a name")
    }

    @Test func `a hard link goes only to an earlier file of the archive`() throws {
        try expectUnsafe(RawTar.one("h", type: "1", link: "/etc/passwd"), "no file that precedes")
        try expectUnsafe(RawTar.one("h", type: "1", link: "../outside/victim"), "no file that")
        var later = RawTar()
        later.add("h", type: "1", link: "later")
        later.add("later", content: [1])
        try expectUnsafe(later.ended, "no file that precedes")
        var toLink = RawTar()
        toLink.add("l", type: "2", link: "nowhere")
        toLink.add("h", type: "1", link: "l")
        try expectUnsafe(toLink.ended, "no file that precedes")
        var withContent = RawTar()
        withContent.add("f", content: [1])
        withContent.addPax("size", "3")
        withContent.add("h", type: "1", link: "f", content: [1, 2, 3])
        #expect([.unsafeArchive, .malformed].contains(try refusal(of: withContent.ended).code))
    }

    @Test func `devices, pipes and special modes are refused`() throws {
        try expectUnsafe(RawTar.one("c", type: "3"), "device")
        try expectUnsafe(RawTar.one("b", type: "4"), "device")
        try expectUnsafe(RawTar.one("p", type: "6"), "pipe")
        try expectUnsafe(RawTar.one("s", mode: 0o4755), "4755")
        try expectUnsafe(RawTar.one("s", mode: 0o2755), "2755")
        try expectUnsafe(RawTar.one("s", type: "5", mode: 0o1777), "1777")
    }

    @Test func `what stands twice or in a file's place is refused`() throws {
        var twice = RawTar()
        twice.add("f", content: [1])
        twice.add("f", content: [2])
        try expectUnsafe(twice.ended, "twice")
        var below = RawTar()
        below.add("f", content: [1])
        below.add("f/g", content: [2])
        try expectUnsafe(below.ended, "below a file")
        var directory = RawTar()
        directory.add("f", content: [1])
        directory.add("f/", type: "5", mode: 0o755)
        try expectUnsafe(directory.ended, "twice")
        try expectUnsafe(RawTar.one("d/f", content: [1]), "does not precede")
    }

    @Test func `attributes that we would drop are refused`() throws {
        let records = [
            ("SCHILY.xattr.user.a", "b"), ("LIBARCHIVE.xattr.user.a", "Yg=="),
            ("SCHILY.xattr.security.capability", "x"),
            ("SCHILY.acl.access", "user::rw-,user:1:rwx,group::r--,mask::rwx,other::r--"),
            ("SCHILY.fflags", "immutable"),
        ]
        for (key, value) in records {
            var tar = RawTar()
            tar.addPax(key, value)
            tar.add("f", content: [1])
            try expectUnsafe(tar.ended, "not kept")
        }
    }

    @Test func `sparse files are refused in each of their forms`() throws {
        var old = RawTar()
        old.addPax([
            ("GNU.sparse.name", Array("f".utf8)), ("GNU.sparse.size", Array("100000".utf8)),
            ("GNU.sparse.numblocks", Array("2".utf8)),
            ("GNU.sparse.map", Array("0,3,99999,1".utf8)),
        ])
        old.add("f", content: [1, 2, 3, 4])
        try expectUnsafe(old.ended, "sparse")
        var new = RawTar()
        new.addPax([
            ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
            ("GNU.sparse.name", Array("f".utf8)), ("GNU.sparse.realsize", Array("100000".utf8)),
        ])
        let map = Array("2\n0\n3\n99999\n1\n".utf8)
        new.add(
            "f", content: map + [UInt8](repeating: 0, count: 512 - map.count) + [1, 2, 3, 4])
        try expectUnsafe(new.ended, "sparse")
        var schily = RawTar()
        schily.addPax([
            ("SCHILY.realsize", Array("100000".utf8))
        ])
        schily.add("f", content: [1, 2, 3, 4])
        #expect(throws: Fault.self) { try read(schily.ended) }
    }

    @Test func `sizes over the bounds, negative or of too many digits are refused`() throws {
        let rules = EntryRules(maxFileBytes: 10, maxTotalBytes: 15)
        try expectUnsafe(
            RawTar.one("f", content: [UInt8](repeating: 1, count: 11)), "at most 10", rules: rules)
        var together = RawTar()
        together.add("f", content: [UInt8](repeating: 1, count: 8))
        together.add("g", content: [UInt8](repeating: 1, count: 8))
        try expectUnsafe(together.ended, "at most 15", rules: rules)
        let fields: [[UInt8]] = [
            [0x80] + [UInt8](repeating: 0, count: 3) + [0x7F] + [UInt8](repeating: 0xFF, count: 7),
            [0xFF] + [UInt8](repeating: 0xFF, count: 11),
            [0x80] + [UInt8](repeating: 0xFF, count: 11),
            [0xFF] + [UInt8](repeating: 0, count: 11),
            Array("777777777777".utf8), Array("-1         \0".utf8),
        ]
        for field in fields {
            let fault = try refusal(of: RawTar.one("f", sizeField: field, content: [1, 2, 3]))
            #expect([.unsafeArchive, .malformed].contains(fault.code), "\(fault)")
        }
        for size in ["-1", "99999999999999999999", "9223372036854775807", "9223372036854775808"] {
            var pax = RawTar()
            pax.addPax("size", size)
            pax.add("f", content: [1, 2, 3])
            let fault = try refusal(of: pax.ended)
            #expect([.unsafeArchive, .malformed].contains(fault.code), "\(fault)")
        }
    }

    @Test func `a size in base 256 is read like any other`() throws {
        let recorder = Recorder()
        let field: [UInt8] = [0x80] + [UInt8](repeating: 0, count: 10) + [3]
        try read(RawTar.one("f", sizeField: field, content: [1, 2, 3]), into: recorder)
        #expect(recorder.contents == [[1, 2, 3]])
    }

    @Test func `too many entries are refused at the first too many`() throws {
        var tar = RawTar()
        for number in 0..<200 { tar.add("f\(number)") }
        let rules = EntryRules(maxEntries: 150, maxFileBytes: 1, maxTotalBytes: 1)
        try expectUnsafe(tar.ended, "the most entries that may be, 150", rules: rules)
    }

    @Test func `endless special headers end with a fault`() throws {
        for type: Character in ["g", "x", "K", "L"] {
            var tar = RawTar()
            for _ in 0..<5000 {
                if type == "g" || type == "x" {
                    tar.addPax([("comment", [0x61])], type: type)
                } else {
                    tar.add("././@LongLink", type: type, content: Array("name\0".utf8))
                }
            }
            tar.add("f", content: [1])
            let fault = try refusal(of: tar.ended)
            #expect([.malformed, .unsafeArchive].contains(fault.code), "\(type) \(fault)")
        }
        var huge = RawTar()
        huge.add("x", type: "x", size: 1 << 30)
        #expect(try refusal(of: huge.ended).code == .malformed)
    }

    @Test func `an archive without its end is refused at every block`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            try makeSample(source)
            let bytes = try pack(source)
            for count in stride(from: 0, to: bytes.count, by: 512) {
                let fault = try fault { try read(Array(bytes.prefix(count))) }
                #expect(fault.code == .malformed, "\(count): \(fault)")
            }
            for count in stride(from: 1, to: bytes.count, by: 337) {
                #expect(throws: Fault.self) { try read(Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func `a file whose last blocks are zeros does not stand in for the end`() throws {
        var tar = RawTar()
        tar.add("f", content: [1] + [UInt8](repeating: 0, count: 4095))
        #expect(try fault { try read(tar.bytes) }.message.contains("stops 0 bytes after"))
        try read(tar.ended)
    }

    @Test func `anything but zeros after the end is refused, and the source is read out`() throws {
        let good = RawTar.one("f", content: [1])
        try read(good + [UInt8](repeating: 0, count: 9 * 512))
        for tail in [[1], [UInt8](repeating: 0, count: 511) + [1], good, Array("garbage".utf8)] {
            let bytes = good + tail + [UInt8](repeating: 0, count: 512 - tail.count % 512)
            let source = PieceSource(bytes, size: 300)
            let fault = try fault {
                _ = try ArchiveReader.read(from: source, rules: smallRules, into: Recorder())
            }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("must be zeros"))
            #expect(source.given == bytes.count)
        }
        #expect(throws: Fault.self) { try read(good + [0]) }
    }

    @Test func `other formats and filters are not archives`() throws {
        let others: [[UInt8]] = [
            [], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 2000),
            [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 7, count: 2000),
            Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 2000),
            Array("070701".utf8) + [UInt8](repeating: 0x30, count: 2000),
            Array("070707".utf8) + [UInt8](repeating: 0x30, count: 2000),
            Array("!<arch>\n".utf8) + [UInt8](repeating: 0x20, count: 2000),
            Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C] + [UInt8](repeating: 0, count: 2000),
            Array("#mtree\nf type=file\n".utf8), [UInt8](repeating: 0xFF, count: 5000),
        ]
        for bytes in others {
            #expect(try refusal(of: bytes).code == .malformed)
        }
    }

    @Test func `zeros alone are an empty archive`() throws {
        let totals = try read([UInt8](repeating: 0, count: 1024))
        #expect(totals.entries == 0)
        #expect(totals.streamBytes == 1024)
    }

    @Test func `the source's and the receiver's own faults come out unchanged`() throws {
        var tar = RawTar()
        for number in 0..<5 { tar.add("f\(number)", content: [UInt8](repeating: 1, count: 700)) }
        let bytes = tar.ended
        for limit in stride(from: 0, to: bytes.count, by: 100) {
            let source = PieceSource(bytes, size: 100)
            source.failsAfter = limit
            let fault = try fault {
                _ = try ArchiveReader.read(from: source, rules: smallRules, into: Recorder())
            }
            #expect(fault == Fault(.malformed, "The source of the test broke."))
        }
        let recorder = Recorder()
        recorder.refuses = "f3"
        #expect(
            try fault { try read(bytes, into: recorder) }
                == Fault(.busy, "The receiver of the test refuses."))
        #expect(recorder.entries.count == 3)
    }

    @Test func `no flipped byte traps or leads out of the tree`() throws {
        var tar = RawTar()
        tar.add("d", type: "5", mode: 0o755)
        tar.addPax("path", "d/modèle.onnx")
        tar.add("d/m", content: [1, 2, 3])
        tar.add("d/l", type: "2", link: "../f")
        tar.add("f", mode: 0o755, content: [UInt8](repeating: 5, count: 600))
        tar.add("h", type: "1", link: "f")
        let good = tar.ended
        try withScratch { scratch in
            let canary = try scratch.make("outside")
            try makeFile(canary, "victim", [1, 2, 3])
            let before = try summary(scratch)
            func expectOrderly(_ body: () throws -> Void) throws {
                do {
                    try body()
                } catch let fault as Fault {
                    #expect([.malformed, .unsafeArchive].contains(fault.code), "\(fault)")
                }
            }
            for index in good.indices {
                for (number, change) in [UInt8(0x01), 0x80, 0xFF].enumerated() {
                    var bytes = good
                    bytes[index] ^= change
                    try expectOrderly { try read(bytes) }
                    guard index % 9 == number else { continue }
                    let tree = try scratch.make("tree")
                    try expectOrderly { try unpack(bytes, below: tree) }
                    try scratch.removeTree("tree")
                }
            }
            #expect(try summary(scratch) == before)
        }
    }
}
