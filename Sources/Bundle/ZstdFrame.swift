internal import CZstd
internal import Faults

/// What the format asks of a chunk's stored bytes beyond what libzstd asks.
enum ZstdFrame {
    /// The magic number of a Zstandard frame (RFC 8878, section 3.1.1).
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// The base two logarithm of the largest window.
    static let windowLog = 23

    /// Refuses bytes that are not exactly one frame, without dictionary id, in an accepted window.
    ///
    /// libzstd would also pass over skippable frames, decode several, and decode what releases before
    /// the standard wrote: more than the format has, by code that nobody needs to reach.
    static func check(_ coded: Span<UInt8>) throws(Fault) {
        guard coded.count > magic.count, magic.indices.allSatisfy({ coded[$0] == magic[$0] })
        else { throw notOneFrame(coded.count) }
        let length = unsafe coded.withUnsafeBytes {
            unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
        }
        guard ZSTD_isError(length) == 0, length == coded.count else {
            throw notOneFrame(coded.count)
        }
        let descriptor = coded[magic.count]
        guard descriptor & 3 == 0 else {
            throw Fault(.malformed, "A chunk's Zstandard frame names a dictionary.")
        }
        // A frame of one segment has its content's size in the window's place.
        guard descriptor & 0x20 == 0 else { return }
        let window = coded[magic.count + 1]
        let log = 10 + Int(window >> 3)
        guard log < windowLog || log == windowLog && window & 7 == 0 else {
            throw Fault(
                .malformed,
                "A chunk's Zstandard frame has a window of more than \(1 << windowLog) bytes.")
        }
    }

    private static func notOneFrame(_ count: Int) -> Fault {
        Fault(.malformed, "A chunk's \(count) stored bytes are not one Zstandard frame.")
    }
}
