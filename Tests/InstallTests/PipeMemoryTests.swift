import Bundle
import Faults
import TestKit
import Testing

@testable import Install

@Suite struct PipeMemoryTests {
    /// Runs a pipe to its end.
    ///
    /// - Returns: the most works, and the most plain bytes that were read ahead.
    private func run(_ made: BundleMaker.Made) throws -> (works: Int, chunks: Int, ahead: Int64) {
        let source = PricedSource(made, isRemote: false)
        let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
        let keys = try bundle.openKeys(with: try TestKeys.device(7))
        var progress = PipeProgress()
        let pipe = try ChunkPipe(bundle, keys: keys) { progress = $0 }
        var works = 0
        var read = 0
        var taken = 0
        var chunks = 0
        var ahead: Int64 = 0
        source.watch = { range in
            read += 1
            chunks = max(chunks, read - taken)
            ahead = max(ahead, progress.fetched - progress.plain)
        }
        var piece: [UInt8] = []
        while try pipe.next(into: &piece) > 0 {
            taken += 1
            works = max(works, pipe.works)
        }
        #expect(taken == made.manifest.index.chunks)
        return (works, chunks, ahead)
    }

    @Test func `a long stream goes through a handful of buffers`() throws {
        var random = SeededGenerator(seed: 8)
        var tree = RealTree()
        for number in 100..<400 {
            tree.file("file-\(number)", random.bytes(Int.random(in: 0...900, using: &random)))
        }
        var maker = tree.maker(sealed: true, chunk: 100)
        maker.pageChunks = 50
        let made = try maker.make()
        #expect(made.manifest.index.chunks > 1500)
        let (works, chunks, _) = try run(made)
        // Six under way, the one that the archive reader has, two to be used again.
        #expect(works <= 9)
        #expect(chunks <= 7)
    }

    @Test func `large chunks are under way only as far as bytes go`() throws {
        var random = SeededGenerator(seed: 9)
        let block = random.bytes(1 << 20)
        var tree = RealTree()
        tree.file("weights", (UInt8(0)..<6).flatMap { number in block.map { $0 ^ number } })
        let (works, chunks, ahead) = try run(try tree.maker(chunk: 1 << 20).make())
        #expect(works <= 5)
        // Stored and plain bytes of two are below 5 MiB, of three above; and a header's chunk.
        #expect(chunks <= 3)
        #expect(ahead <= 5 << 20)
    }

    @Test(arguments: SeededGenerator.seeds(4))
    func `a buffer that goes round has room, and is let go where it is far too large`(
        seed: UInt64
    ) {
        var random = SeededGenerator(seed: seed)
        var buffer: [UInt8] = []
        for _ in 0..<60 {
            let need = Int.random(
                in: 0...(1 << Int.random(in: 1...22, using: &random)), using: &random)
            ChunkWork.fit(&buffer, need)
            #expect(buffer.count >= need)
            #expect(buffer.count <= 2 * need + (128 << 10))
        }
    }
}
