/// Where an answer's bytes go, up to a limit.
final class ResponseSink {
    private(set) var bytes: [UInt8] = []
    /// Whether more came than the limit allows.
    private(set) var full = false
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes more bytes; false where they are too many.
    func take(_ more: UnsafeRawBufferPointer) -> Bool {
        guard more.count <= limit - bytes.count else {
            full = true
            return false
        }
        unsafe bytes.append(contentsOf: more)
        return true
    }
}

/// libcurl's write callback; taking fewer bytes than were given ends the transfer.
func collect(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let sink = unsafe Unmanaged<ResponseSink>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    return unsafe sink.take(UnsafeRawBufferPointer(start: data, count: total)) ? total : 0
}
