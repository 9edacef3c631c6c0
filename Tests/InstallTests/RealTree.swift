import Archive
import Bundle
import Faults
import Sealing
import TestKit

@testable import Install

/// A tree of every kind of entry, and bundles of it that are cut as a builder cuts them: a file's content
/// begins a chunk, and what follows its last byte begins another.
struct RealTree {
    static let chunk = 1024

    var entries: [(entry: ArchiveEntry, content: [UInt8])] = []
    /// Whether equal chunks are stored once, as a builder does.
    var isShared = true

    /// A sample: an empty file, one byte, one chunk, several; modes, links, closed directories.
    static func sample(_ seed: UInt64 = 1) -> RealTree {
        var random = SeededGenerator(seed: seed)
        var tree = RealTree()
        tree.directory("bin", 0o555)
        tree.file("bin/program", random.bytes(2 * chunk + 100), 0o555)
        tree.directory("data")
        tree.file("data/empty", [])
        tree.file("data/one", [UInt8(truncatingIfNeeded: seed)], 0o444)
        tree.file("data/twin-1", [UInt8](repeating: 7, count: 300))
        tree.file("data/twin-2", [UInt8](repeating: 7, count: 300))
        tree.file("data/weights", random.bytes(7 * chunk))
        tree.directory("lib", 0o555)
        tree.file("lib/a", random.bytes(2 * chunk + 1), 0o755)
        tree.link("lib/again", .hardLink(target: "lib/a"))
        tree.link("lib/current", .symbolicLink(target: "../data/weights"))
        tree.directory("nothing", 0o755)
        return tree
    }

    mutating func directory(_ path: String, _ mode: UInt32 = 0o755) {
        entries.append((ArchiveEntry(path: path, kind: .directory, permissions: mode), []))
    }

    mutating func file(_ path: String, _ content: [UInt8], _ mode: UInt32 = 0o644) {
        entries.append(BundleMaker.file(path, content, mode: mode))
    }

    mutating func link(_ path: String, _ kind: ArchiveEntry.Kind) {
        entries.append((ArchiveEntry(path: path, kind: kind, permissions: 0o755), []))
    }

    func content(_ path: String) -> [UInt8] {
        entries.first { $0.entry.path == path }?.content ?? []
    }

    mutating func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
        for number in entries.indices where entries[number].entry.path == path {
            let mode = entries[number].entry.permissions
            body(&entries[number].content)
            entries[number] = BundleMaker.file(path, entries[number].content, mode: mode)
        }
    }

    /// A maker of the tree's bundle.
    func maker(sealed: Bool = false, chunk: Int = RealTree.chunk) -> BundleMaker {
        var maker = sealed ? BundleMaker.sealed : BundleMaker()
        maker.entries = entries
        maker.cut = { try RealTree.cut($0, chunk) }
        if isShared { maker.bendEntries = { try Recoding.share(&$0, &$1) } }
        return maker
    }

    private static func cut(_ archive: [UInt8], _ chunk: Int) throws -> [Range<Int>] {
        let places = Places()
        _ = try ArchiveReader.read(from: OnePiece(archive), rules: .unsized, into: places)
        var cuts: Set<Int> = [archive.count]
        for place in places.files { cuts.formUnion([place.lowerBound, place.upperBound]) }
        var ranges: [Range<Int>] = []
        var start = 0
        for cut in cuts.sorted() {
            while start < cut {
                let end = min(cut, start + chunk)
                ranges.append(start..<end)
                start = end
            }
        }
        return ranges
    }

    private final class OnePiece: ArchiveSource {
        private var bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func next(into piece: inout [UInt8]) throws(Fault) -> Int {
            piece = bytes
            bytes = []
            return piece.count
        }
    }

    private final class Places: EntryReceiver {
        private(set) var files: [Range<Int>] = []

        func begin(_ entry: ArchiveEntry, contentAt offset: Int64) throws(Fault) {
            guard entry.size > 0 else { return }
            files.append(Int(offset)..<Int(offset + entry.size))
        }

        func begin(_: ArchiveEntry) throws(Fault) {}
        func data(_: Span<UInt8>, at _: Int64) throws(Fault) {}
        func end() throws(Fault) {}
    }
}

/// Changes how chunks are stored, and lays the pack out anew.
enum Recoding {
    /// Stores chunks of the same stored bytes once.
    static func share(_ entries: inout [IndexEntry], _ pack: inout [UInt8]) throws {
        var known: [Digest: IndexEntry.Stored] = [:]
        try lay(&entries, &pack) { entry, _ in
            known[entry.plainDigest]
        } placed: { entry in
            if let stored = entry.stored { known[entry.plainDigest] = stored }
        }
    }

    /// Makes every chunk a copy of a base range where `base` names one; equal chunks are shared.
    static func copy(
        _ entries: inout [IndexEntry], _ pack: inout [UInt8],
        base: (IndexEntry) -> IndexEntry.BaseRange?
    ) throws {
        let old = entries
        for number in entries.indices {
            guard let range = base(old[number]) else { continue }
            entries[number].codec = .copy
            entries[number].base = range
            entries[number].stored = nil
        }
        try share(&entries, &pack)
    }

    private static func lay(
        _ entries: inout [IndexEntry], _ pack: inout [UInt8],
        elsewhere: (IndexEntry, Int) -> IndexEntry.Stored?, placed: (IndexEntry) -> Void
    ) throws {
        let old = pack
        pack = []
        for number in entries.indices {
            guard let stored = entries[number].stored else { continue }
            if let other = elsewhere(entries[number], number) {
                entries[number].stored = other
                continue
            }
            let start = Int(stored.position)
            entries[number].stored?.position = Int64(pack.count)
            pack += old[start..<start + stored.length]
            placed(entries[number])
        }
    }
}
