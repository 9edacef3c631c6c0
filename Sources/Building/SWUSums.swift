internal import Faults
internal import Install
internal import Sealing

/// What a SWUpdate archive says of a member's content: its SHA-256, and the sum of its bytes.
struct SWUSums {
    let sha256: Digest
    let sum: UInt32

    private static let piece: Int64 = 1 << 20

    /// Reads a file through.
    init(
        of source: any ByteSource, size: Int64, progress: (Int64) -> Void
    ) throws(Fault) {
        var digest = try SHA256()
        var sum: UInt32 = 0
        try SWUSums.read(source, size) { (bytes, done) throws(Fault) in
            try digest.update(bytes.span)
            sum &+= SWUSums.sum(bytes)
            progress(done)
        }
        sha256 = try digest.finish()
        self.sum = sum
    }

    /// The sum of bytes, as cpio counts it.
    static func sum(_ bytes: [UInt8]) -> UInt32 { bytes.reduce(0) { $0 &+ UInt32($1) } }

    /// Goes through a file piece by piece.
    static func read(
        _ source: any ByteSource, _ size: Int64,
        _ body: (_ bytes: [UInt8], _ done: Int64) throws(Fault) -> Void
    ) throws(Fault) {
        var offset: Int64 = 0
        while offset < size {
            let count = Int(min(piece, size - offset))
            let bytes = try source.read(at: offset, count: count)
            offset += Int64(count)
            try body(bytes, offset)
        }
    }
}
