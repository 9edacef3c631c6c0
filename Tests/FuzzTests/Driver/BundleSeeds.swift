import Archive
import Bundle
import Faults
import Sealing
import StrictJSON
import TestKit

@testable import Bundle

/// Sections of a small bundle that is honest, sealed once, and a delta's index.
enum BundleSeeds {
    static func write(_ seeds: SeedWriter) throws {
        let plain = try BundleMaker().make()
        let sealed = try BundleMaker.sealed.make()
        for (number, made) in [plain, sealed].enumerated() {
            try seeds.good("preamble", Array(made.bytes.prefix(Preamble.length)), number + 1)
            try seeds.good("manifest", made.manifest.json.compact, number + 1)
            for (name, range) in made.sections where ["envelope", "recipients"].contains(name) {
                try seeds.good(name, Array(made.bytes[range]), number + 1)
            }
        }
        try seeds.good("archive", plain.archive)
        try seeds.other("recipients", Array("NRCP".utf8) + [1, 0, 1, 0])
        try manifests(seeds, plain.manifest)
        try index(seeds)
        try chunks(seeds)
        try seeds.good("swu", wrapped(Array(plain.bytes.prefix(600))))
        try archives(seeds)
    }

    private static func manifests(_ seeds: SeedWriter, _ made: Manifest) throws {
        var manifest = made
        let digest = try SHA256.digest(of: [])
        manifest.index.paths = 2
        manifest.delta = Manifest.Delta(
            baseTree: digest, baseVersion: "0.9.0", full: [UInt8](repeating: 1, count: 16))
        manifest.requirements = Manifest.Requirements(
            architecture: "x86_64", processorFeatures: ["avx2"], memory: 1 << 28,
            accelerator: "npu", agent: "0.1.0")
        manifest.reference = .members([("mean", .number("0.25"))])
        manifest.provenance = .array([
            .members([("path", .string("sbom")), ("kind", .string("spdx"))])
        ])
        manifest.smoke = .inference(
            SmokeInference(
                program: SmokeProgram(path: "bin/program", arguments: ["--socket", "{socket}"]),
                model: "bearing", cases: ["smoke/1"],
                tolerance: SmokeTolerance(absolute: 0.001, relative: 0.001)))
        try seeds.good("manifest", manifest.json.compact, 3)
        var list = DeltaList(of: made)
        try seeds.good("delta-list", list.json.compact)
        try list.put(
            DeltaList.Entry(
                file: "bearing-1.delta.nacelle", bundle: [UInt8](repeating: 2, count: 16),
                baseTree: digest, baseVersion: "0.9.0", length: 5000, index: 500, pack: 3000))
        try seeds.good("delta-list", list.json.compact, 2)
    }

    /// Every kind of record, and a page of paths.
    private static func entries() throws -> [IndexEntry] {
        let digest = try SHA256.digest(of: [])
        let stored = IndexEntry.Stored(position: 64, length: 100, digest: digest, sealNumber: nil)
        var sealed = stored
        sealed.sealNumber = 0
        let base = IndexEntry.BaseRange(path: 0, offset: 7, length: 512, digest: digest)
        return [
            IndexEntry(codec: .zstd, plainLength: 512, plainDigest: digest, stored: sealed),
            IndexEntry(
                codec: .planes, width: 4, plainLength: 512, plainDigest: digest,
                stored: stored),
            IndexEntry(
                codec: .difference, width: 2, plainLength: 512, plainDigest: digest,
                stored: stored, base: base),
            IndexEntry(
                codec: .dictionary, plainLength: 512, plainDigest: digest, stored: stored,
                base: base),
            IndexEntry(
                codec: .copy, plainLength: 512, plainDigest: digest, stored: nil, base: base),
        ]
    }

    private static func index(_ seeds: SeedWriter) throws {
        var writer = IndexWriter()
        for path in ["bin/program", "weights/model.onnx"] { try writer.append(path: path) }
        for entry in try entries() { try writer.append(entry) }
        let pages = writer.finish()
        for (number, page) in pages.enumerated() {
            // The pack's length stands before it.
            try seeds.good("index-page", [0, 16, 0, 0] + page, number + 1)
        }
        let table = try PageTable.encode(pages)
        try seeds.good("page-table", [UInt8(pages.count), 0] + table)
        var honest: [UInt8] = []
        var maker = BundleMaker()
        maker.bendPages = { pages in
            for page in pages {
                honest.append(littleEndian: UInt16(page.count))
                honest += page
            }
        }
        var packed: [UInt8] = []
        maker.bendCoded = { packed = $0[0] }
        _ = try maker.make()
        try seeds.good("signed-index", honest)
        try seeds.good("signed-pack", [0] + packed)
        try seeds.other("signed-pack", [1] + packed)
        try seeds.other("signed-pack", [0] + packed.dropLast(), 2)
    }

    private static func chunks(_ seeds: SeedWriter) throws {
        let plain = (0..<600).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
        let base = plain.map { $0 &+ 1 }
        var encoder = try ChunkEncoder(level: 3)
        let layouts: [(ChunkCodec, Int, ChunkLayout)] = [
            (.zstd, 0, .plain), (.planes, 4, .plain), (.planes, 2, .grouped),
            (.planes, 4, .packed), (.planes, 2, ChunkLayout.grouped.with(.packed)),
            (.planes, 8, .columns), (.planes, 4, .phase(1)), (.planes, 4, .rotated),
            (.difference, 1, .grouped), (.difference, 2, .plain), (.difference, 4, .packed),
            (.difference, 2, ChunkLayout.grouped.with(.packed)), (.dictionary, 0, .plain),
            (.copy, 0, .plain),
        ]
        for (number, (codec, width, layout)) in layouts.enumerated()
        where layout.isAcceptable(for: codec, width: width, plainLength: plain.count) {
            let base = codec == .copy ? plain : codec.hasBase ? base : []
            let coded = try encoder.encode(
                plain.span, as: codec, width: width, layout: layout, base: base.span)
            var seed = [UInt8(width), layout.rawValue]
            seed += [UInt8((plain.count - 1) & 0xFF), UInt8((plain.count - 1) >> 8), 0]
            seed.append(littleEndian: UInt16(base.count))
            try seeds.good("chunk-\(codec)", seed + base + coded, number)
            let place = ChunkCodec.allCases.firstIndex(of: codec) ?? 0
            try seeds.good(
                "chunk-again",
                [UInt8(place), UInt8(width), layout.rawValue, 1, 9, 0] + plain.prefix(200), number)
        }
    }

    /// A SWUpdate archive with one bundle.
    private static func wrapped(_ bundle: [UInt8]) -> [UInt8] {
        func member(_ name: String, _ content: [UInt8]) -> [UInt8] {
            func hex(_ number: Int) -> String {
                let digits = String(number, radix: 16, uppercase: true)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }
            let fields = [
                1, 0o100644, 0, 0, 1, 0, content.count, 0, 0, 0, 0, name.utf8.count + 1, 0,
            ]
            var bytes = Array(("070702" + fields.map(hex).joined() + name).utf8) + [0]
            bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
            return bytes + content + [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
        }
        return member("sw-description", Array("software = {};".utf8))
            + member("bearing-1.0.0.nacelle", bundle) + member("TRAILER!!!", [])
    }

    /// Links, long names, and names that are no ASCII.
    private static func archives(_ seeds: SeedWriter) throws {
        var maker = BundleMaker()
        let long = String(repeating: "modèle-", count: 20)
        maker.entries = [
            (ArchiveEntry(path: "lib", kind: .directory, permissions: 0o755), []),
            BundleMaker.file("lib/" + long, [1, 2, 3]),
            (
                ArchiveEntry(
                    path: "lib/name", kind: .symbolicLink(target: long), permissions: 0o777), []
            ),
            BundleMaker.file("model", Array("weights".utf8)),
            (
                ArchiveEntry(path: "other", kind: .hardLink(target: "model"), permissions: 0o644),
                []
            ),
        ]
        try seeds.good("archive", try maker.stream(), 2)
    }
}
