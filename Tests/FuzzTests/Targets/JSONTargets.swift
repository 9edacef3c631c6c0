import Faults
import StrictJSON

enum JSONTargets {
    static let all = [
        FuzzTarget("json", "any JSON text, and its canonical form", longest: 16 << 10, read: json),
        FuzzTarget("base64", "base64 in JSON fields", read: base64),
    ]

    private static func json(_ input: [UInt8]) throws {
        let value = try JSONReader.read(input, limits: JSONLimits(bytes: 64 << 10))
        // An escaped character is longer than it was.
        let limits = JSONLimits(bytes: 1 << 20)
        let compact = value.compact
        let second = try again("the compact form") { try JSONReader.read(compact, limits: limits) }
        try hold(second.compact == compact, "the compact form changed")
        let third = try again("the pretty form") {
            try JSONReader.read(value.pretty, limits: limits)
        }
        try hold(third.compact == compact, "the pretty form says something else")
        guard let canonical = try? value.canonical() else { return }
        try hold(
            (try? second.canonical()) == canonical, "two readings have two canonical forms")
        // The canonical form leaves control characters as they are, which is no JSON.
        guard let fourth = try? JSONReader.read(canonical, limits: limits) else { return }
        try hold((try? fourth.canonical()) == canonical, "the canonical form changed")
    }

    private static func base64(_ input: [UInt8]) throws {
        guard let text = text(input) else { return }
        let bytes = try Base64.decode(text, as: "input")
        try hold(Base64.encode(bytes) == text, "the text is not the only one of its bytes")
    }
}
