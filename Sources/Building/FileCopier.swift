internal import Archive
internal import DurableFiles
internal import Faults

/// Copies files' content into an archive, through one buffer.
struct FileCopier {
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var done: Int64 = 0
    private let total: Int64
    private let progress: (String, Int64, Int64) -> Void

    init(total: Int64, progress: @escaping (String, Int64, Int64) -> Void) {
        self.total = total
        self.progress = progress
    }

    mutating func copy(
        _ file: borrowing Descriptor, of entry: ArchiveEntry, to writer: inout ArchiveWriter,
        _ digest: TreeDigestReceiver
    ) throws(Fault) {
        var offset: Int64 = 0
        while true {
            let count = try file.read(into: &buffer, count: buffer.count, entry.path)
            guard count > 0 else { return }
            do {
                let bytes = buffer.span.extracting(0..<count)
                try writer.write(bytes)
                try digest.data(bytes, at: offset)
            }
            offset += Int64(count)
            done += Int64(count)
            progress("Packing", done, total)
        }
    }
}
