import Archive
import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import Install

/// A version that runs, a newer one in full, and the delta between the two.
private struct Delta {
    let base: BundleMaker.Made
    let full: BundleMaker.Made
    let delta: BundleMaker.Made

    /// Makes them; `bend` changes the delta's base ranges before it is signed.
    init(
        sealed: Bool = false, old: RealTree = .sample(),
        bend: @escaping (inout IndexEntry.BaseRange) -> Void = { _ in },
        paths bendPaths: (inout [String]) -> Void = { _ in },
        pages: @escaping (inout [[UInt8]]) -> Void = { _ in }
    ) throws {
        var new = old
        new.change("data/weights") { $0[3 * RealTree.chunk + 5] ^= 1 }
        new.file("zz-new", [1, 2, 3])
        base = try old.maker(sealed: sealed).make()
        full = try new.maker(sealed: sealed).make()
        var places: [Digest: (path: UInt32, offset: Int64)] = [:]
        var paths: [String] = []
        for (entry, content) in old.entries where !content.isEmpty {
            for start in stride(from: 0, to: content.count, by: RealTree.chunk) {
                let bytes = content[start..<min(content.count, start + RealTree.chunk)]
                places[try SHA256.digest(of: Array(bytes))] = (UInt32(paths.count), Int64(start))
            }
            paths.append(entry.path)
        }
        bendPaths(&paths)
        let known = places
        var maker = new.maker(sealed: sealed)
        maker.bundle = Array(repeating: 9, count: 16)
        maker.paths = paths
        maker.bendPages = pages
        maker.bendEntries = {
            try Recoding.copy(&$0, &$1) { entry in
                guard let place = known[entry.plainDigest] else { return nil }
                var range = IndexEntry.BaseRange(
                    path: place.path, offset: place.offset, length: entry.plainLength,
                    digest: entry.plainDigest)
                bend(&range)
                return range
            }
        }
        let (tree, id) = (base.manifest.tree.digest, full.manifest.bundle)
        maker.bendManifest = {
            $0.delta = Manifest.Delta(baseTree: tree, baseVersion: "0.9.0", full: id)
        }
        delta = try maker.make()
    }
}

private func flip(_ bench: Bench, _ path: String, at offset: Int64) throws {
    let parts = path.split(separator: "/").map(String.init)
    let directory = try bench.directory("running").open(parts[0])
    let file = try writable(directory, parts[1])
    var byte: [UInt8] = [0]
    _ = try file.read(at: offset, into: &byte, count: 1, path)
    byte[0] ^= 0x40
    try file.write(byte.span, at: offset, path)
}

@Suite struct DeltaFillTests {
    /// A digest that is no index's: the running version has files, and no index.
    private let noIndex: Digest

    init() throws { noIndex = try SHA256.digest(of: []) }

    @Test(arguments: [false, true], [false, true])
    func `a delta over its base unpacks to the tree of the full bundle`(
        isSealed: Bool, hasIndex: Bool
    ) throws {
        let made = try Delta(sealed: isSealed)
        #expect(made.delta.manifest.stream.digest == made.full.manifest.stream.digest)
        try withBench { bench in
            let running = try bench.run(made.base)
            let source = PricedSource(made.delta, isRemote: true)
            let filled = try bench.fill(
                made.delta, from: source, running: hasIndex ? running : noIndex, isBase: true)
            #expect(filled.fault == nil)
            #expect(filled.read == filled.plan.fetch)
            #expect(filled.read == made.delta.manifest.packLength)
            #expect(filled.plan.reused > made.full.manifest.tree.bytes / 2)
            #expect(try bench.tree() == made.full.manifest.tree.digest)
        }
    }

    @Test func `a delta and its full bundle continue each other`() throws {
        let made = try Delta()
        for stop in [3, 9, 15] {
            try withBench { bench in
                _ = try bench.run(made.base)
                let delta = PricedSource(made.delta, isRemote: true)
                let full = PricedSource(made.full, isRemote: true)
                _ = try bench.fill(
                    made.delta, from: delta, stop: stop, running: noIndex, isBase: true)
                let second = try bench.fill(made.full, from: full, stop: stop + 3)
                #expect(second.isContinued && second.plan.placed > 0)
                let third = try bench.fill(
                    made.delta, from: delta, running: noIndex, isBase: true)
                #expect(third.fault == nil && third.isContinued)
                #expect(third.read == third.plan.fetch)
                #expect(try bench.tree() == made.full.manifest.tree.digest)
            }
        }
    }

    @Test(arguments: [false, true], [false, true])
    func `a damaged base range comes from the full bundle, and the watcher is told`(
        isSealed: Bool, hasIndex: Bool
    ) throws {
        let made = try Delta(sealed: isSealed)
        try withBench { bench in
            let running = try bench.run(made.base)
            try flip(bench, "data/weights", at: 10)
            try flip(bench, "data/weights", at: 6 * Int64(RealTree.chunk))
            try flip(bench, "lib/a", at: 2 * Int64(RealTree.chunk))
            let source = PricedSource(made.delta, isRemote: true)
            let watcher = Watcher()
            let full = PricedSource(made.full, isRemote: true)
            watcher.full = full
            let filled = try bench.fill(
                made.delta, from: source, running: hasIndex ? running : noIndex, isBase: true,
                watcher: watcher)
            #expect(filled.fault == nil)
            #expect(watcher.told.map(\.path) == ["data/weights", "data/weights", "lib/a"])
            #expect(watcher.told.reduce(0) { $0 + $1.bytes } == full.packBytes)
            #expect(filled.read == filled.plan.fetch)
            #expect(try bench.tree() == made.full.manifest.tree.digest)
        }
    }

    @Test func `a full bundle that is cut otherwise serves as well`() throws {
        let made = try Delta()
        var new = RealTree.sample()
        new.change("data/weights") { $0[3 * RealTree.chunk + 5] ^= 1 }
        new.file("zz-new", [1, 2, 3])
        var maker = new.maker()
        maker.cut = { archive in
            stride(from: 0, to: archive.count, by: 700).map { $0..<min($0 + 700, archive.count) }
        }
        let full = try maker.make()
        #expect(full.manifest.stream.digest == made.delta.manifest.stream.digest)
        try withBench { bench in
            _ = try bench.run(made.base)
            for chunk in [0, 1, 5] {
                try flip(bench, "data/weights", at: Int64(chunk * RealTree.chunk))
            }
            let watcher = Watcher()
            let source = PricedSource(full, isRemote: true)
            watcher.full = source
            let filled = try bench.fill(
                made.delta, from: PricedSource(made.delta, isRemote: true), running: noIndex,
                isBase: true, watcher: watcher)
            #expect(filled.fault == nil)
            #expect(watcher.told.reduce(0) { $0 + $1.bytes } == source.packBytes)
            #expect(try bench.tree() == made.full.manifest.tree.digest)
        }
    }

    @Test func `without a full bundle a damaged base ends it as base-damaged, and can be mended`()
        throws
    {
        let made = try Delta()
        try withBench { bench in
            _ = try bench.run(made.base)
            try flip(bench, "data/weights", at: 10)
            let source = PricedSource(made.delta, isRemote: true)
            for watcher in [nil, Watcher()] {
                let filled = try bench.fill(
                    made.delta, from: source, running: noIndex, isBase: true, watcher: watcher)
                #expect(filled.fault?.code == .baseDamaged)
            }
            try flip(bench, "data/weights", at: 10)
            let filled = try bench.fill(
                made.delta, from: source, running: noIndex, isBase: true)
            #expect(filled.fault == nil && filled.isContinued)
            #expect(try bench.tree() == made.full.manifest.tree.digest)
        }
    }

    @Test func `a full bundle that is damaged, or forbidden, or another's, ends it`() throws {
        let made = try Delta()
        let other = try RealTree.sample(2).maker().make()
        var bytes = made.full.bytes
        for place in made.full.bytes.indices.suffix(Int(made.full.manifest.packLength)) {
            bytes[place] ^= 1
        }
        for (full, limit, code) in [
            (PricedSource(other, isRemote: true), Int64.max, FaultCode.malformed),
            (PricedSource(made.full, isRemote: true, bytes: bytes), .max, .malformed),
            (PricedSource(made.full, isRemote: true), 0, .budget),
        ] {
            try withBench { bench in
                _ = try bench.run(made.base)
                try flip(bench, "data/weights", at: 10)
                let watcher = Watcher()
                watcher.full = full
                watcher.limit = limit
                let filled = try bench.fill(
                    made.delta, from: PricedSource(made.delta, isRemote: true),
                    running: noIndex, isBase: true, watcher: watcher)
                #expect(filled.fault?.code == code)
            }
        }
    }

    @Test func `base ranges that no base has are damage, and nothing outside is read`() throws {
        let weights = RealTree.sample().content("data/weights")
        for (path, offset) in [
            ("data/weights", Int64(weights.count)), ("data/weights", 1 << 40), ("data", 0),
            ("lib/current", 0), ("data/out", 0), ("out/victim", 0), ("data/missing", 0),
            ("data/weights/x", 0),
        ] {
            let made = try Delta(
                bend: { if $0.path == 4 { $0.offset = offset == 0 ? $0.offset : offset } },
                paths: {
                    #expect($0[4] == "data/weights")
                    $0[4] = path
                })
            try withBench { bench in
                _ = try bench.run(made.base)
                // Whoever followed a link would find the very bytes.
                let outside = try bench.directory("outside")
                try outside.create("victim").write(weights.span, "victim")
                let running = try bench.directory("running")
                try running.replaceLink("out", target: "../outside")
                try running.open("data").replaceLink("out", target: "../../outside/victim")
                let filled = try bench.fill(
                    made.delta, from: PricedSource(made.delta, isRemote: true),
                    running: noIndex, isBase: true, watcher: Watcher())
                #expect(filled.fault?.code == .baseDamaged, "\(path) at \(offset)")
            }
        }
    }

    @Test func `base ranges that no index may have are refused before anything is unpacked`()
        throws
    {
        let far = try Delta(bend: { if $0.path == 4 { $0.path = 6 } })
        #expect(far.delta.manifest.index.paths == 6)
        let high = try Delta(bend: { $0.offset = (1 << 40) + 1 })
        let up = try Delta(
            paths: { $0[4] = "aa/outside/victim" },
            pages: { pages in
                for (number, page) in pages.enumerated() where page[0] == 1 {
                    let place = page.indices.first { page[$0...].starts(with: Array("aa/".utf8)) }
                    guard let place else { continue }
                    pages[number].replaceSubrange(place..<place + 2, with: Array("..".utf8))
                }
            })
        for made in [far, high, up] {
            try withBench { bench in
                _ = try bench.run(made.base)
                let fault = try fault {
                    _ = try bench.fill(
                        made.delta, from: PricedSource(made.delta, isRemote: true),
                        running: noIndex, isBase: true)
                }
                #expect(fault.code == .malformed)
                let names = try bench.directory("slot").names()
                #expect(names.isEmpty)
            }
        }
    }

    @Test func `a delta of another version than runs here is refused`() throws {
        let made = try Delta()
        try withBench { bench in
            let running = try bench.run(made.base)
            let filled = try bench.fill(
                made.delta, from: PricedSource(made.delta, isRemote: true), running: running)
            #expect(filled.fault?.code == .baseDamaged)
        }
    }
}
