/// Takes an input apart, for readers that are given several things.
struct Feed {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    /// What was not taken yet.
    var remaining: [UInt8] { Array(rest) }

    /// The next byte; 0 at the end.
    mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

    /// The next bytes as a number, least significant first.
    mutating func number(_ bytes: Int) -> Int {
        (0..<bytes).reduce(0) { $0 | byte() << (8 * $1) }
    }

    /// The next bytes, at most `count`.
    mutating func run(_ count: Int) -> [UInt8] {
        let taken = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return taken
    }

    /// The bytes up to a line feed, which is taken too.
    mutating func line() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        let line = Array(rest.prefix { $0 != 0x0A })
        rest = rest.dropFirst(line.count + 1)
        return line
    }
}

/// The text of an input; `nil` where it is no UTF-8.
func text(_ input: some Collection<UInt8>) -> String? {
    String(validating: input, as: UTF8.self)
}
