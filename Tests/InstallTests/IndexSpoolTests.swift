import Bundle
import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import Install

/// A source that breaks after some bytes, and else gives another's.
private final class Breaking: ByteSource {
    let name = "breaking"
    let isRemote = true
    let whole: PricedSource
    var left: Int64

    init(_ whole: PricedSource, after left: Int64) {
        self.whole = whole
        self.left = left
    }

    func length() throws(Fault) -> Int64 { try whole.length() }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        left -= Int64(count)
        guard left >= 0 else { throw Fault(.network, "The test's network broke.") }
        try whole.read(at: offset, count: count, into: &buffer)
    }

    func settle(below offset: Int64) { whole.settle(below: offset) }
}

@Suite struct IndexSpoolTests {
    private let made: BundleMaker.Made
    private let spool: String
    private let index: Range<Int64>

    init() throws {
        made = try RealTree.sample().maker(sealed: true).make()
        spool = Hex.encode(made.manifest.bundle)
        let section = try #require(made.sections.first { $0.name == "index" }).range
        index = Int64(section.lowerBound)..<Int64(section.upperBound)
    }

    /// Opens the bundle with its index spooled, and reads all of it.
    ///
    /// - Returns: bytes of the index that were read from the source.
    private func read(
        _ source: any ByteSource, counted by: PricedSource, in directory: borrowing Directory
    ) throws -> Int64 {
        by.forget()
        let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
        let spooled = try bundle.spoolingIndex(in: directory)
        let keys = try spooled.openKeys(with: try TestKeys.device(7))
        _ = try FillPlan.make(spooled, keys: keys, local: .none)
        var reader = try IndexReader(spooled, keys: keys)
        while try reader.next() != nil {}
        return by.reads.reduce(0) { $0 + Int64($1.clamped(to: index).count) }
    }

    @Test func `a remote index is fetched once, and settled when it is on the disk`() throws {
        try withScratch { directory in
            let source = PricedSource(made, isRemote: true)
            let first = try read(source, counted: source, in: directory)
            #expect(first == made.manifest.index.length)
            #expect(source.settled == [index.upperBound])
            #expect(source.announced == [index])
            #expect(try directory.names() == [spool])
            let again = try read(source, counted: source, in: directory)
            #expect(again == 0)
        }
    }

    @Test func `a local index is read where it is`() throws {
        try withScratch { directory in
            let source = PricedSource(made, isRemote: false)
            let count = try read(source, counted: source, in: directory)
            #expect(count == 2 * made.manifest.index.length)
            #expect(try directory.names() == [])
        }
    }

    @Test
    func `a spooled index that was cut off or damaged costs what follows its last whole page`()
        throws
    {
        try withScratch { directory in
            let source = PricedSource(made, isRemote: true)
            _ = try read(source, counted: source, in: directory)
            let whole = try #require(try directory.read(spool, limit: 1 << 16))
            var least = Int64.max
            for count in stride(from: 0, to: whole.count, by: 29) {
                var flipped = whole
                flipped[count] ^= 1
                for bytes in [Array(whole[..<count]), flipped, flipped + [1, 2, 3]] {
                    try directory.replace(spool, with: bytes)
                    let cost = try read(source, counted: source, in: directory)
                    #expect(cost > 0 && cost >= Int64(whole.count - count))
                    // A page more at most, or all where the table is not whole.
                    let table = made.manifest.index.pages * PageTable.entry
                    #expect(count < table || cost < Int64(whole.count - count + 1000))
                    least = min(least, cost)
                    let now = try directory.read(spool, limit: 1 << 16)
                    #expect(now?.prefix(whole.count) == whole[...])
                }
            }
            #expect(least < 1000)
        }
    }

    @Test func `a network that breaks while the index is fetched leaves nothing wrong`() throws {
        try withScratch { directory in
            let source = PricedSource(made, isRemote: true)
            let breaking = Breaking(source, after: index.lowerBound)
            let fault = try fault {
                _ = try read(breaking, counted: source, in: directory)
            }
            #expect(fault.code == .network && source.settled.isEmpty)
            breaking.left = .max
            let count = try read(breaking, counted: source, in: directory)
            #expect(count == made.manifest.index.length)
        }
    }

    @Test func `a page that the server damaged is refused, and fetched again the next time`() throws
    {
        var bytes = made.bytes
        bytes[Int(index.upperBound) - 1] ^= 1
        try withScratch { directory in
            let damaged = PricedSource(made, isRemote: true, bytes: bytes)
            let fault = try fault {
                _ = try read(damaged, counted: damaged, in: directory)
            }
            #expect(fault.code == .malformed)
            let source = PricedSource(made, isRemote: true)
            let count = try read(source, counted: source, in: directory)
            #expect(count > 0 && count < made.manifest.index.length)
        }
    }
}
