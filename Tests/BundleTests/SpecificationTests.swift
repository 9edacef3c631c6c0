import Glibc
import Sealing
import StrictJSON
import Testing

@testable import Bundle

/// Holds the numbers of `docs/bundle-format.md` against the code.
@Suite struct SpecificationTests {
    private func specification() throws -> String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        let path = "/" + parts.joined(separator: "/") + "/docs/bundle-format.md"
        let file = try #require(fopen(path, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return try #require(String(validating: bytes[..<count], as: UTF8.self))
    }

    /// The rows of the first table below a heading.
    private func rows(below heading: String) throws -> [[String]] {
        let lines = try specification().split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "## \(heading)"), "no heading \(heading)")
        let table = lines[start...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return table.dropFirst(2).map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { cell in
                    let inner = cell.drop { $0 == " " }
                    return String(inner.reversed().drop { $0 == " " }.reversed())
                }
        }
    }

    @Test func `every limit is in the document with its number`() throws {
        let limits: [(String, Int64)] = [
            ("bytes of the envelope", Int64(BundleLimits.envelopeBytes)),
            ("bytes of the manifest", Int64(BundleLimits.manifestBytes)),
            ("recipients", Int64(BundleLimits.recipients)),
            ("bytes of the list of recipients", Int64(Recipients.maximumLength)),
            ("bytes of the index", BundleLimits.indexBytes),
            ("bytes of a page as stored", Int64(BundleLimits.pageBytes)),
            ("pages", Int64(BundleLimits.pages)), ("chunks", Int64(BundleLimits.chunks)),
            ("base paths", Int64(BundleLimits.basePaths)),
            ("bytes of all base paths", Int64(BundleLimits.basePathBytes)),
            ("bytes of a path", Int64(BundleLimits.pathBytes)),
            ("plain bytes of a chunk", Int64(BundleLimits.chunkBytes)),
            ("stored bytes of a chunk", Int64(BundleLimits.storedChunkBytes)),
            ("bytes of a base range", Int64(BundleLimits.baseRangeBytes)),
            ("entries of the tree", Int64(BundleLimits.treeEntries)),
            ("bytes of the archive stream", BundleLimits.streamBytes),
            ("bytes of the pack", BundleLimits.packBytes),
        ]
        #expect(try rows(below: "Limits") == limits.map { [$0.0, "\($0.1)"] })
    }

    @Test func `every codec is in the document with its code`() throws {
        let rows = try rows(below: "Codecs")
        let codecs = ChunkCodec.allCases.map { codec in
            [
                "\(codec.rawValue)", "`\(codec)`", codec.hasWidth ? "yes" : "",
                codec.isStored ? "yes" : "", codec.hasBase ? "yes" : "",
            ]
        }
        #expect(rows.map { Array($0.prefix(5)) } == codecs)
    }

    @Test func `every member of a manifest is in the document`() throws {
        let text = try specification()
        func check(_ value: JSONValue, _ prefix: String) {
            guard case .object(let members) = value else { return }
            for member in members {
                let name = prefix + member.key
                switch member.key {
                case "requires", "tree", "stream", "index", "pack", "sealing", "delta", "probation":
                    check(member.value, name + ".")
                case "smoke", "reference", "provenance":
                    #expect(text.contains("| `\(member.key)` |"))
                default: #expect(text.contains("| `\(name)` |"), "\(name)")
                }
            }
        }
        check(try fullManifest().json, "")
    }

    @Test func `every member and limit of a document on the origin is in the document`() throws {
        let text = try specification()
        let digest = try #require(Digest(hex: hexDigest))
        for place in [ProvenanceDocument.Place.tree(path: "a"), .address("a:b")] {
            let document = ProvenanceDocument(
                name: "a", kind: .spdx, version: "1", predicateType: "a:b", envelope: .dsse,
                digest: digest, size: 1, place: place)
            guard case .object(let members) = document.json else { continue }
            for member in members { #expect(text.contains("| `\(member.key)` |")) }
        }
        for word in ProvenanceDocument.Kind.allCases.map(\.rawValue)
            + ProvenanceDocument.Envelope.allCases.map(\.rawValue)
        {
            #expect(text.contains("`\(word)`"))
        }
        #expect(text.contains("at most \(ProvenanceDocument.countLimit) objects"))
        #expect(text.contains("1 to \(ProvenanceDocument.byteLimit);"))
        #expect(text.contains("1 to \(ProvenanceDocument.textLimit) characters"))
    }

    @Test func `the preamble in the document has its 64 bytes`() throws {
        let rows = try rows(below: "Preamble")
        let widths = ["8 bytes": 8, "16 bytes": 16, "u16": 2, "u32": 4, "u64": 8]
        var offset = 0
        for row in rows {
            #expect(row[0] == "\(offset)")
            offset += try #require(widths[row[1]])
        }
        #expect(offset == Preamble.length)
        #expect(rows[0][2].contains("`89 4E 43 4C 0D 0A 1A 0A`"))
    }
}
