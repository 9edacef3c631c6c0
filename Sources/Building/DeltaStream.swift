internal import Archive
internal import Faults

/// Sends the new version's archive through the sink, as it was when its full bundle was built.
struct DeltaStream {
    // Less than a record of its own takes; it goes with the headers around it.
    private static let joined = 192
    private static let piece = 1 << 20

    let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Sends everything.
    ///
    /// - Parameters:
    ///   - version: the tree.
    ///   - plans: the chunks of its files with content, in their order.
    ///   - sink: takes the stream.
    /// - Throws: a `Fault`, the sink's own or of the tree.
    func send(
        _ version: borrowing UnpackedVersion, _ plans: [[ChunkPlan]], to sink: DeltaSink
    ) throws(Fault) {
        var writer = try ArchiveWriter.to(sink)
        var number = 0
        var done: Int64 = 0
        for entry in version.tree.entries {
            try writer.begin(entry)
            if entry.kind == .file, entry.size > 0 {
                let range = version.space.files[number].range
                try sink.beginFile(entry.size <= DeltaStream.joined ? [] : plans[number])
                number += 1
                try copy(version.space, range, to: &writer) { (count) in
                    done += Int64(count)
                    progress("Packing", done, version.tree.bytes)
                }
            }
            try writer.finishEntry()
        }
        try writer.close()
    }

    private func copy(
        _ space: FileSpace, _ range: Range<Int>, to writer: inout ArchiveWriter,
        _ report: (Int) -> Void
    ) throws(Fault) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = min(position + DeltaStream.piece, range.upperBound)
            let bytes = space.bytes(position..<end)
            try writer.write(bytes.span)
            report(end - position)
            position = end
        }
    }
}
