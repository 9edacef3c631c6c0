internal import CZstd
public import Faults

/// Decodes chunks; one context for all of them, no allocation a chunk.
@safe
public struct ChunkDecoder: ~Copyable {
    private let context: OpaquePointer

    /// Makes a decoder.
    ///
    /// - Throws: a `Fault` of code `no-space` where there is no memory for it.
    public init() throws(Fault) {
        guard let context = unsafe ZSTD_createDCtx() else {
            throw Fault(.noSpace, "No memory for the zstd decoder.")
        }
        unsafe self.context = context
    }

    deinit { _ = unsafe ZSTD_freeDCtx(context) }

    /// The magic number of a Zstandard frame (RFC 8878, section 3.1.1).
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Whether the bytes are one Zstandard frame and nothing else.
    ///
    /// libzstd would also pass over skippable frames, decode several, and decode what releases before
    /// the standard wrote: more than the format has, by code that nobody needs to reach.
    private func isOneFrame(_ coded: Span<UInt8>) -> Bool {
        guard coded.count > ChunkDecoder.magic.count,
            ChunkDecoder.magic.indices.allSatisfy({ coded[$0] == ChunkDecoder.magic[$0] })
        else { return false }
        let length = unsafe coded.withUnsafeBytes {
            unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
        }
        return ZSTD_isError(length) == 0 && length == coded.count
    }

    /// Decodes one chunk.
    ///
    /// - Parameters:
    ///   - coded: the stored bytes after their digest was checked and their seal opened.
    ///   - entry: what the index says of the chunk.
    ///   - base: the base range after its digest was checked; empty where the codec has none.
    ///   - plain: where the plain bytes go; exactly `entry.plainLength` of them are set, and it must
    ///     have room for them.
    /// - Throws: a `Fault` of code `malformed`, or `unsupported` for a codec that this
    ///   release does not decode.
    public mutating func decode(
        _ coded: Span<UInt8>, as entry: IndexEntry, base: Span<UInt8>,
        into plain: inout [UInt8]
    ) throws(Fault) {
        guard entry.codec == .zstd else {
            throw Fault(
                .unsupported,
                "The bundle holds a chunk of codec “\(entry.codec)”, which this release does not "
                    + "decode.", advice: "Update the agent, or install the full bundle.")
        }
        guard entry.plainLength <= plain.count else {
            throw Fault(.internalError, "The chunk buffer is too small.")
        }
        guard isOneFrame(coded) else {
            throw Fault(.malformed, "A chunk's stored bytes are not one Zstandard frame.")
        }
        let capacity = entry.plainLength
        let result = unsafe coded.withUnsafeBytes { source in
            unsafe plain.withUnsafeMutableBytes { target in
                unsafe ZSTD_decompressDCtx(
                    context, target.baseAddress, capacity, source.baseAddress, source.count)
            }
        }
        guard ZSTD_isError(result) == 0 else {
            throw Fault(
                .malformed, "A chunk does not decode.",
                cause: unsafe String(cString: ZSTD_getErrorName(result)))
        }
        guard result == capacity else {
            throw Fault(
                .malformed, "A chunk decodes to \(result) bytes; the index says \(capacity).")
        }
    }
}

/// Encodes chunks with zstd; for the builder.
@safe
public struct ChunkEncoder: ~Copyable {
    private let context: OpaquePointer

    /// Makes an encoder.
    ///
    /// - Parameter level: zstd's level, 1 to 22.
    /// - Throws: a `Fault` where the level is none or memory is short.
    public init(level: Int) throws(Fault) {
        guard let context = unsafe ZSTD_createCCtx() else {
            throw Fault(.noSpace, "No memory for the zstd encoder.")
        }
        let result = unsafe ZSTD_CCtx_setParameter(
            context, ZSTD_c_compressionLevel, Int32(clamping: level))
        guard (1...Int(ZSTD_maxCLevel())).contains(level), ZSTD_isError(result) == 0 else {
            _ = unsafe ZSTD_freeCCtx(context)
            throw Fault(
                .source, "The compression level \(level) is none of 1 to \(ZSTD_maxCLevel()).")
        }
        unsafe self.context = context
    }

    deinit { _ = unsafe ZSTD_freeCCtx(context) }

    /// Encodes one chunk as a single zstd frame; the same input gives the same bytes.
    public mutating func encode(_ plain: Span<UInt8>) throws(Fault) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
        let result = unsafe plain.withUnsafeBytes { source in
            unsafe out.withUnsafeMutableBytes { target in
                unsafe ZSTD_compress2(
                    context, target.baseAddress, target.count, source.baseAddress, source.count)
            }
        }
        guard ZSTD_isError(result) == 0 else {
            throw Fault(
                .internalError, "A chunk cannot be encoded.",
                cause: unsafe String(cString: ZSTD_getErrorName(result)))
        }
        out.removeLast(out.count - result)
        return out
    }
}
