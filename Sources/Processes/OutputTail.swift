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

    /// The tail as text: control characters (a terminal would obey them) become `�`, several in a
    /// row one.
    var text: String {
        OutputTail.readable(String(decoding: bytes.suffix(limit), as: UTF8.self))
    }

    static func readable(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let kept = scalar == "\n" || scalar == "\t"
            let control = scalar.properties.generalCategory == .control
            let steering = scalar.properties.generalCategory == .format
            let shown: Unicode.Scalar = !kept && (control || steering) ? "\u{FFFD}" : scalar
            // A file that a power cut left is full of zeros: they would fill every log.
            if shown == "\u{FFFD}", out.last == shown { continue }
            out.append(shown)
        }
        return String(out)
    }
}
