import Bundle
import Faults
import Install
import Sealing
import TestKit
import Testing

/// Indexes that lie, each under a valid signature and with right digests all the way down.
@Suite struct HostileIndexTests {
    private func expectRefused(
        _ words: String, code: FaultCode = .malformed, sealed: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout BundleMaker) -> Void
    ) throws {
        var maker = sealed ? BundleMaker.sealed : BundleMaker()
        change(&maker)
        let fault = try refusal(of: maker, sourceLocation: sourceLocation)
        #expect(fault.code == code, sourceLocation: sourceLocation)
        #expect(fault.message.contains(words), "\(fault.message)", sourceLocation: sourceLocation)
    }

    @Test func `two pages that changed places are refused, though both are signed`() throws {
        for sealed in [false, true] {
            try expectRefused("Page 0 of the index does not go on", sealed: sealed) {
                $0.bendPages = { $0.swapAt(0, 1) }
            }
        }
        try expectRefused("Page 0 of the index does not open", sealed: true) {
            $0.bendStoredPages = { $0.swapAt(0, 1) }
        }
    }

    @Test func `a page that comes twice or is missing is refused`() throws {
        try expectRefused("Page 1 of the index does not go on") {
            $0.bendPages = { $0.insert($0[0], at: 1) }
        }
        try expectRefused("Page 1 of the index does not go on") {
            $0.pageChunks = 1
            $0.bendPages = { $0.remove(at: 1) }
        }
        try expectRefused("the manifest says") { $0.bendPages = { $0.removeLast() } }
    }

    @Test func `chunks that changed places are refused`() throws {
        try expectRefused("must begin at") {
            $0.bendEntries = { entries, _ in entries.swapAt(0, 1) }
        }
        // With their places alone.
        try expectRefused("must begin at") {
            $0.bendEntries = { entries, _ in
                (entries[0].stored, entries[1].stored) = (entries[1].stored, entries[0].stored)
            }
        }
    }

    @Test func `chunks that overlap by a part, or leave a gap, are refused`() throws {
        try expectRefused("must begin at") {
            $0.bendEntries = { entries, pack in
                let place = (entries[1].stored?.position ?? 0) - 1
                let length = entries[1].stored?.length ?? 0
                let bytes = Array(pack[Int(place)..<Int(place) + length])
                entries[1].stored?.position = place
                entries[1].stored?.digest = try SHA256.digest(of: bytes)
            }
        }
        try expectRefused("must begin at") {
            $0.bendEntries = { entries, pack in
                pack.insert(0, at: 0)
                for number in entries.indices { entries[number].stored?.position += 1 }
            }
        }
        try expectRefused("the manifest says that it has") {
            $0.bendEntries = { _, pack in pack.append(0) }
        }
    }

    @Test func `a chunk outside the pack is refused`() throws {
        for position in [Int64(1) << 40, 1 << 62, .max, -1] {
            try expectRefused("outside the pack") {
                $0.bendEntries = { entries, _ in
                    // IndexWriter writes what is there, as a hostile one would.
                    entries[0].stored?.position = position == -1 ? .max : position
                }
            }
        }
    }

    @Test func `a stored digest that is wrong is refused before anything is decoded`() throws {
        try expectRefused("Chunk 1 of the bundle was altered or damaged") {
            $0.bendEntries = { entries, _ in
                entries[1].stored?.digest = try SHA256.digest(of: [1])
            }
        }
    }

    @Test func `a plain digest that is wrong is refused`() throws {
        for sealed in [false, true] {
            try expectRefused("Chunk 1 decodes to other bytes", sealed: sealed) {
                $0.bendEntries = { entries, _ in
                    entries[1].plainDigest = try SHA256.digest(of: [1])
                }
            }
        }
    }

    @Test func `a chunk of another length than the index says is refused`() throws {
        try expectRefused("decodes to 1024 bytes; the index says 1025") {
            $0.bendEntries = { entries, _ in entries[1].plainLength += 1 }
            $0.bendManifest = { $0.stream.length += 1 }
        }
        try expectRefused("does not decode") {
            $0.bendEntries = { entries, _ in entries[1].plainLength -= 1 }
        }
    }

    @Test func `chunks that are no frame, two frames or a bomb are refused`() throws {
        try expectRefused("not one Zstandard frame") { $0.bendCoded = { $0[1] = [1, 2, 3] } }
        try expectRefused("not one Zstandard frame") { $0.bendCoded = { $0[1] += $0[1] } }
        try expectRefused("does not decode") {
            // 2^62 bytes claimed, 128 KiB in one repeated byte.
            $0.bendCoded = {
                $0[1] =
                    [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40]
                    + [0x03, 0x00, 0x10, 0x41]
            }
        }
        try expectRefused("not one Zstandard frame", sealed: true) { $0.bendCoded = { $0[0] = [] } }
    }

    @Test func `more chunks or bytes than were signed are refused before they are read`() throws {
        for change in [
            { (manifest: inout Manifest) in manifest.index.chunks -= 1 },
            { (manifest: inout Manifest) in manifest.index.chunks += 1 },
            { (manifest: inout Manifest) in manifest.stream.length -= 1 },
            { (manifest: inout Manifest) in manifest.stream.length += 1 },
        ] {
            try expectRefused("The index has") { $0.bendManifest = change }
        }
    }

    @Test func `the digest of the whole stream is held against the manifest`() throws {
        try expectRefused("The archive stream does not have the digest") {
            $0.bendManifest = { $0.stream.digest = $0.tree.digest }
        }
    }

    @Test func `a page table that is not what was signed is refused`() throws {
        try expectRefused("page table does not have") { $0.bendIndex = { $0[0] ^= 1 } }
        try expectRefused("page table does not have") {
            $0.bendManifest = { $0.index.pages = 1024 }
        }
        try expectRefused("page table does not have") {
            $0.bendManifest = { $0.index.pages -= 1 }
        }
    }

    @Test func `a page table that claims other lengths than the section has is refused`() throws {
        try expectRefused("by its page table") { $0.bendTable = { $0[0] += 1 } }
        try expectRefused("Index page 0 has") { $0.bendTable = { $0[3] = 0xFF } }
        try expectRefused("Index page 0 has") { $0.bendTable = { $0[0..<4] = [0, 0, 0, 0] } }
    }

    @Test func `a page that is not what the table says is refused`() throws {
        try expectRefused("was altered or damaged") {
            $0.bendIndex = { $0[$0.count - 1] ^= 1 }
        }
    }

    @Test func `a sealed chunk in a bundle that is not sealed is refused`() throws {
        try expectRefused("is sealed in a bundle that is not") {
            $0.bendEntries = { entries, _ in entries[0].stored?.sealNumber = 0 }
        }
    }

    @Test func `an unsealed chunk may stand in a sealed bundle, but not pass for a sealed one`()
        throws
    {
        try expectRefused("not one Zstandard frame", sealed: true) {
            $0.bendEntries = { entries, _ in entries[1].stored?.sealNumber = nil }
        }
    }

    @Test func `a chunk that is stored anew is sealed under its own number`() throws {
        try expectRefused("sealed under the number 0, not its own", sealed: true) {
            $0.bendEntries = { entries, _ in entries[1].stored?.sealNumber = 0 }
        }
    }

    @Test func `sealed chunks that changed places do not open`() throws {
        try expectRefused("Chunk 1 does not open", sealed: true) {
            $0.bendEntries = { entries, pack in
                // Chunks 1 and 2 by their bytes; the places follow.
                let a = entries[1], b = entries[2]
                guard let first = a.stored, let second = b.stored else { return }
                let one = Array(pack[Int(first.position)..<Int(first.position) + first.length])
                let two = Array(pack[Int(second.position)..<Int(second.position) + second.length])
                let range = Int(first.position)..<Int(second.position) + second.length
                pack.replaceSubrange(range, with: two + one)
                (entries[1].plainLength, entries[1].plainDigest) = (b.plainLength, b.plainDigest)
                (entries[2].plainLength, entries[2].plainDigest) = (a.plainLength, a.plainDigest)
                entries[1].stored = IndexEntry.Stored(
                    position: first.position, length: two.count, digest: second.digest,
                    sealNumber: 1)
                entries[2].stored = IndexEntry.Stored(
                    position: first.position + Int64(two.count), length: one.count,
                    digest: first.digest, sealNumber: 2)
            }
        }
    }

    @Test func `base ranges in a full bundle are refused, whatever the codec`() throws {
        for codec in [ChunkCodec.copy, .difference, .dictionary] {
            try expectRefused("the index has 0 paths") {
                $0.bendEntries = { entries, _ in
                    entries[0].codec = codec
                    entries[0].width = codec.hasWidth ? 4 : 0
                    if codec == .copy { entries[0].stored = nil }
                    entries[0].base = IndexEntry.BaseRange(
                        path: 0, offset: 0, length: entries[0].plainLength,
                        digest: entries[0].plainDigest)
                }
            }
        }
    }

    @Test func `a delta is refused where the version that it builds on is not at hand`()
        throws
    {
        func delta(path: UInt32) -> (inout BundleMaker) -> Void {
            { maker in
                maker.paths = ["bin/program"]
                maker.bendEntries = { entries, pack in
                    let last = entries.count - 1
                    pack.removeLast(entries[last].stored?.length ?? 0)
                    entries[last].codec = .copy
                    entries[last].stored = nil
                    entries[last].base = IndexEntry.BaseRange(
                        path: path, offset: 0, length: entries[last].plainLength,
                        digest: entries[last].plainDigest)
                }
                maker.bendManifest = {
                    $0.delta = Manifest.Delta(
                        baseTree: $0.tree.digest, baseVersion: "0.9.0", full: $0.bundle)
                }
            }
        }
        try expectRefused("is not at hand", code: .baseDamaged, delta(path: 0))
        try expectRefused("is not at hand", code: .baseDamaged, delta(path: 1))
    }

    @Test func `a chunk under another codec than its own decodes to other bytes`() throws {
        try expectRefused("decodes to other bytes") {
            $0.bendEntries = { entries, _ in (entries[0].codec, entries[0].width) = (.planes, 4) }
        }
    }

    @Test func `garbage in place of a page is refused`() throws {
        for byte: UInt8 in [0, 1, 2, 255] {
            var maker = BundleMaker()
            maker.bendPages = { $0[0] = [UInt8](repeating: byte, count: 100) }
            #expect(try refusal(of: maker).code == .malformed)
        }
    }
}
