import Archive
import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import Install

/// What may be fetched twice an interruption: the chunks that the pipe holds and has not yet unpacked,
/// of which there are never more than six.
private func underWay(_ made: BundleMaker.Made) throws -> Int64 {
    let stored = try chunks(of: made).compactMap { $0.entry.stored?.length }
    return 6 * Int64(stored.max() ?? 0)
}

@Suite struct ResumeTests {
    @Test(arguments: [false, true])
    func
        `an install interrupted before any chunk goes on, and fetches twice only what was under way`(
            isSealed: Bool
        ) throws
    {
        let made = try RealTree.sample().maker(sealed: isSealed).make()
        let most = try made.manifest.packLength + underWay(made)
        for stop in 0...made.manifest.index.chunks {
            try withBench { bench in
                let source = PricedSource(made, isRemote: true)
                let first = try bench.fill(made, from: source, stop: stop)
                #expect(first.fault?.code == .cancelled)
                #expect(first.plan.fetch == made.manifest.packLength)
                let second = try bench.fill(made, from: source)
                #expect(second.fault == nil && second.isContinued)
                #expect(try bench.tree() == made.manifest.tree.digest)
                #expect(second.read == second.plan.fetch, "stopped at \(stop)")
                #expect(second.plan.fetch + second.plan.placed >= 0)
                #expect(source.packBytes <= most, "stopped at \(stop)")
                if stop == made.manifest.index.chunks { #expect(second.read == 0) }
            }
        }
    }

    @Test func `a local install that was interrupted reads headers again, and no content`() throws {
        let tree = RealTree.sample()
        let made = try tree.maker().make()
        let list = try chunks(of: made)
        for stop in stride(from: 0, through: list.count, by: 3) {
            try withBench { bench in
                let source = PricedSource(made, isRemote: false)
                _ = try bench.fill(made, from: source, stop: stop)
                let second = try bench.fill(made, from: source)
                #expect(second.fault == nil)
                #expect(try bench.tree() == made.manifest.tree.digest)
                #expect(second.read == second.plan.fetch)
                // The checkpoint that threw stood before the chunk of that number.
                let content = Int64(made.manifest.tree.bytes)
                #expect(second.plan.placed <= content)
                if stop == list.count {
                    #expect(second.plan.placed == content)
                    #expect(second.written == 0)
                }
            }
        }
    }

    @Test func `what has several names is kept, however often the install goes through it again`()
        throws
    {
        let made = try RealTree.sample().maker().make()
        let list = try chunks(of: made)
        for stop in 0...list.count {
            try withBench { bench in
                let source = PricedSource(made, isRemote: true)
                _ = try bench.fill(made, from: source, stop: list.count)
                let again = try bench.fill(made, from: source, stop: stop)
                #expect(again.plan.fetch == 0 && again.written == 0)
                let last = try bench.fill(made, from: source)
                #expect(last.fault == nil && last.plan.fetch == 0 && last.written == 0)
                #expect(source.packBytes == made.manifest.packLength, "stopped at \(stop)")
                #expect(try bench.tree() == made.manifest.tree.digest)
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(6))
    func `however often it is interrupted, the tree comes out and the bytes stay bounded`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let made = try RealTree.sample(seed).maker(sealed: seed % 2 == 0).make()
        try withBench { bench in
            let source = PricedSource(made, isRemote: true)
            var interruptions: Int64 = 0
            for _ in 0..<5 {
                let stop = Int.random(in: 0...made.manifest.index.chunks, using: &random)
                let part = try bench.fill(made, from: source, stop: stop)
                #expect(part.fault?.code == .cancelled)
                interruptions += 1
            }
            let last = try bench.fill(made, from: source)
            #expect(last.fault == nil)
            #expect(last.read == last.plan.fetch)
            #expect(try bench.tree() == made.manifest.tree.digest)
            #expect(
                try source.packBytes
                    <= made.manifest.packLength + interruptions * underWay(made))
        }
    }

    @Test(arguments: Damage.allCases)
    func `a half-filled slot that was damaged becomes the tree, and nothing outside is touched`(
        damage: Damage
    ) throws {
        let tree = RealTree.sample()
        let made = try tree.maker().make()
        for stop in [made.manifest.index.chunks / 2, made.manifest.index.chunks] {
            try withBench { bench in
                let outside = try bench.directory("outside")
                try outside.create("victim", mode: 0o640).write(
                    tree.content("data/weights").span, "victim")
                let before = try #require(try outside.info("victim"))
                let watcher = Watcher()
                let source = PricedSource(made, isRemote: true)
                _ = try bench.fill(made, from: source, stop: stop, watcher: watcher)
                try damage.apply(bench.directory("slot"), bench.scratch)
                let second = try bench.fill(made, from: source, watcher: watcher)
                #expect(second.fault == nil, "\(damage), stopped at \(stop)")
                #expect(try bench.tree() == made.manifest.tree.digest, "\(damage)")
                #expect(try outside.names() == ["victim"])
                let after = try #require(try outside.info("victim"))
                #expect(after.mode == before.mode && after.links == 1)
                #expect(after.inode == before.inode)
                let size = Int(after.size)
                #expect(
                    try outside.read("victim", limit: size) == tree.content("data/weights"))
                // What a half-filled slot lacks is no damage of the version that runs.
                #expect(watcher.told.isEmpty)
            }
        }
    }

    @Test func `the journal of another stream is begun anew`() throws {
        let one = try RealTree.sample(1).maker().make()
        let two = try RealTree.sample(2).maker().make()
        try withBench { bench in
            _ = try bench.fill(one, from: PricedSource(one, isRemote: true), stop: 12)
            let source = PricedSource(two, isRemote: true)
            let filled = try bench.fill(two, from: source)
            #expect(filled.fault == nil && !filled.isContinued)
            #expect(filled.plan.placed == 0)
            #expect(filled.read == two.manifest.packLength)
            #expect(try bench.tree() == two.manifest.tree.digest)
        }
    }

    @Test func `a journal that leads to a twin of a file keeps nothing of it`() throws {
        var tree = RealTree.sample()
        tree.isShared = false
        let made = try tree.maker().make()
        try withBench { bench in
            let source = PricedSource(made, isRemote: true)
            _ = try bench.fill(made, from: source, stop: made.manifest.index.chunks)
            let notes = try bench.directory("journal")
            var extents = try #require(try notes.read("extents", limit: 1 << 16))
            // Both twins are said to be the first one, and the second is damaged.
            let name = Array("data/twin-2".utf8)
            let place = try #require(
                extents.indices.first { extents[$0...].starts(with: name) })
            extents[place + name.count - 1] = UInt8(ascii: "1")
            try notes.replace("extents", with: extents)
            let data = try bench.directory("slot").open("data")
            let twin = try writable(data, "twin-2")
            try twin.write([8].span, at: 100, "twin-2")
            #expect(try bench.fill(made, from: source).fault == nil)
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
    }

    @Test func `files that a power failure emptied are filled, whatever the journal says`() throws {
        let made = try RealTree.sample().maker().make()
        try withBench { bench in
            let source = PricedSource(made, isRemote: true)
            _ = try bench.fill(made, from: source, stop: made.manifest.index.chunks)
            try bench.directory("journal").replace("heads", with: [])
            let slot = try bench.directory("slot")
            for (directory, name) in [("data", "weights"), ("bin", "program"), ("lib", "a")] {
                let file = try writable(slot.open(directory), name)
                let size = try file.info(name).size
                #expect(ftruncate(file.raw, 0) == 0)
                #expect(ftruncate(file.raw, off_t(size)) == 0)
            }
            #expect(try bench.fill(made, from: source).fault == nil)
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
    }
}

/// What may have happened to a half-filled slot.
enum Damage: String, CaseIterable, Sendable {
    case flipped, truncated, longer, link, directory, hardLink, twoNames, strayFile, strayDirectory,
        strayName, directoryIsLink, directoryIsFile, modes, dangling

    func apply(_ slot: borrowing Directory, _ scratch: String) throws {
        let data = try slot.openOrMake("data")
        try data.chmod(0o755)
        switch self {
        case .flipped:
            guard let file = try open(data) else { return }
            try file.write([0x55, 0xAA, 0x55].span, at: 1500, "weights")
        case .truncated:
            guard let file = try open(data) else { return }
            #expect(ftruncate(file.raw, 1300) == 0)
        case .longer:
            guard let file = try open(data) else { return }
            #expect(ftruncate(file.raw, 1 << 20) == 0)
        case .link: try data.replaceLink("weights", target: "../../outside/victim")
        case .dangling: try data.replaceLink("weights", target: "../../outside/missing")
        case .directory:
            try data.removeTree("weights")
            try data.make("weights").create("inside").write([1].span, "inside")
        case .hardLink:
            try data.removeTree("weights")
            #expect(Glibc.link("\(scratch)/outside/victim", "\(scratch)/slot/data/weights") == 0)
        case .twoNames:
            guard try data.info("weights") != nil else { return }
            try data.removeTree("empty")
            #expect(
                Glibc.link("\(scratch)/slot/data/weights", "\(scratch)/slot/data/empty") == 0)
        case .strayFile:
            try data.create("stray").write([1, 2, 3].span, "stray")
            try slot.create("stray").write([1, 2, 3].span, "stray")
        case .strayDirectory:
            let stray = try slot.make("stray").make("deep", mode: 0o700)
            try stray.create("file").write([1].span, "file")
            try stray.replaceLink("out", target: "../../../outside")
            try stray.chmod(0)
        case .strayName:
            _ = try data.create("x")
            let name: [CChar] = [-1, -2, 0x61, 0]
            #expect(unsafe renameat(data.raw, "x", data.raw, name) == 0)
        case .directoryIsLink:
            try slot.removeTree("data")
            try slot.replaceLink("data", target: "../outside")
        case .directoryIsFile:
            try slot.removeTree("data")
            try slot.create("data").write([1].span, "data")
        case .modes:
            try data.chmod(0o500)
            for name in try data.names() {
                _ = chmod("\(scratch)/slot/data/\(name)", 0o4777)
            }
        }
    }

    private func open(_ data: borrowing Directory) throws -> Descriptor? {
        try data.openFile("weights", flags: O_RDWR)
    }
}
