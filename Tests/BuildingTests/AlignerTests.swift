import Archive
import DurableFiles
import Faults
import TestKit
import Testing

@testable import Building

@Suite struct AlignerTests {
    /// Aligns one file of bytes with another, and plans it.
    private func withFiles(
        _ old: [UInt8], _ new: [UInt8],
        _ body: (
            _ pieces: [Piece], _ plans: [ChunkPlan], _ spaces: (new: FileSpace, old: FileSpace)
        )
            throws -> Void
    ) throws {
        try withScratch { directory in
            let one = try directory.make("old")
            let two = try directory.make("new")
            try one.replace("file", with: old)
            try two.replace("file", with: new)
            let oldSpace = try FileSpace(try TreeReader.list(one))
            let newSpace = try FileSpace(try TreeReader.list(two))
            let plans = try DeltaPlanner.plan(newSpace, from: oldSpace, workers: 1)
            let base = oldSpace.files[0].range
            let range = newSpace.files[0].range
            let pieces = Aligner.align(
                range, of: newSpace, with: BlockTable(oldSpace, [base]), of: oldSpace,
                likely: [base.lowerBound - range.lowerBound])
            try body(pieces, plans[0], (newSpace, oldSpace))
        }
    }

    /// Plans cover the file without a gap, and every base range lies in one file.
    private func check(
        _ plans: [ChunkPlan], _ spaces: (new: FileSpace, old: FileSpace)
    ) throws {
        var position = spaces.new.files[0].range.lowerBound
        for plan in plans {
            #expect(plan.position == position)
            #expect((1...1 << 20).contains(plan.length))
            position += plan.length
            for range in [plan.base.map { $0..<$0 + plan.length }, plan.dictionary] {
                guard let range else { continue }
                let file = try #require(spaces.old.fileRange(holding: range.lowerBound))
                #expect(range.upperBound <= file.upperBound)
                #expect((1...4 << 20).contains(range.count))
            }
            if plan.isCopy, let base = plan.base {
                #expect(
                    spaces.new.bytes(plan.position..<plan.position + plan.length)
                        == spaces.old.bytes(base..<base + plan.length))
            }
        }
        #expect(position == spaces.new.files[0].range.upperBound)
    }

    @Test func `an insertion divides a file in two pieces with the new bytes between them`() throws
    {
        let old = noise(60_000, seed: 1)
        let inserted = noise(500, seed: 2)
        try withFiles(old, old[..<20_000] + inserted + old[20_000...]) { pieces, plans, spaces in
            #expect(pieces.count == 3)
            #expect(pieces.map(\.shift) == [0, nil, -500])
            #expect(abs(pieces[0].range.upperBound - 20_000) < 16)
            #expect(abs(pieces[1].range.upperBound - 20_500) < 16)
            try check(plans, spaces)
        }
    }

    @Test func `scattered differing bytes do not end a match`() throws {
        let old = noise(50_000, seed: 3)
        var new = old
        for place in stride(from: 7, to: new.count, by: 23) { new[place] &+= 64 }
        try withFiles(old, new) { pieces, plans, spaces in
            #expect(pieces == [Piece(range: spaces.new.files[0].range, shift: 0)])
            #expect(plans.allSatisfy { $0.base != nil && !$0.isCopy })
            try check(plans, spaces)
        }
    }

    @Test func `parts in another order are found where they are`() throws {
        let (a, b, c) = (noise(30_000, seed: 4), noise(40_000, seed: 5), noise(20_000, seed: 6))
        try withFiles(a + b + c, c + a + b) { pieces, plans, spaces in
            #expect(pieces.map(\.shift) == [70_000, -20_000])
            try check(plans, spaces)
        }
    }

    @Test func `numbers that were all nudged are aligned by position, past a longer header`() throws
    {
        var random = SeededGenerator(seed: 7)
        let values = (0..<40_000).map { _ in Int16.random(in: -2000...2000, using: &random) }
        func bytes(_ header: Int, _ nudge: (Int16) -> Int16) -> [UInt8] {
            noise(header, seed: UInt64(header))
                + values.flatMap { value -> [UInt8] in
                    let number = UInt16(bitPattern: nudge(value))
                    return [UInt8(number & 0xFF), UInt8(number >> 8)]
                }
        }
        var steps = SeededGenerator(seed: 8)
        let old = bytes(300) { $0 }
        let new = bytes(421) { $0 + (Bool.random(using: &steps) ? 3 : -3) }
        try withFiles(old, new) { _, plans, spaces in
            let nudged = plans.filter { $0.base == $0.position - 121 }
            #expect(nudged.reduce(0) { $0 + $1.length } > 78_000)
            #expect(nudged.contains { $0.width == 2 })
            try check(plans, spaces)
        }
    }

    @Test func `where more files are of use than an index lists, the smallest are done without`()
        throws
    {
        try withScratch { directory in
            let one = try directory.make("old")
            for number in 1...6 {
                try one.replace("file\(number)", with: noise(1000 * number, seed: UInt64(number)))
            }
            let space = try FileSpace(try TreeReader.list(one))
            var plans = try DeltaPlanner.plan(space, from: space, workers: 2)
            #expect(DeltaPlanner.bases(of: &plans, in: space) == [0, 1, 2, 3, 4, 5])
            #expect(plans.joined().allSatisfy { $0.isCopy })
            #expect(DeltaPlanner.bases(of: &plans, in: space, paths: 2) == [4, 5])
            #expect(plans.map { $0[0].isCopy } == [false, false, false, false, true, true])
            #expect(DeltaPlanner.bases(of: &plans, in: space, bytes: 7) == [5])
            #expect(plans.map { $0[0].base != nil } == [false, false, false, false, false, true])
        }
    }

    @Test func `long unchanged runs are copies`() throws {
        let old = noise(700_000, seed: 9)
        var new = old
        for place in 300_000..<340_000 { new[place] ^= 0x55 }
        try withFiles(old, new) { _, plans, spaces in
            let copied = plans.filter(\.isCopy).reduce(0) { $0 + $1.length }
            #expect(copied > 650_000)
            try check(plans, spaces)
        }
    }

    @Test(arguments: [
        1, 1 << 20, 1 << 20 + 1, 2 << 20, 2 << 20 + 1, 3 << 20 - 1, 20 << 20, 21 << 20 - 15,
    ])
    func `no chunk is longer than the format allows, whatever the length of a part`(length: Int) {
        let part = WidthChooser.Part(range: 5..<5 + length, width: 4)
        let chunks = ChunkPlanner.cut(part)
        #expect(chunks.allSatisfy { (1...1 << 20).contains($0.count) })
        #expect(chunks.dropLast().allSatisfy { $0.count % 16 == 0 })
        #expect(chunks.first?.lowerBound == 5)
        #expect(chunks.last?.upperBound == 5 + length)
        for (one, next) in zip(chunks, chunks.dropFirst()) {
            #expect(one.upperBound == next.lowerBound)
        }
    }

    @Test(arguments: SeededGenerator.seeds(25))
    func `any two files give plans that hold together`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var old = noise(Int.random(in: 1...90_000, using: &random), seed: seed &+ 1)
        if seed % 3 == 0 { old = old.map { $0 & 3 } }
        var new = old
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let start = Int.random(in: 0..<max(new.count, 1), using: &random)
            let end = min(new.count, start + Int.random(in: 0...3000, using: &random))
            switch Int.random(in: 0...3, using: &random) {
            case 0: new.replaceSubrange(start..<end, with: [])
            case 1: new.insert(contentsOf: noise(end - start, seed: random.next()), at: start)
            case 2: new.insert(contentsOf: old.suffix(end - start), at: start)
            default: for place in start..<end { new[place] &+= 1 }
            }
            if new.isEmpty { new = [1] }
        }
        try withFiles(old, new) { pieces, plans, spaces in
            #expect(pieces.first?.range.lowerBound == spaces.new.files[0].range.lowerBound)
            for (one, next) in zip(pieces, pieces.dropFirst()) {
                #expect(one.range.upperBound == next.range.lowerBound)
            }
            #expect(pieces.last?.range.upperBound == spaces.new.files[0].range.upperBound)
            try check(plans, spaces)
        }
    }
}
