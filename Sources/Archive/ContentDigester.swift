internal import DurableFiles
internal import Faults
internal import Sealing
internal import Workers

/// What one thread keeps to digest files: a digest, a small buffer, and a reader for large files.
struct ContentDigester: ~Copyable {
    /// From this size on a file is read on one thread and digested on another.
    static let largeFrom: Int64 = 1 << 20
    private static let smallBuffer = 128 << 10

    private let reading: TreeScanner.Reading
    private let buffer: ReadBuffer
    private var sha: SHA256
    private var reader: PieceReader?

    init(_ reading: TreeScanner.Reading) throws(Fault) {
        sha = try SHA256()
        buffer = ReadBuffer(capacity: Self.smallBuffer)
        reader = nil
        self.reading = reading
    }

    /// The digests of files, each of which must have throughout the size that was found.
    ///
    /// - Parameters:
    ///   - files: one large file, or small ones: they are all open at the same time.
    ///   - report: told of the bytes that were read.
    /// - Returns: the digests, in the files' order.
    /// - Throws: the first file's fault that has one.
    mutating func digest(
        _ files: [FileToDigest], _ report: JobReport
    ) throws(Fault) -> [Digest] {
        var digests: [Digest] = []
        digests.reserveCapacity(files.count)
        if files.count == 1, let file = files.first, file.size >= Self.largeFrom {
            digests.append(try digest(large: OpenContent.open(file, reading), report))
            return digests
        }
        var contents: [OpenContent] = []
        contents.reserveCapacity(files.count)
        for file in files {
            let content = try OpenContent.open(file, reading)
            // The device gets them all to do at once, instead of one after another.
            if file.size > 0 { content.readAhead() }
            contents.append(content)
        }
        var total = 0
        for content in contents {
            digests.append(try digest(small: content))
            total += Int(content.size)
        }
        try report.add(total)
        return digests
    }

    private mutating func digest(small content: OpenContent) throws(Fault) -> Digest {
        var read: Int64 = 0
        while read < content.size {
            let count = try content.read(into: buffer, at: read)
            if count == 0 { break }
            try buffer.withBytes(count) { (bytes) throws(Fault) in try sha.update(bytes) }
            read += Int64(count)
        }
        content.forget()
        try content.checkEnd(read: read)
        return try sha.finish()
    }

    private mutating func digest(
        large content: OpenContent, _ report: JobReport
    ) throws(Fault) -> Digest {
        let reader: PieceReader
        if let kept = self.reader.take() { reader = kept } else { reader = try PieceReader() }
        let read = try reader.read(content) { (bytes) throws(Fault) in
            try sha.update(bytes)
            try report.add(bytes.count)
        }
        content.forget()
        try content.checkEnd(read: read)
        // Only after success: a fault leaves pieces of this file in it.
        self.reader = consume reader
        return try sha.finish()
    }
}
