import Archive
import Bundle
import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import Install

/// Two versions: the second has one chunk of the weights changed, a longer program and a new file.
private func versions(sealed: Bool = false) throws -> (one: BundleMaker.Made, two: BundleMaker.Made)
{
    let old = RealTree.sample()
    var new = old
    new.change("data/weights") { $0[3 * RealTree.chunk + 5] ^= 1 }
    new.change("bin/program") { $0.append(1) }
    new.file("zz-new", [1, 2, 3])
    return (try old.maker(sealed: sealed).make(), try new.maker(sealed: sealed).make())
}

@Suite struct ReuseTests {
    @Test(arguments: [false, true], [false, true])
    func `chunks of the running version are copied, and only the others are read`(
        isRemote: Bool, isSealed: Bool
    ) throws {
        let (one, two) = try versions(sealed: isSealed)
        try withBench { bench in
            let running = try bench.run(one)
            let source = PricedSource(two, isRemote: isRemote)
            let watcher = Watcher()
            let filled = try bench.fill(two, from: source, running: running, watcher: watcher)
            #expect(filled.fault == nil && watcher.told.isEmpty)
            #expect(filled.read == filled.plan.fetch)
            #expect(source.announced == filled.plan.ranges)
            #expect(try bench.tree() == two.manifest.tree.digest)
            // All of the content but what is new: a chunk, a tail, a file, and the empty one.
            let changed = Int64(RealTree.chunk + 101 + 3)
            #expect(filled.plan.reused == two.manifest.tree.bytes - changed)
            #expect(filled.plan.reused > two.manifest.tree.bytes / 2)
            #expect(filled.plan.total == two.manifest.stream.length)
            #expect(filled.plan.fetch < two.manifest.packLength / 2)
        }
    }

    @Test func `the same version again is copied but for its headers`() throws {
        let made = try RealTree.sample().maker().make()
        try withBench { bench in
            let running = try bench.run(made)
            let source = PricedSource(made, isRemote: true)
            let filled = try bench.fill(made, from: source, running: running)
            #expect(filled.fault == nil && filled.read == filled.plan.fetch)
            #expect(filled.plan.reused == made.manifest.tree.bytes)
            #expect(try bench.tree() == made.manifest.tree.digest)
            #expect(try bench.tree("running") == made.manifest.tree.digest)
        }
    }

    @Test func `a damaged chunk of the running version is fetched, and the watcher is told`() throws
    {
        let (one, two) = try versions()
        try withBench { bench in
            let running = try bench.run(one)
            let data = try bench.directory("running").open("data")
            try writable(data, "weights").write([0xFF, 0xFE].span, at: 100, "weights")
            let source = PricedSource(two, isRemote: true)
            let watcher = Watcher()
            let filled = try bench.fill(two, from: source, running: running, watcher: watcher)
            #expect(filled.fault == nil)
            #expect(watcher.told.map(\.path) == ["data/weights"])
            let extra = try #require(watcher.told.first).bytes
            let content = RealTree.sample().content("data/weights")
            let digest = try SHA256.digest(of: Array(content[..<RealTree.chunk]))
            let chunk = try #require(
                try chunks(of: two).first { $0.entry.plainDigest == digest })
            #expect(extra == Int64(try #require(chunk.entry.stored).length))
            #expect(filled.read == filled.plan.fetch + extra)
            #expect(try bench.tree() == two.manifest.tree.digest)
        }
    }

    @Test func `what takes the place of the running version's files is never read`() throws {
        let (one, two) = try versions()
        try withBench { bench in
            let running = try bench.run(one)
            let outside = try bench.directory("outside")
            let content = RealTree.sample().content("data/weights")
            try outside.create("victim").write(content.span, "victim")
            let data = try bench.directory("running").open("data")
            try data.replaceLink("weights", target: "../../outside/victim")
            let watcher = Watcher()
            let source = PricedSource(two, isRemote: true)
            let filled = try bench.fill(two, from: source, running: running, watcher: watcher)
            #expect(filled.fault == nil)
            #expect(Set(watcher.told.map(\.path)) == ["data/weights"])
            #expect(watcher.told.count == 6)
            #expect(try bench.tree() == two.manifest.tree.digest)
        }
    }

    @Test func `a watcher that forbids more bytes ends the fill with its own fault`() throws {
        let (one, two) = try versions()
        try withBench { bench in
            let running = try bench.run(one)
            let data = try bench.directory("running").open("data")
            try writable(data, "weights").write([0xFF, 0xFE].span, at: 100, "weights")
            let source = PricedSource(two, isRemote: true)
            let watcher = Watcher()
            watcher.limit = 0
            let filled = try bench.fill(two, from: source, running: running, watcher: watcher)
            #expect(filled.fault?.code == .budget)
            #expect(filled.read <= filled.plan.fetch)
            // It may be tried again, with more allowed.
            watcher.limit = .max
            let second = try bench.fill(two, from: source, running: running, watcher: watcher)
            #expect(second.fault == nil && second.isContinued)
            #expect(try bench.tree() == two.manifest.tree.digest)
        }
    }

    @Test func `without a right index of the running version everything is fetched`() throws {
        let (one, two) = try versions()
        try withBench { bench in
            let running = try bench.run(one)
            let root = try Directory.open(path: bench.scratch)
            var index = try #require(try root.read("running.index", limit: 1 << 20))
            index[index.count / 2] ^= 4
            for bytes in [index, Array(index.dropLast()), [], nil] {
                try root.remove("running.index")
                if let bytes { try root.create("running.index").write(bytes.span, "index") }
                let source = PricedSource(two, isRemote: true)
                let filled = try bench.fill(two, from: source, running: running)
                #expect(filled.fault == nil && filled.plan.reused == 0)
                #expect(filled.read == two.manifest.packLength)
                #expect(try bench.tree() == two.manifest.tree.digest)
                try root.removeTree("journal")
            }
        }
    }

    @Test(arguments: [false, true], [false, true])
    func `chunks that repeat are read once, wherever they stand`(isRemote: Bool, isSealed: Bool)
        throws
    {
        var tree = RealTree.sample()
        tree.file("zz-1", [UInt8](repeating: 0, count: 6 * RealTree.chunk))
        tree.file("zz-2", tree.content("data/weights") + [UInt8](repeating: 0, count: 2000))
        tree.file("zz-3", tree.content("data/weights"))
        let made = try tree.maker(sealed: isSealed).make()
        #expect(made.manifest.packLength < Int64(2 * tree.content("data/weights").count))
        try withBench { bench in
            let source = PricedSource(made, isRemote: isRemote)
            let filled = try bench.fill(made, from: source)
            #expect(filled.fault == nil)
            #expect(filled.plan.fetch == made.manifest.packLength)
            #expect(filled.read == filled.plan.fetch)
            #expect(filled.plan.repeated >= Int64(12 * RealTree.chunk))
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
        for stop in stride(from: 1, to: made.manifest.index.chunks, by: 4) {
            try withBench { bench in
                let source = PricedSource(made, isRemote: isRemote)
                _ = try bench.fill(made, from: source, stop: stop)
                let second = try bench.fill(made, from: source)
                #expect(second.fault == nil && second.read == second.plan.fetch)
                #expect(try bench.tree() == made.manifest.tree.digest)
            }
        }
    }

    @Test(arguments: [false, true])
    func `chunks that repeat and stand in no file are read once as well`(isRemote: Bool) throws {
        var tree = RealTree()
        for name in ["a", "b", "c"] { tree.file(name, [1]) }
        var maker = tree.maker()
        // A header, a byte, its padding: the paddings are the same, and so are the blocks at the end.
        maker.cut = { archive in
            var cuts = Array(stride(from: 0, through: archive.count, by: 512))
            cuts += [513, 1537, 2561]
            cuts.sort()
            return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
        }
        let made = try maker.make()
        try withBench { bench in
            let source = PricedSource(made, isRemote: isRemote)
            let filled = try bench.fill(made, from: source)
            #expect(filled.fault == nil && filled.read == filled.plan.fetch)
            #expect(filled.read == made.manifest.packLength)
            #expect(filled.plan.repeated > 1024 && filled.plan.reused == 0)
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
    }
}
