import Archive
import DurableFiles
import Faults

/// Archives through libarchive, first to a digest, then to a directory.
enum ArchiveTargets {
    static let all = [
        FuzzTarget("archive", "an archive stream, unpacked", longest: 16 << 10, read: archive)
    ]

    /// The input, in pieces as chunks come.
    private final class Source: ArchiveSource {
        private var rest: ArraySlice<UInt8>

        init(_ input: [UInt8]) { rest = input[...] }

        func next(into piece: inout [UInt8]) throws(Fault) -> Int {
            let part = rest.prefix(1000)
            rest = rest.dropFirst(part.count)
            if piece.count < part.count { piece = [UInt8](repeating: 0, count: part.count) }
            piece.replaceSubrange(0..<part.count, with: part)
            return part.count
        }
    }

    /// The input as whole blocks and an end, each header with its right checksum, which a fuzzer
    /// does not find.
    private static func repaired(_ input: [UInt8]) -> [UInt8] {
        var stream = input
        stream += [UInt8](repeating: 0, count: (512 - stream.count % 512) % 512)
        for start in stride(from: 0, to: stream.count, by: 512)
        where stream[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
            let place = (start + 148)..<(start + 156)
            stream.replaceSubrange(place, with: repeatElement(0x20, count: 8))
            let sum = stream[start..<(start + 512)].reduce(0) { $0 + Int($1) }
            let digits = Array(String(sum, radix: 8).utf8)
            let zeros = [UInt8](repeating: 0x30, count: max(6 - digits.count, 0))
            stream.replaceSubrange(place, with: (zeros + digits + [0, 0x20]).suffix(8))
        }
        if stream.suffix(1024).contains(where: { $0 != 0 }) || stream.count < 1024 {
            stream += [UInt8](repeating: 0, count: 1024)
        }
        return stream
    }

    private static func archive(_ bytes: [UInt8]) throws {
        let input = repaired(bytes)
        let rules = EntryRules(maxEntries: 200, maxFileBytes: 1 << 20, maxTotalBytes: 4 << 20)
        let digest = try TreeDigestReceiver()
        let totals = try ArchiveReader.read(from: Source(input), rules: rules, into: digest)
        try hold(totals.entries <= rules.maxEntries, "\(totals.entries) entries")
        try hold(totals.fileBytes <= rules.maxTotalBytes, "\(totals.fileBytes) bytes")
        try hold(totals.streamBytes == Int64(input.count), "the stream was not read to its end")
        let summary = try digest.finish()
        let parent = try Workplace.empty("unpacked")
        try Workplace.put("canary", [1], in: parent)
        let slot = try parent.make("slot")
        let writer = try TreeWriter(below: slot)
        let unpacked = try again("what was digested") {
            _ = try ArchiveReader.read(from: Source(input), rules: rules, into: writer)
            try writer.finish()
            return try TreeScanner(reading: .cached, refusal: .readBack).scan(slot)
        }
        try hold(unpacked.digest == summary.digest, "the disk holds another tree")
        try hold(try parent.names().sorted() == ["canary", "slot"], "something lies outside")
    }
}
