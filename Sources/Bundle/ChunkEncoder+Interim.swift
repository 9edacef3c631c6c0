internal import CZstd
public import Faults

extension ChunkEncoder {
    public mutating func encodeInterim(
        _ plain: Span<UInt8>, as codec: ChunkCodec, width: Int, base: Span<UInt8>
    ) throws(Fault) -> [UInt8] {
        switch codec {
        case .zstd: return try encode(plain)
        case .planes, .difference:
            let n = plain.count / width
            var out = [UInt8](repeating: 0, count: plain.count)
            let mask = ~UInt64(0) >> UInt64(64 - 8 * width)
            for i in 0..<n {
                var x: UInt64 = 0
                var b: UInt64 = 0
                for k in 0..<width { x |= UInt64(plain[i * width + k]) << UInt64(8 * k) }
                if codec == .difference {
                    for k in 0..<width { b |= UInt64(base[i * width + k]) << UInt64(8 * k) }
                    let d = (x &- b) & mask
                    x = ((d << 1) ^ (d >> UInt64(8 * width - 1) == 0 ? 0 : ~UInt64(0))) & mask
                }
                for k in 0..<width {
                    out[k * n + i] = UInt8(truncatingIfNeeded: x >> UInt64(8 * k))
                }
            }
            for i in n * width..<plain.count { out[i] = plain[i] }
            return try encode(out.span)
        case .dictionary:
            let result = unsafe base.withUnsafeBytes { b in
                unsafe refer(b.baseAddress, b.count)
                return Result { () throws(Fault) in try encode(plain) }
            }
            return try result.get()
        case .copy: return []
        }
    }
}
