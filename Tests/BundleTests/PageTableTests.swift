import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

private func read(_ bytes: [UInt8], _ pages: Int) throws(Fault) -> PageTable {
    try PageTable(reading: bytes.span, pages: pages)
}

private func raw(_ lengths: [UInt64]) -> [UInt8] {
    lengths.flatMap { little($0, 4) + [UInt8](repeating: 3, count: 32) }
}

@Suite struct PageTableTests {
    @Test(arguments: SeededGenerator.seeds(10))
    func `a table tells where each page is and what its digest is`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let stored = (0..<Int.random(in: 1...20, using: &random)).map { _ in
            random.bytes(Int.random(in: 16...2000, using: &random))
        }
        let bytes = try PageTable.encode(stored)
        #expect(bytes.count == stored.count * PageTable.entry)
        let table = try read(bytes, stored.count)
        let section = bytes + stored.flatMap { $0 }
        #expect(table.sectionLength == Int64(section.count))
        for (page, expected) in zip(table.pages, stored) {
            let place = Int(page.offset)..<Int(page.offset) + page.length
            #expect(section[place].elementsEqual(expected))
            #expect(try page.digest == SHA256.digest(of: expected))
        }
    }

    @Test func `a page's length is bounded`() throws {
        let most = UInt64(BundleLimits.pageBytes)
        #expect(try read(raw([16, most]), 2).sectionLength == Int64(72 + 16 + most))
        for length in [0, 15, most + 1, UInt64(UInt32.max)] {
            let fault = try fault { _ = try read(raw([16, length]), 2) }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("page 1 has \(length) bytes"))
        }
    }

    @Test func `truncations, what follows, and another count are refused`() throws {
        let bytes = raw([16, 17])
        for count in bytes.indices {
            #expect(try fault { _ = try read(Array(bytes[..<count]), 2) }.code == .malformed)
        }
        #expect(try fault { _ = try read(bytes + [0], 2) }.code == .malformed)
        #expect(try fault { _ = try read(bytes, 1) }.code == .malformed)
        #expect(try fault { _ = try read(bytes, 3) }.code == .malformed)
    }

    @Test func `a flipped bit gives another table or none`() throws {
        let bytes = raw([16, 300])
        let whole = try read(bytes, 2)
        everyFlip(bytes) { flipped, bit in
            if let table = try? read(flipped, 2) { #expect(table != whole, "bit \(bit)") }
        }
    }

    @Test func `no more pages are written than the format has`() throws {
        let page = [UInt8](repeating: 0, count: 16)
        let most = [[UInt8]](repeating: page, count: BundleLimits.pages)
        #expect(try read(PageTable.encode(most), most.count).pages.count == BundleLimits.pages)
        #expect(try fault { _ = try PageTable.encode(most + [page]) }.code == .source)
    }
}
