public import Archive
public import Bundle
internal import DurableFiles
internal import Faults
internal import Sealing
internal import Signing
internal import StrictJSON
public import Trust

/// Makes real, signed, on request sealed bundles in memory, and hostile ones that are as well signed.
///
/// Each `bend` closure changes one stage on its way; whatever comes after it (digests, seals, the
/// manifest, the signatures) is made over the bent bytes, as a signer gone bad would.
public struct BundleMaker {
    /// The tree, each directory before what is in it.
    public var entries: [(entry: ArchiveEntry, content: [UInt8])] = [
        (ArchiveEntry(path: "bin", kind: .directory, permissions: 0o755), []),
        BundleMaker.file("bin/program", Array("#!/bin/true\n".utf8), mode: 0o755),
        BundleMaker.file("model", (0..<700).map { UInt8(truncatingIfNeeded: $0 * $0) }),
    ]
    /// The archive stream; `nil` for that of ``entries``.
    public var archive: [UInt8]?
    /// Plain bytes of a chunk.
    public var chunkBytes = 1024
    /// Where an archive stream is cut into chunks; `nil` for a cut at every ``chunkBytes``.
    public var cut: (([UInt8]) throws -> [Range<Int>])?
    /// Chunks of an index page.
    public var pageChunks = 2
    /// Whether index and chunks are sealed.
    public var isSealed = false
    /// The byte that the content key is made of.
    public var contentKey: UInt8 = 50
    /// The byte that the key is made of which the recipients get; the same unless they are deceived.
    public var recipientsKey: UInt8?
    /// The recipients' keys, by the bytes that ``TestKeys/device(_:)`` makes them of.
    public var recipients: [UInt8] = []
    /// The keys that sign, by the bytes that ``TestKeys/signing(_:)`` makes them of.
    public var signers: [UInt8] = [1]
    /// What is signed.
    public var payloadType = PayloadType.manifest
    /// The bundle's id.
    public var bundle: [UInt8] = Array(1...16)
    /// Base paths of the index.
    public var paths: [String] = []

    /// Bends the chunks' stored bytes before they are sealed.
    public var bendCoded: (inout [[UInt8]]) -> Void = { _ in }
    /// Bends the index's entries and the pack.
    public var bendEntries: (inout [IndexEntry], inout [UInt8]) throws -> Void = { _, _ in }
    /// Bends the plain pages.
    public var bendPages: (inout [[UInt8]]) -> Void = { _ in }
    /// Bends the stored pages, before their table is made.
    public var bendStoredPages: (inout [[UInt8]]) -> Void = { _ in }
    /// Bends the page table, before the manifest holds its digest.
    public var bendTable: (inout [UInt8]) -> Void = { _ in }
    /// Bends the manifest.
    public var bendManifest: (inout Manifest) throws -> Void = { _ in }
    /// Bends the index section after the manifest was made.
    public var bendIndex: (inout [UInt8]) -> Void = { _ in }
    /// Bends the envelope after it was signed.
    public var bendEnvelope: (inout [UInt8]) -> Void = { _ in }

    /// A maker of a small honest bundle, unsealed.
    public init() {}

    /// A maker of a small honest bundle, sealed to device 7.
    public static var sealed: BundleMaker {
        var maker = BundleMaker()
        maker.isSealed = true
        maker.recipients = [7]
        return maker
    }

    /// An entry for a file.
    public static func file(
        _ path: String, _ content: [UInt8], mode: UInt32 = 0o644
    ) -> (entry: ArchiveEntry, content: [UInt8]) {
        let size = Int64(content.count)
        return (ArchiveEntry(path: path, kind: .file, permissions: mode, size: size), content)
    }

    /// A bundle and where its sections are.
    public struct Made {
        /// The whole file.
        public let bytes: [UInt8]
        /// The manifest that was signed.
        public let manifest: Manifest
        /// The archive stream.
        public let archive: [UInt8]
        /// The sections' bytes in the file, by name, in order; empty ones are left out.
        public let sections: [(name: String, range: Range<Int>)]
    }

    /// The archive stream of ``entries``.
    public func stream() throws -> [UInt8] {
        let sink = ByteSink()
        var writer = try ArchiveWriter.to(sink)
        for (entry, content) in entries {
            try writer.begin(entry)
            try writer.write(content.span)
            try writer.finishEntry()
        }
        try writer.close()
        return sink.bytes
    }

    /// Makes the bundle.
    public func make() throws -> Made {
        let archive = try archive ?? stream()
        let keys =
            isSealed
            ? try ContentKeys(contentKey: try TestKeys.secret(contentKey), bundle: bundle) : nil
        let commitment: Digest? =
            switch keys {
            case .some(let keys): keys.commitment
            case .none: nil
            }
        var (chunks, pack) = try store(archive, keys)
        try bendEntries(&chunks, &pack)
        let (table, pages) = try indexPages(chunks, keys)
        var index = table + pages.flatMap { $0 }
        var manifest = Manifest(
            bundle: bundle, application: "bearing", version: "1.0.0", releaseCounter: 1,
            summary: "", compatible: ["turbine"], requirements: Manifest.Requirements(),
            tree: try tree(archive),
            stream: Manifest.Stream(
                length: Int64(archive.count), digest: try SHA256.digest(of: archive)),
            index: Manifest.Index(
                length: Int64(index.count), pages: pages.count, chunks: chunks.count,
                paths: paths.count, table: try SHA256.digest(of: table)),
            packLength: Int64(pack.count),
            commitment: commitment,
            smoke: .command(SmokeCommand(program: SmokeProgram(path: "bin/program"))),
            probation: ProbationSpecification())
        try bendManifest(&manifest)
        bendIndex(&index)
        var envelope = DSSEEnvelope(type: payloadType, payload: manifest.json.compact)
        for seed in signers {
            envelope = try envelope.signed(by: try TestKeys.signing(seed), type: payloadType)
        }
        var envelopeBytes = try envelope.encode()
        bendEnvelope(&envelopeBytes)
        let list = try recipientsList()
        let preamble = try Preamble(
            envelope: envelopeBytes, recipients: list, index: Int64(index.count),
            pack: Int64(pack.count))
        return Made(
            manifest, archive,
            [
                ("preamble", try preamble.encoded()), ("envelope", envelopeBytes),
                ("recipients", list), ("index", index), ("pack", pack),
            ])
    }

    /// The chunks of a stream as their index entries, and the pack that holds them.
    private func store(
        _ archive: [UInt8], _ keys: borrowing ContentKeys?
    ) throws -> ([IndexEntry], [UInt8]) {
        var encoder = try ChunkEncoder(level: 3)
        var cipher: ChunkCipher? =
            switch keys {
            case .some(let keys): try keys.packCipher()
            case .none: nil
            }
        let ranges =
            try cut?(archive)
            ?? stride(from: 0, to: archive.count, by: chunkBytes).map {
                $0..<min($0 + chunkBytes, archive.count)
            }
        let plain = ranges.map { Array(archive[$0]) }
        var coded: [[UInt8]] = []
        for chunk in plain { coded.append(try encoder.encode(chunk.span)) }
        bendCoded(&coded)
        var entries: [IndexEntry] = []
        var pack: [UInt8] = []
        for (number, bytes) in coded.enumerated() {
            let seal = isSealed ? UInt32(number) : nil
            let stored = try cipher?.seal(bytes.span, number: UInt32(number)) ?? bytes
            entries.append(
                IndexEntry(
                    codec: .zstd, plainLength: plain[number].count,
                    plainDigest: try SHA256.digest(of: plain[number]),
                    stored: IndexEntry.Stored(
                        position: Int64(pack.count), length: stored.count,
                        digest: try SHA256.digest(of: stored), sealNumber: seal)))
            pack += stored
        }
        return (entries, pack)
    }

    private func indexPages(
        _ entries: [IndexEntry], _ keys: borrowing ContentKeys?
    ) throws -> (table: [UInt8], pages: [[UInt8]]) {
        var pages = try plainPages(entries)
        bendPages(&pages)
        switch keys {
        case .some(let keys):
            var cipher = try keys.indexCipher()
            for (number, page) in pages.enumerated() {
                pages[number] = try cipher.seal(page.span, number: UInt32(number))
            }
        case .none: break
        }
        bendStoredPages(&pages)
        var table = try PageTable.encode(pages)
        bendTable(&table)
        return (table, pages)
    }

    /// Pages of few chunks, so that a small bundle has several.
    private func plainPages(_ entries: [IndexEntry]) throws -> [[UInt8]] {
        var writer = IndexWriter()
        for path in paths { try writer.append(path: path) }
        var pages = writer.finish()
        var offset: UInt64 = 0
        for first in stride(from: 0, to: entries.count, by: pageChunks) {
            let run = entries[first..<min(first + pageChunks, entries.count)]
            var page: [UInt8] = [2, 0]
            func append(_ number: UInt64, _ count: Int) {
                for shift in 0..<count {
                    page.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift)))
                }
            }
            append(UInt64(run.count), 2)
            append(UInt64(first), 4)
            append(offset, 8)
            for entry in run {
                var single = IndexWriter()
                try single.append(entry)
                page += single.finish().flatMap { $0.dropFirst(IndexPage.headerLength) }
                offset += UInt64(entry.plainLength)
            }
            pages.append(page)
        }
        return pages
    }

    /// The tree's true numbers; of an archive made by hand, numbers that leave it room.
    private func tree(_ stream: [UInt8]) throws -> Manifest.Tree {
        guard archive == nil else {
            return Manifest.Tree(
                digest: try SHA256.digest(of: []), entries: 100, bytes: 1 << 20, diskBytes: 1 << 21)
        }
        return try withScratch { directory in
            let writer = try TreeWriter(below: directory)
            for (entry, content) in entries {
                try writer.begin(entry)
                if !content.isEmpty { try writer.data(content.span, at: 0) }
                try writer.end()
            }
            try writer.finish()
            let scanner = TreeScanner(reading: .cached, refusal: .slotAltered)
            let summary = try scanner.scan(directory)
            return Manifest.Tree(
                digest: summary.digest, entries: summary.entries, bytes: summary.bytes,
                diskBytes: summary.diskBytes)
        }
    }

    private func recipientsList() throws -> [UInt8] {
        var list = Recipients()
        let key = try TestKeys.secret(recipientsKey ?? contentKey)
        for seed in recipients {
            try list.add(try TestKeys.device(seed).publicKey, contentKey: key)
        }
        return list.encoded
    }
}

extension BundleMaker.Made {
    fileprivate init(
        _ manifest: Manifest, _ archive: [UInt8], _ sections: [(String, [UInt8])]
    ) {
        var bytes: [UInt8] = []
        var ranges: [(name: String, range: Range<Int>)] = []
        for (name, section) in sections where !section.isEmpty {
            ranges.append((name, bytes.count..<bytes.count + section.count))
            bytes += section
        }
        self.init(bytes: bytes, manifest: manifest, archive: archive, sections: ranges)
    }
}

/// Keeps what is written.
private final class ByteSink: ArchiveSink {
    private(set) var bytes: [UInt8] = []

    func write(_ more: Span<UInt8>) throws(Fault) {
        for index in more.indices { bytes.append(more[index]) }
    }
}

extension BundleMaker.Made {
    /// The bytes of a section; `nil` where the bundle has none of that name.
    public func section(_ name: String) -> [UInt8]? {
        sections.first { $0.name == name }.map { Array(bytes[$0.range]) }
    }
}
