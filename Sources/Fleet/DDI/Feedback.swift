internal import StrictJSON

/// Reports as the server reads them.
enum Feedback {
    /// The most messages of one report.
    static let detailLimit = 50
    /// The longest message, in UTF-16 units: the server counts as Java does.
    static let detailLength = 512

    /// The status of a deployment or a cancellation.
    ///
    /// - Parameters:
    ///   - execution: `closed`, `proceeding`, `scheduled`, `rejected`, `download`, `downloaded`.
    ///   - finished: `success`, `failure` or `none`.
    ///   - progress: how many of how many, both or none.
    ///   - code: a number for people.
    ///   - details: messages, cut to what the server takes.
    ///   - time: milliseconds since 1970.
    /// - Returns: the document.
    static func status(
        _ execution: String, finished: String, progress: (done: Int64, of: Int64)? = nil,
        code: Int? = nil, details: [String], at time: Int64
    ) -> JSONValue {
        // gooseBit refuses a progress of one number, and a `time` that is no text.
        let result = JSONValue.members([
            ("finished", .string(finished)),
            (
                "progress",
                progress.map { pair in
                    let (count, whole) = small(pair.done, of: pair.of)
                    return .members([("cnt", .integer(count)), ("of", .integer(whole))])
                }
            ),
        ])
        return .members([
            ("timestamp", .integer(time)),
            (
                "status",
                .members([
                    ("execution", .string(execution)), ("result", result),
                    ("code", code.map { .integer($0) }),
                    ("details", .array(cut(details).map { .string($0) })),
                ])
            ),
        ])
    }

    /// A person's answer to a deployment that wants one.
    static func confirmation(_ isConfirmed: Bool, code: Int, details: [String]) -> JSONValue {
        .members([
            ("confirmation", .string(isConfirmed ? "confirmed" : "denied")),
            ("code", .integer(code)), ("details", .array(cut(details).map { .string($0) })),
        ])
    }

    /// The version that runs, where no action brought it.
    static func installed(name: String, version: String) -> JSONValue {
        .members([("name", .string(name)), ("version", .string(version))])
    }

    /// Messages within what the server takes; the last one says how many are missing.
    static func cut(_ details: [String]) -> [String] {
        var kept = details.prefix(detailLimit).map(cut)
        if details.count > detailLimit {
            kept[detailLimit - 1] = "… and \(details.count - detailLimit + 1) messages more"
        }
        return kept
    }

    private static func cut(_ text: String) -> String {
        guard text.utf16.count > detailLength else { return text }
        var kept = ""
        var length = 1
        for scalar in text.unicodeScalars {
            length += scalar.value > 0xFFFF ? 2 : 1
            guard length <= detailLength else { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept + "…"
    }

    /// The same share in numbers that the server's 32 bits hold.
    static func small(_ done: Int64, of whole: Int64) -> (Int64, Int64) {
        var (count, of) = (max(done, 0), max(whole, 1))
        while max(count, of) > Int64(Int32.max) {
            count >>= 1
            of >>= 1
        }
        return (min(count, max(of, 1)), max(of, 1))
    }
}
