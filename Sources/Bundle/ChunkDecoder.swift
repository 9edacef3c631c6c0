internal import CZstd
public import Faults

/// Decodes chunks; one context and three buffers for all of them, no allocation a chunk.
@safe
public struct ChunkDecoder: ~Copyable {
    private let context: OpaquePointer
    private let scratch: ChunkScratch

    /// Makes a decoder.
    ///
    /// - Throws: a `Fault` of code `no-space` where there is no memory for it.
    public init() throws(Fault) {
        let scratch = try ChunkScratch()
        guard let context = unsafe ZSTD_createDCtx() else {
            throw Fault(.noSpace, "No memory for the zstd decoder.")
        }
        unsafe self.context = context
        self.scratch = scratch
    }

    deinit { _ = unsafe ZSTD_freeDCtx(context) }

    /// Decodes one chunk.
    ///
    /// - Parameters:
    ///   - coded: the stored bytes after their digest was checked and their seal opened; empty for
    ///     `copy`.
    ///   - entry: what the index says of the chunk.
    ///   - base: the base range after its digest was checked; empty where the codec has none.
    ///   - plain: where the plain bytes go; exactly `entry.plainLength` of them are set, and it must
    ///     have room for them.
    /// - Throws: a `Fault` of code `malformed`, or `base-damaged` where the base range has not the
    ///   length that the codec needs. What then stands in `plain` means nothing.
    public mutating func decode(
        _ coded: Span<UInt8>, as entry: IndexEntry, base: Span<UInt8>,
        into plain: inout [UInt8]
    ) throws(Fault) {
        let length = entry.plainLength
        guard length <= plain.count else {
            throw Fault(
                .internalError,
                "The chunk buffer has \(plain.count) bytes, and the chunk \(length).")
        }
        guard (1...BundleLimits.chunkBytes).contains(length),
            entry.layout.isAcceptable(
                for: entry.codec, width: entry.width, plainLength: length)
        else {
            throw Fault(
                .malformed,
                "A chunk of \(length) bytes has the width \(entry.width) and the layout "
                    + "\(entry.layout.rawValue), which “\(entry.codec)” does not have.")
        }
        try check(base, for: entry)
        if entry.codec.isStored {
            try ZstdFrame.check(coded)
        } else if !coded.isEmpty {
            throw Fault(
                .malformed,
                "\(coded.count) stored bytes were brought for a chunk that stores none.")
        }
        let fault = unsafe coded.withUnsafeBufferPointer { coded in
            unsafe base.withUnsafeBufferPointer { base in
                unsafe plain.withUnsafeMutableBufferPointer { plain -> Fault? in
                    do throws(Fault) {
                        try unsafe decode(coded, entry, base, plain)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
        }
        if let fault { throw fault }
    }

    private func check(_ base: Span<UInt8>, for entry: IndexEntry) throws(Fault) {
        let accepted: ClosedRange<Int> =
            switch entry.codec {
            case .zstd, .planes: 0...Int.max
            case .dictionary: 1...BundleLimits.baseRangeBytes
            case .difference, .copy: entry.plainLength...entry.plainLength
            }
        guard accepted.contains(base.count) else {
            throw Fault(
                .baseDamaged,
                "A base range of \(base.count) bytes was brought for a chunk of codec "
                    + "“\(entry.codec)” and \(entry.plainLength) bytes.")
        }
    }

    /// Decodes with everything checked that does not depend on the coded bytes.
    private func decode(
        _ coded: UnsafeBufferPointer<UInt8>, _ entry: IndexEntry,
        _ base: UnsafeBufferPointer<UInt8>, _ plain: UnsafeMutableBufferPointer<UInt8>
    ) throws(Fault) {
        guard let target = plain.baseAddress else { return }
        let length = entry.plainLength
        switch entry.codec {
        case .zstd: try unsafe inflate(coded, into: target, length)
        case .dictionary:
            let result = unsafe ZSTD_DCtx_refPrefix(context, base.baseAddress, base.count)
            guard ZSTD_isError(result) == 0 else { throw broken(result) }
            try unsafe inflate(coded, into: target, length)
        case .copy:
            if let source = base.baseAddress {
                unsafe target.update(from: source, count: length)
            }
        case .planes:
            let stream = try unsafe stream(coded, entry)
            unsafe ChunkArrangement.restore(stream, entry, base: nil, scratch.counters, target)
        case .difference:
            let stream = try unsafe stream(coded, entry)
            if entry.width == 1, entry.layout.isGrouped, let base = base.baseAddress {
                unsafe FollowingBytes.join(
                    stream, count: length, base: base, next: scratch.pairs, into: target)
                return
            }
            unsafe ChunkArrangement.restore(
                stream, entry, base: base.baseAddress, scratch.counters, target)
        }
    }

    /// The stream of a chunk's planes: what the frame holds, its packed runs opened.
    private func stream(
        _ coded: UnsafeBufferPointer<UInt8>, _ entry: IndexEntry
    ) throws(Fault) -> UnsafePointer<UInt8> {
        let length = entry.plainLength
        guard entry.layout.isPacked else {
            try unsafe inflate(coded, into: scratch.content, length)
            return unsafe UnsafePointer(scratch.content)
        }
        let most = length + PackedReader.mapBytes(of: length)
        let count = try unsafe inflate(coded, into: scratch.content, atMost: most)
        let reader = unsafe PackedReader(scratch.content, count: count, length: length)
        try unsafe reader.open(into: scratch.stream, values: scratch.values)
        return unsafe UnsafePointer(scratch.stream)
    }

    private func inflate(
        _ coded: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>,
        _ length: Int
    ) throws(Fault) {
        let count = try unsafe inflate(coded, into: target, atMost: length)
        guard count == length else {
            throw Fault(
                .malformed, "A chunk decodes to \(count) bytes; the index says \(length).")
        }
    }

    private func inflate(
        _ coded: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>,
        atMost capacity: Int
    ) throws(Fault) -> Int {
        let result = unsafe ZSTD_decompressDCtx(
            context, target, capacity, coded.baseAddress, coded.count)
        guard ZSTD_isError(result) == 0 else { throw broken(result) }
        return result
    }

    private func broken(_ result: Int) -> Fault {
        Fault(
            .malformed, "A chunk does not decode.",
            cause: unsafe String(cString: ZSTD_getErrorName(result)))
    }
}
