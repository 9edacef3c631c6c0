/// The last bytes of what a process printed.
struct OutputTail {
    private var bytes: [UInt8] = []
    private let limit: Int
    /// How many bytes there were in all.
    private(set) var total = 0

    init(limit: Int) {
        self.limit = max(limit, 0)
    }

    mutating func append(_ more: ArraySlice<UInt8>) {
        total += more.count
        bytes.append(contentsOf: more.suffix(limit))
        // Twice the limit before cutting, so that the cost stays proportional to the output.
        if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }

    /// The tail as text: control characters (a terminal would obey them) become `�`.
    var text: String {
        let tail = String(decoding: bytes.suffix(limit), as: UTF8.self)
        return String(
            String.UnicodeScalarView(
                tail.unicodeScalars.map { scalar in
                    let kept = scalar == "\n" || scalar == "\t"
                    let control = scalar.properties.generalCategory == .control
                    let steering = scalar.properties.generalCategory == .format
                    return !kept && (control || steering) ? "\u{FFFD}" : scalar
                }))
    }
}
