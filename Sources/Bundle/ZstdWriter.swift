internal import CZstd
internal import Faults

/// Writes Zstandard frames; one context for all of them.
@safe
struct ZstdWriter: ~Copyable {
    /// How a frame is sought.
    enum Effort {
        /// As the level has it.
        case level(Int)
        /// For content without matches: literals alone are coded, quickly.
        case literals
        /// For content with few matches, which must not make the literals dearer.
        case fewMatches
    }

    private let context: OpaquePointer

    init() throws(Fault) {
        guard let context = unsafe ZSTD_createCCtx() else {
            throw Fault(.noSpace, "No memory for the zstd encoder.")
        }
        unsafe self.context = context
    }

    deinit { _ = unsafe ZSTD_freeCCtx(context) }

    /// The levels that there are.
    static var levels: ClosedRange<Int> { 1...Int(ZSTD_maxCLevel()) }

    /// Encodes content as one frame, without a dictionary.
    mutating func frame(
        _ content: Span<UInt8>, cuts: [Int] = [], effort: Effort
    ) throws(Fault) -> [UInt8] {
        let none: [UInt8] = []
        return try frame(content, cuts: cuts, effort: effort, dictionary: none.span)
    }

    /// Encodes content as one frame; the same input gives the same bytes.
    ///
    /// - Parameters:
    ///   - content: what the frame holds.
    ///   - cuts: where blocks end besides where libzstd ends them, rising.
    ///   - effort: how much is tried.
    ///   - dictionary: raw content to refer to; empty for none. libzstd takes memory that it shares
    ///     with the content for overwritten.
    /// - Returns: the frame.
    /// - Throws: a `Fault` of code `internal` where libzstd fails.
    mutating func frame(
        _ content: Span<UInt8>, cuts: [Int] = [], effort: Effort, dictionary: Span<UInt8>
    ) throws(Fault) -> [UInt8] {
        try set(effort)
        if case .level(let level) = effort, level < 6, !dictionary.isEmpty {
            // The tables of low levels would forget most of a large dictionary.
            try set(ZSTD_c_hashLog, 20)
        }
        try check(unsafe ZSTD_CCtx_setPledgedSrcSize(context, UInt64(content.count)))
        var out = [UInt8](
            repeating: 0, count: ZSTD_compressBound(content.count) + 16 * (cuts.count + 1))
        let result = unsafe content.withUnsafeBytes { source in
            unsafe dictionary.withUnsafeBytes { dictionary in
                unsafe out.withUnsafeMutableBytes { target in
                    unsafe write(source, cuts, dictionary, target)
                }
            }
        }
        try check(result)
        out.removeLast(out.count - result)
        return out
    }

    private func set(_ effort: Effort) throws(Fault) {
        try check(unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
        switch effort {
        case .level(let level):
            try set(ZSTD_c_compressionLevel, level)
        case .literals: try setSmallSearch(ZSTD_greedy)
        case .fewMatches: try setSmallSearch(ZSTD_btultra2)
        }
    }

    /// Hardly any search for matches; the strategy also decides how carefully literals are coded.
    private func setSmallSearch(_ strategy: ZSTD_strategy) throws(Fault) {
        try set(ZSTD_c_compressionLevel, 19)
        try set(ZSTD_c_strategy, Int(strategy.rawValue))
        try set(ZSTD_c_hashLog, 6)
        try set(ZSTD_c_chainLog, 6)
        try set(ZSTD_c_searchLog, 1)
        try set(ZSTD_c_minMatch, 7)
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int) throws(Fault) {
        try check(unsafe ZSTD_CCtx_setParameter(context, parameter, Int32(clamping: value)))
    }

    private func check(_ result: Int) throws(Fault) {
        guard ZSTD_isError(result) != 0 else { return }
        throw Fault(
            .internalError, "A chunk cannot be encoded.",
            cause: unsafe String(cString: ZSTD_getErrorName(result)))
    }

    /// The frame's length, or libzstd's error.
    private func write(
        _ source: UnsafeRawBufferPointer, _ cuts: [Int], _ dictionary: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawBufferPointer
    ) -> Int {
        if unsafe !dictionary.isEmpty {
            let result = unsafe ZSTD_CCtx_refPrefix(
                context, dictionary.baseAddress, dictionary.count)
            guard ZSTD_isError(result) == 0 else { return result }
        }
        guard !cuts.isEmpty else {
            return unsafe ZSTD_compress2(
                context, target.baseAddress, target.count, source.baseAddress, source.count)
        }
        var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
        for cut in cuts where unsafe cut > input.size && cut < source.count {
            unsafe input.size = cut
            let result = unsafe ZSTD_compressStream2(
                context, &output, &input, ZSTD_e_flush)
            guard result == 0 else { return result }
        }
        unsafe input.size = source.count
        let result = unsafe ZSTD_compressStream2(context, &output, &input, ZSTD_e_end)
        return unsafe result == 0 ? output.pos : result
    }
}
