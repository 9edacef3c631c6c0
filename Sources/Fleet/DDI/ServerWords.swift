internal import StrictJSON

/// What a server says for people in the body of a refusal.
enum ServerWords {
    /// Its message on one line; `nil` where it says none.
    static func read(_ body: [UInt8]) -> String? {
        let limits = JSONLimits(bytes: 64 << 10, depth: 8, values: 1000)
        if let json = try? JSONReader.read(body, limits: limits) {
            for key in ["message", "detail", "error"] {
                if case .string(let text)? = json[key], !text.isEmpty { return line(text) }
            }
            return nil
        }
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        return text.hasPrefix("<") || text.isEmpty ? nil : line(text)
    }

    private static func line(_ text: String) -> String? {
        text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(200)) }
    }
}
