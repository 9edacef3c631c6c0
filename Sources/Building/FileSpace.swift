internal import Archive
internal import DurableFiles
internal import Faults
internal import Glibc

/// The files of a tree, one after another in one range of addresses, for reading anywhere.
///
/// Large files are mapped, so that the system decides what of them is in memory; small ones are read
/// in, because a mapping each would be too many. Whoever makes one sees to it that nothing writes to
/// the tree: it stands in a directory of this process. Every access is held against the bounds.
@safe
final class FileSpace: @unchecked Sendable {
    /// A file, and where it stands.
    struct File: Sendable {
        let path: String
        let range: Range<Int>
    }

    private static let mappedFrom: Int64 = 1 << 20
    private static let mapLimit = 32_768
    private static let alignment = 16

    /// The files that have content, in the order of their paths.
    let files: [File]
    /// All addresses, the gaps between the files included.
    let count: Int
    private let memory: UnsafeMutableRawPointer

    /// Takes in every file of a tree.
    init(_ tree: borrowing TreeReader) throws(Fault) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        var files: [File] = []
        var places: [(entry: ArchiveEntry, isMapped: Bool)] = []
        var end = 0
        var maps = 0
        for entry in tree.entries where entry.kind == .file && entry.size > 0 {
            let isMapped = entry.size >= FileSpace.mappedFrom && maps < FileSpace.mapLimit
            if isMapped { maps += 1 }
            let start = FileSpace.round(end, to: isMapped ? page : FileSpace.alignment)
            end = start + Int(entry.size)
            if isMapped { end = FileSpace.round(end, to: page) }
            files.append(File(path: entry.path, range: start..<start + Int(entry.size)))
            places.append((entry, isMapped))
        }
        count = FileSpace.round(max(end, 1), to: page)
        self.files = files
        unsafe memory = try FileSpace.reserve(count)
        for (file, place) in zip(files, places) {
            let descriptor = try tree.open(place.entry)
            if place.isMapped {
                try map(descriptor, file)
            } else {
                try read(descriptor, file)
            }
        }
    }

    deinit { _ = unsafe munmap(memory, count) }

    private static func round(_ value: Int, to unit: Int) -> Int {
        (value + unit - 1) / unit * unit
    }

    private static func reserve(_ count: Int) throws(Fault) -> UnsafeMutableRawPointer {
        let result = unsafe mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let result = unsafe result, unsafe result != MAP_FAILED else {
            throw systemFault("cannot reserve \(count) bytes of addresses")
        }
        return unsafe result
    }

    private func map(_ file: borrowing Descriptor, _ place: File) throws(Fault) {
        let wanted = unsafe memory + place.range.lowerBound
        let result = unsafe mmap(
            wanted, place.range.count, PROT_READ, MAP_PRIVATE | MAP_FIXED, file.raw, 0)
        guard unsafe result == wanted else { throw systemFault("cannot map \(place.path)") }
    }

    private func read(_ file: borrowing Descriptor, _ place: File) throws(Fault) {
        var bytes = [UInt8](repeating: 0, count: place.range.count)
        let count = try file.read(at: 0, into: &bytes, count: bytes.count, place.path)
        guard count == bytes.count else {
            throw Fault(.storage, "\(place.path) ends at byte \(count) of \(bytes.count).")
        }
        unsafe bytes.withUnsafeBytes { source in
            unsafe (memory + place.range.lowerBound).copyMemory(
                from: source.baseAddress ?? UnsafeRawPointer(memory), byteCount: source.count)
        }
    }

    /// The number of the file at a position; the last one that begins at it or before.
    func file(at position: Int) -> Int {
        var low = 0
        var high = files.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if files[middle].range.lowerBound <= position { low = middle } else { high = middle }
        }
        return low
    }

    /// The range of the file that a position lies in; `nil` between files.
    func fileRange(holding position: Int) -> Range<Int>? {
        guard !files.isEmpty, position >= 0 else { return nil }
        let range = files[file(at: position)].range
        return range.contains(position) ? range : nil
    }

    /// One byte.
    @inline(__always)
    func byte(_ position: Int) -> UInt8 {
        precondition(position >= 0 && position < count)
        return unsafe memory.load(fromByteOffset: position, as: UInt8.self)
    }

    /// Eight bytes, the first as the lowest.
    @inline(__always)
    func word(_ position: Int) -> UInt64 {
        precondition(position >= 0 && position <= count - 8)
        return unsafe UInt64(
            littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// How many bytes from `position` on are those of another space from `start` on.
    func equalBytes(_ position: Int, _ other: FileSpace, _ start: Int, limit: Int) -> Int {
        var done = 0
        while done + 8 <= limit {
            let difference = word(position + done) ^ other.word(start + done)
            guard difference == 0 else { return done + difference.trailingZeroBitCount / 8 }
            done += 8
        }
        while done < limit, byte(position + done) == other.byte(start + done) { done += 1 }
        return done
    }

    /// How many bytes before `position` are those of another space before `end`.
    func equalBytesBefore(_ position: Int, _ other: FileSpace, _ end: Int, limit: Int) -> Int {
        var done = 0
        while done < limit, byte(position - done - 1) == other.byte(end - done - 1) { done += 1 }
        return done
    }

    /// How many of `length` bytes are the same at both places.
    func countEqual(_ position: Int, _ other: FileSpace, _ start: Int, length: Int) -> Int {
        var equal = 0
        var done = 0
        while done + 8 <= length {
            // A byte of the exclusive or is zero where they are the same; fold the rest to bit 7.
            let difference = word(position + done) ^ other.word(start + done)
            let low = (difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F
            equal += 8 - ((low | difference) & 0x8080_8080_8080_8080).nonzeroBitCount
            done += 8
        }
        while done < length {
            if byte(position + done) == other.byte(start + done) { equal += 1 }
            done += 1
        }
        return equal
    }

    /// Lends a range's bytes.
    func withBytes<Result>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let buffer = unsafe UnsafeBufferPointer(
            start: UnsafePointer(
                (memory + range.lowerBound).assumingMemoryBound(to: UInt8.self)),
            count: range.count)
        return try body(unsafe Span(_unsafeElements: buffer))
    }

    /// A copy of a range's bytes.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe Array(
            UnsafeRawBufferPointer(start: memory + range.lowerBound, count: range.count))
    }
}
