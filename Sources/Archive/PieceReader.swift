internal import Faults
internal import Workers

/// Reads a file piece by piece on a thread of its own, always one piece ahead.
///
/// So the device works while what it gave is digested, also where the kernel reads nothing ahead.
struct PieceReader: ~Copyable {
    private static let capacity = 512 << 10
    private static let forgetEvery: Int64 = 8 << 20

    private struct Piece: ~Copyable, Sendable {
        let content: OpenContent
        let buffer: ReadBuffer
        let offset: Int64
        var count = 0

        init(_ content: OpenContent, _ buffer: consuming ReadBuffer, at offset: Int64) {
            self.content = content
            self.buffer = buffer
            self.offset = offset
        }

        mutating func read() throws(Fault) { count = try content.read(into: buffer, at: offset) }

        /// The buffer again, for another piece of the same file.
        consuming func moved(to offset: Int64) -> Piece { Piece(content, buffer, at: offset) }
    }

    private let queue: OrderedQueue<Piece, Piece>

    init() throws(Fault) {
        queue = try OrderedQueue(
            name: "read-ahead", workers: 1, maxJobs: 2, maxCost: .max, state: { 0 },
            work: { (_, piece: consuming Piece, _) throws(Fault) in
                try piece.read()
                return piece
            })
    }

    /// Reads a file to its end.
    ///
    /// After a fault the reader is of no use any more.
    ///
    /// - Parameters:
    ///   - content: the file.
    ///   - take: gets its bytes, in order.
    /// - Returns: how many bytes were read.
    /// - Throws: what reading or `take` throws.
    func read(
        _ content: OpenContent, _ take: (Span<UInt8>) throws(Fault) -> Void
    ) throws(Fault) -> Int64 {
        content.readInSequence()
        var asked: Int64 = 0
        for _ in 0..<2 where asked < content.size {
            let piece = Piece(content, ReadBuffer(capacity: Self.capacity), at: asked)
            try queue.submit(piece, cost: 0)
            asked += Int64(Self.capacity)
        }
        var read: Int64 = 0
        var forgotten: Int64 = 0
        while let piece = try queue.next() {
            try piece.buffer.withBytes(piece.count, take)
            read += Int64(piece.count)
            if read - forgotten >= Self.forgetEvery {
                content.forget(from: forgotten, length: read - forgotten)
                forgotten = read
            }
            guard asked < content.size else { continue }
            try queue.submit(piece.moved(to: asked), cost: 0)
            asked += Int64(Self.capacity)
        }
        return read
    }
}
