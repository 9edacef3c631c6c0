import Archive
import DurableFiles
import Faults
import TestKit
import Testing

@Suite struct HeaderWatchTests {
    /// Where pieces end is the source's choice: what is judged must not depend on it.
    private static let pieces = [1, 7, 300, 511, 512, 513, 1000, 1024, 100_000]

    private func expectUnsafe(
        _ bytes: [UInt8], _ says: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for pieces in Self.pieces {
            let fault = try fault(sourceLocation: sourceLocation) {
                try read(bytes, pieces: pieces)
            }
            #expect(
                fault.code == .unsafeArchive, "\(pieces): \(fault)", sourceLocation: sourceLocation)
            #expect(
                fault.message.contains(says), "\(pieces): \(fault)", sourceLocation: sourceLocation)
        }
    }

    @Test func `a global pax header is refused wherever it stands`() throws {
        var first = RawTar()
        first.addPax([("comment", Array("0123456789abcdef".utf8))], type: "g")
        first.add("f", content: [1])
        try expectUnsafe(first.ended, "“f” (entry 1) has a global pax header")
        var between = RawTar()
        between.add("d", type: "5", mode: 0o755)
        between.add("f", content: [UInt8](repeating: 1, count: 1000))
        between.addPax([("mtime", Array("1".utf8))], type: "x")
        between.addPax([("mtime", Array("1".utf8))], type: "g")
        between.add("g", content: [2])
        try expectUnsafe(between.ended, "“g” (entry 3) has a global pax header")
    }

    @Test(arguments: ["7", "8", "9", "Z", "a", "D", "M", "V", "X", "N"] as [Character])
    func `a header of a kind that is not ours is refused`(type: Character) throws {
        for pieces in Self.pieces {
            var tar = RawTar()
            tar.add("before", content: [1])
            tar.add("f", type: type)
            tar.add("behind", content: [2])
            let fault = try fault { try read(tar.ended, pieces: pieces) }
            #expect([.unsafeArchive, .malformed].contains(fault.code), "\(pieces): \(fault)")
        }
    }

    @Test func `a contiguous file is named in the refusal`() throws {
        var tar = RawTar()
        tar.add("f", type: "7", content: [1])
        try expectUnsafe(tar.ended, "“f” (entry 1) has a header of the kind “7”")
    }

    @Test func `a zero byte in a pax record is refused, and not where the name is cut`() throws {
        for (key, value) in [
            ("path", "cut\0tail"), ("path", "cut\0"), ("linkpath", "a\0b"), ("comment", "a\0b"),
        ] {
            var tar = RawTar()
            tar.add("a", content: [1])
            tar.addPax(key, value)
            tar.add("l", type: "2", link: "a")
            try expectUnsafe(tar.ended, "has a zero byte in its pax header")
        }
    }

    @Test func `a zero byte in a GNU long name may only end it`() throws {
        for type: Character in ["L", "K"] {
            var tar = RawTar()
            tar.add("a", content: [1])
            tar.add("././@LongLink", type: type, content: Array("a-1\0tail\0".utf8))
            tar.add("l", type: "2", link: "a")
            try expectUnsafe(tar.ended, "has a zero byte in its long name")
        }
    }

    @Test func `honest headers of each form are read, whatever the pieces`() throws {
        let long = String(repeating: "n", count: 180)
        var tar = RawTar()
        tar.add("old", type: "\0", content: [UInt8](repeating: 1, count: 512))
        tar.add("././@LongLink", type: "L", content: Array(long.utf8) + [0])
        tar.add("cut", content: [1, 2, 3])
        tar.add("././@LongLink", type: "K", content: Array(long.utf8) + [0, 0, 0])
        tar.add("link", type: "2", link: "cut")
        tar.addPax("path", "modèle")
        tar.add("m", content: [UInt8](repeating: 0, count: 2000))
        tar.addPax("comment", String(repeating: "c", count: 600))
        tar.add("hard", type: "1", link: "modèle")
        tar.add("d", type: "5", mode: 0o755)
        for pieces in Self.pieces {
            let recorder = Recorder()
            try read(tar.ended, pieces: pieces, into: recorder)
            #expect(recorder.entries.map(\.path) == ["old", long, "link", "modèle", "hard", "d"])
        }
        try withScratch { scratch in
            let source = try scratch.make("source")
            try makeSample(source)
            let bytes = try pack(source)
            for pieces in Self.pieces { try read(bytes, pieces: pieces) }
        }
    }

    @Test func `a special header's size is octal or the header is refused`() throws {
        let content = Array("14 comment=ab\n".utf8)
        let fields: [[UInt8]] = [
            [0x80] + [UInt8](repeating: 0, count: 10) + [UInt8(content.count)],
            Array("+0000000016 ".utf8), Array("0000000016x\0".utf8),
        ]
        for field in fields {
            var tar = RawTar()
            tar.add("PaxHeader", type: "x", sizeField: field, content: content)
            tar.add("f", content: [1])
            for pieces in Self.pieces {
                let fault = try fault { try read(tar.ended, pieces: pieces) }
                #expect([.unsafeArchive, .malformed].contains(fault.code), "\(fault)")
            }
        }
        var spaced = RawTar()
        spaced.add("PaxHeader", type: "x", sizeField: Array("         16 ".utf8), content: content)
        spaced.add("f", content: [1])
        try read(spaced.ended)
    }
}
