internal import Faults
internal import Install
internal import Sealing

/// What a SWUpdate archive says of a member's content: its SHA-256, and the sum of its bytes.
struct SWUSums {
    let sha256: Digest
    let sum: UInt32

    /// Reads a file through.
    init(
        of source: any ByteSource, size: Int64, progress: (Int64) -> Void
    ) throws(Fault) {
        var digest = try SHA256()
        var sum: UInt32 = 0
        var pieces = SourcePieces(source, size: size)
        while let bytes = try pieces.next() {
            try digest.update(bytes.span)
            sum &+= SWUSums.sum(bytes)
            progress(pieces.done)
        }
        sha256 = try digest.finish()
        self.sum = sum
    }

    /// The sum of bytes, as cpio counts it.
    static func sum(_ bytes: [UInt8]) -> UInt32 { bytes.reduce(0) { $0 &+ UInt32($1) } }
}

/// Goes through a file piece by piece.
struct SourcePieces {
    private let source: any ByteSource
    private let size: Int64
    /// How many bytes were read.
    private(set) var done: Int64 = 0

    init(_ source: any ByteSource, size: Int64) {
        self.source = source
        self.size = size
    }

    /// The next piece, at most 1 MiB; `nil` at the end.
    mutating func next() throws(Fault) -> [UInt8]? {
        let count = Int(min(1 << 20, size - done))
        guard count > 0 else { return nil }
        let bytes = try source.read(at: done, count: count)
        done += Int64(count)
        return bytes
    }
}
