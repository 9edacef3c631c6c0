public import Bundle
public import DurableFiles
public import Faults
public import Sealing

extension SlotIndex {
    /// One chunk that stands wholly in a file.
    private struct Record {
        let digest: Digest
        let offset: Int64
        let length: UInt32
        let file: UInt32
    }

    /// Writes the index of a slot that a bundle was unpacked into.
    ///
    /// Chunks that hold headers of the archive stand in no file and are left out. 48 bytes a chunk
    /// are held, no more than 12 MB.
    ///
    /// - Parameters:
    ///   - bundle: the bundle, whose index is read once more.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - journal: where each file's content stands in the archive's stream.
    ///   - file: an empty file.
    ///   - name: what messages call it.
    /// - Returns: SHA-256 of what was written.
    /// - Throws: a `Fault` of the disk, or of code `malformed`.
    public static func write(
        of bundle: VerifiedBundle, keys: borrowing ContentKeys?, journal: FillJournal,
        to file: borrowing Descriptor, name: String
    ) throws(Fault) -> Digest {
        var files: [(offset: UInt64, length: UInt32)] = []
        var paths: [UInt8] = []
        let records = try gather(bundle, keys, journal) { path in
            files.append((UInt64(paths.count), UInt32(path.utf8.count)))
            paths += Array(path.utf8)
        }
        var out = IndexOutput(name: name, sha: try SHA256())
        out.bytes += magic
        out.bytes.append(littleEndian: UInt32(records.count))
        out.bytes.append(littleEndian: UInt32(files.count))
        for record in records {
            out.bytes += record.digest.bytes
            out.bytes.append(littleEndian: UInt64(record.offset))
            out.bytes.append(littleEndian: record.length)
            out.bytes.append(littleEndian: record.file)
            try out.flush(to: file, above: 256 << 10)
        }
        for place in files {
            out.bytes.append(littleEndian: place.offset)
            out.bytes.append(littleEndian: place.length)
            out.bytes.append(littleEndian: UInt32(0))
            try out.flush(to: file, above: 256 << 10)
        }
        out.bytes += paths
        try out.flush(to: file, above: 0)
        return try out.finish()
    }

    /// The chunks that stand in files, by digest, each once.
    private static func gather(
        _ bundle: VerifiedBundle, _ keys: borrowing ContentKeys?, _ journal: FillJournal,
        newFile: (String) -> Void
    ) throws(Fault) -> [Record] {
        var index = try IndexReader(bundle, keys: keys)
        var cursor = try journal.cursor()
        var records: [Record] = []
        var start: Int64 = 0
        var files: UInt32 = 0
        var last: String?
        while let entry = try index.next() {
            defer { start += Int64(entry.plainLength) }
            guard let place = cursor.place(of: start..<start + Int64(entry.plainLength)) else {
                continue
            }
            if place.path != last {
                newFile(place.path)
                files += 1
                last = place.path
            }
            records.append(
                Record(
                    digest: entry.plainDigest, offset: place.offset,
                    length: UInt32(entry.plainLength), file: files - 1))
        }
        records.sort { $0.digest < $1.digest }
        var previous: Digest?
        records.removeAll { record in
            defer { previous = record.digest }
            return record.digest == previous
        }
        return records
    }
}

/// What waits to be written, and the digest of all that was.
private struct IndexOutput: ~Copyable {
    let name: String
    var sha: SHA256
    var bytes: [UInt8] = []

    mutating func finish() throws(Fault) -> Digest { try sha.finish() }

    mutating func flush(to file: borrowing Descriptor, above: Int) throws(Fault) {
        guard bytes.count > above else { return }
        let waiting = bytes
        try sha.update(waiting.span)
        try file.write(waiting.span, name)
        bytes = []
    }
}
