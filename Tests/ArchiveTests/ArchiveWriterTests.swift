import Archive
import Faults
import Testing
import TestKit

@Suite struct ArchiveWriterTests {
    private let sample: [(ArchiveEntry, [UInt8])] = [
        (ArchiveEntry(path: "bin", kind: .directory, permissions: 0o755), []),
        (
            ArchiveEntry(path: "bin/run", kind: .file, permissions: 0o755, size: 700),
            [UInt8](repeating: 9, count: 700)
        ),
        (
            ArchiveEntry(path: "bin/modèle.onnx", kind: .file, permissions: 0o644, size: 3),
            [1, 2, 3]
        ),
        (ArchiveEntry(path: "bin/zero", kind: .file, permissions: 0o644), []),
        (
            ArchiveEntry(
                path: "l", kind: .symbolicLink(target: "bin/modèle.onnx"), permissions: 0o777),
            []
        ),
        (ArchiveEntry(path: "r", kind: .hardLink(target: "bin/run"), permissions: 0o755), []),
    ]

    private func write(
        to sink: MemorySink, _ step: (Int, String) -> Void = { _, _ in }
    ) throws {
        var writer = try ArchiveWriter.to(sink)
        for (entry, content) in sample {
            try writer.begin(entry)
            step(sink.bytes.count, "header")
            try writer.write(content.span)
            step(sink.bytes.count, "data")
            try writer.finishEntry()
            step(sink.bytes.count, "entry")
        }
        try writer.close()
    }

    @Test func `what was written is read, entry by entry`() throws {
        let sink = MemorySink()
        try write(to: sink)
        for pieces in [1, 7, 511, 512, 513, 1 << 20] {
            let recorder = Recorder()
            let totals = try read(sink.bytes, pieces: pieces, into: recorder)
            #expect(recorder.entries == sample.map(\.0))
            #expect(recorder.contents == sample.map(\.1))
            #expect(recorder.ended == sample.count)
            #expect(totals.entries == sample.count)
            #expect(totals.fileBytes == 703)
            #expect(totals.streamBytes == Int64(sink.bytes.count))
        }
    }

    @Test func `two runs give the same bytes and nothing of owner, time or padding`() throws {
        let first = MemorySink()
        let second = MemorySink()
        try write(to: first)
        try write(to: second)
        #expect(first.bytes == second.bytes)
        #expect(first.bytes.count % 512 == 0)
        #expect(first.bytes.suffix(1024).allSatisfy { $0 == 0 })
        // The last header is the hard link's; nothing but the two zero blocks follows it.
        #expect(first.bytes.dropLast(1024).suffix(512).first == UInt8(ascii: "r"))
        let header = first.bytes.prefix(512)
        #expect(String(decoding: header[108..<124], as: UTF8.self) == "000000 \0000000 \0")
        #expect(String(decoding: header[136..<147], as: UTF8.self) == "00000000000")
        #expect(header[265..<329].allSatisfy { $0 == 0 })
    }

    @Test func `the sink has seen the whole header when an entry has begun, and all data`() throws {
        let sink = MemorySink()
        var start = 0
        var index = 0
        var steps: [(Int, String)] = []
        try write(to: sink) { steps.append(($0, $1)) }
        for (count, what) in steps {
            let content = sample[index].1
            switch what {
            case "header":
                #expect(count % 512 == 0)
                #expect(count > start)
                start = count
            case "data":
                #expect(count == start + content.count)
                #expect(Array(sink.bytes[start..<count]) == content)
            default:
                #expect(count == start + (content.count + 511) / 512 * 512)
                start = count
                index += 1
            }
        }
        #expect(index == sample.count)
        #expect(sink.bytes.count == start + 1024)
    }

    @Test func `a name that is not ASCII gets a pax header in UTF-8`() throws {
        let sink = MemorySink()
        try write(to: sink)
        let text = String(decoding: sink.bytes, as: UTF8.self)
        #expect(text.contains(" path=bin/modèle.onnx\n"))
        #expect(text.contains(" linkpath=bin/modèle.onnx\n"))
    }

    @Test(arguments: [
        "\u{915}\u{93c}", "\u{5d9}\u{5b4}", "\u{f42}\u{fb7}", "\u{ac01}", "ạ\u{301}", "🧪🏽",
        "x\u{1dfa}\u{316}", "x\u{1ac1}", "\u{2add}\u{338}", "\u{1d157}\u{1d165}", "ß\u{1e9e}",
        "\u{390}\u{300}", "\u{110ab}x",
    ])
    func `a name in normal form C comes back byte for byte`(name: String) throws {
        var copy = name.utf8Span
        let isNormal = copy.checkForNFC(quickCheck: false)
        try #require(isNormal)
        let entry = ArchiveEntry(path: name, kind: .file, permissions: 0o644)
        let sink = MemorySink()
        var writer = try ArchiveWriter.to(sink)
        try writer.begin(entry)
        try writer.finishEntry()
        try writer.close()
        let recorder = Recorder()
        try read(sink.bytes, into: recorder)
        #expect(Array((recorder.entries.first?.path ?? "").utf8) == Array(name.utf8))
    }

    @Test func `a size of more than 8 GiB gets a pax header`() throws {
        let sink = MemorySink()
        var writer = try ArchiveWriter.to(sink)
        let size: Int64 = 9 << 30
        try writer.begin(ArchiveEntry(path: "big", kind: .file, permissions: 0o644, size: size))
        #expect(String(decoding: sink.bytes, as: UTF8.self).contains(" size=\(size)\n"))
        let said = try fault { try read(sink.bytes, rules: .unsized) }
        #expect(said.code == .malformed)
        #expect(try fault { try read(sink.bytes) }.message.contains("\(size) bytes"))
    }

    @Test func `the sink's own fault comes out, at whatever byte it stops`() throws {
        let whole = MemorySink()
        try write(to: whole)
        for limit in stride(from: 0, to: whole.bytes.count, by: 100) {
            let sink = MemorySink()
            sink.failsAfter = limit
            let fault = try fault { try write(to: sink) }
            #expect(fault == Fault(.noSpace, "The sink of the test is full."))
            #expect(sink.bytes.count <= limit)
            #expect(Array(whole.bytes.prefix(sink.bytes.count)) == sink.bytes)
        }
    }

    @Test func `a writer that is dropped writes no end`() throws {
        let sink = MemorySink()
        do {
            var writer = try ArchiveWriter.to(sink)
            try writer.begin(sample[0].0)
            try writer.finishEntry()
        }
        #expect(sink.bytes.count == 512)
        #expect(try fault { try read(sink.bytes) }.code == .malformed)
    }

    @Test func `a file that grows or shrinks while it is packed is refused`() throws {
        let entry = ArchiveEntry(path: "f", kind: .file, permissions: 0o644, size: 4)
        var longer = try ArchiveWriter.to(MemorySink())
        try longer.begin(entry)
        try longer.write([1, 2, 3].span)
        #expect(throws: Fault.self) { try longer.write([1, 2].span) }
        var shorter = try ArchiveWriter.to(MemorySink())
        try shorter.begin(entry)
        try shorter.write([1, 2, 3].span)
        do {
            try shorter.finishEntry()
            Issue.record("A short file was taken.")
        } catch {
            #expect(error.code == .source)
            #expect(error.message.contains("shrank by 1 bytes"))
        }
        do {
            try shorter.begin(entry)
            Issue.record("A writer went on after a fault.")
        } catch {
            #expect(error.message.contains("shrank by 1 bytes"))
        }
    }

    @Test func `what the reader would refuse is not written`() throws {
        let sink = MemorySink()
        var writer = try ArchiveWriter.to(sink)
        do {
            try writer.begin(ArchiveEntry(path: "../x", kind: .file, permissions: 0o644))
            Issue.record("An unsafe entry was written.")
        } catch {
            #expect(error.code == .unsafeArchive)
        }
        #expect(sink.bytes.isEmpty)
    }
}
