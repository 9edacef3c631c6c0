import Archive
import DurableFiles
import Faults
import Glibc
import Testing

/// Keeps the stream, and fails when it is told to.
final class MemorySink: ArchiveSink {
    private(set) var bytes: [UInt8] = []
    var failsAfter = Int.max

    func write(_ more: Span<UInt8>) throws(Fault) {
        guard bytes.count + more.count <= failsAfter else {
            throw Fault(.noSpace, "The sink of the test is full.")
        }
        for index in more.indices { bytes.append(more[index]) }
    }
}

/// Gives bytes in pieces of one size, from one storage that it fills again and again.
final class PieceSource: ArchiveSource {
    private let bytes: [UInt8]
    private let size: Int
    private var piece: [UInt8] = []
    private(set) var given = 0
    var failsAfter = Int.max

    init(_ bytes: [UInt8], size: Int = 1000) {
        self.bytes = bytes
        self.size = size
    }

    func next(into piece: inout [UInt8]) throws(Fault) -> Int {
        guard given < failsAfter else { throw Fault(.malformed, "The source of the test broke.") }
        guard given < bytes.count else { return 0 }
        let end = min(bytes.count, given + size)
        defer { given = end }
        // Longer than what it holds, as a source's buffers are.
        swap(&piece, &self.piece)
        piece.removeAll(keepingCapacity: true)
        piece.append(contentsOf: bytes[given..<end])
        piece.append(contentsOf: [0xEE, 0xEE])
        return end - given
    }
}

/// Writes down what it is told.
final class Recorder: EntryReceiver {
    private(set) var entries: [ArchiveEntry] = []
    private(set) var contents: [[UInt8]] = []
    private(set) var ended = 0
    var refuses: String?

    func begin(_ entry: ArchiveEntry) throws(Fault) {
        if entry.path == refuses { throw Fault(.busy, "The receiver of the test refuses.") }
        entries.append(entry)
        contents.append([])
    }

    func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        guard let last = contents.indices.last, Int64(contents[last].count) == offset else {
            throw Fault(.internalError, "The offset \(offset) is not where the content ended.")
        }
        for index in bytes.indices { contents[last].append(bytes[index]) }
    }

    func end() throws(Fault) { ended += 1 }
}

let smallRules = EntryRules(maxEntries: 1000, maxFileBytes: 1 << 20, maxTotalBytes: 4 << 20)

/// Reads an archive that stands in memory.
@discardableResult
func read(
    _ bytes: [UInt8], pieces: Int = 1000, rules: EntryRules = smallRules,
    into receiver: any EntryReceiver = Recorder()
) throws(Fault) -> ArchiveTotals {
    try ArchiveReader.read(
        from: PieceSource(bytes, size: pieces), rules: rules, into: receiver)
}

/// The archive of a tree, as a builder makes it.
func pack(_ root: borrowing Directory) throws -> [UInt8] {
    let sink = MemorySink()
    var writer = try ArchiveWriter.to(sink)
    let tree = try TreeReader.list(root)
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    for entry in tree.entries {
        try writer.begin(entry)
        if entry.kind == .file {
            let file = try tree.open(entry)
            while true {
                let count = try file.read(into: &buffer, count: buffer.count, entry.path)
                if count == 0 { break }
                try writer.write(buffer.span.extracting(first: count))
            }
        }
        try writer.finishEntry()
    }
    try writer.close()
    return sink.bytes
}

/// Unpacks an archive that stands in memory below a directory.
func unpack(_ bytes: [UInt8], below root: borrowing Directory) throws {
    let writer = try TreeWriter(below: root)
    try read(bytes, into: writer)
    try writer.finish()
}

/// What a tree is, read from the page cache.
func summary(
    _ root: borrowing Directory, modeMask: UInt32 = EntryRules.modeMask
) throws -> TreeSummary {
    try TreeScanner(reading: .cached, refusal: .slotAltered, modeMask: modeMask).scan(root)
}

/// The fault that a body throws.
func fault(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> Fault {
    try #require(throws: Fault.self, sourceLocation: sourceLocation, performing: body)
}

/// Makes a file of some bytes.
func makeFile(
    _ directory: borrowing Directory, _ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644
) throws {
    let file = try directory.create(name, mode: mode)
    try file.write(bytes.span, name)
    #expect(fchmod(file.raw, mode_t(mode)) == 0)
}

/// A tree with one of everything that a tree may have.
func makeSample(_ root: borrowing Directory) throws {
    let long = String(repeating: "l", count: 200)
    try makeFile(root, "a-b", Array("sorts before a/".utf8))
    let inner = try root.make("a")
    try makeFile(inner, "program", [UInt8](repeating: 7, count: 5000), mode: 0o755)
    try makeFile(inner, "empty", [])
    try makeFile(inner, "modèle.onnx", Array("poids".utf8), mode: 0o600)
    try makeFile(inner, "日本語-\(String(repeating: "あ", count: 60))", Array("名".utf8))
    try makeFile(inner, "block", [UInt8](repeating: 1, count: 512))
    #expect(unsafe symlinkat("../a-b", inner.raw, "up") == 0)
    #expect(unsafe symlinkat("modèle.onnx", inner.raw, "model") == 0)
    #expect(unsafe linkat(inner.raw, "program", root.raw, "again", 0) == 0)
    #expect(unsafe linkat(inner.raw, "program", inner.raw, "zzz", 0) == 0)
    let first = try inner.make(long)
    let second = try first.make(long)
    try makeFile(second, "\(long).bin", (0..<3000).map { UInt8(truncatingIfNeeded: $0) })
    #expect(unsafe symlinkat("\(long).bin", second.raw, "link-\(long)") == 0)
    _ = try root.make("nothing in here", mode: 0o750)
    let locked = try root.make("locked")
    try makeFile(locked, "inside", [1, 2, 3], mode: 0o444)
    try locked.chmod(0o555)
}
