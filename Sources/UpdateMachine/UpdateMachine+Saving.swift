public import Faults
public import StrictJSON

/// The machine as JSON, as it is saved before its actions are performed.
extension UpdateMachine {
    /// The largest that a saved machine may be, in bytes.
    public static let recordLimit = 64 << 10

    /// The machine as it is saved.
    public var json: JSONValue {
        .members([
            ("format", .integer(1)), ("state", .string(state.rawValue)),
            ("interrupted", interrupted.map { .string($0.rawValue) }),
            ("work", work?.json), ("failure", failure?.json),
            ("cancelled", cancelled?.json),
            (
                "closed",
                closed.map {
                    .members([
                        ("key", .string($0.key)), ("rounds", .integer($0.rounds)),
                        ("good", .bool($0.isGood)),
                    ])
                }
            ),
            ("lookFailures", .integer(lookFailures)),
            ("failuresInRow", .integer(failuresInRow)),
            ("refused", refused.map(JSONValue.string)),
            ("available", available.map { .string($0.within(bytes: 200)) }),
            ("wished", .bool(isWished)),
        ])
    }

    /// The machine as far as a restart needs it: a look leaves no trace, so that a disk is not
    /// written to at each.
    public var lasting: UpdateMachine {
        var lasting = self
        if state == .checking { lasting.state = .idle }
        lasting.lookFailures = 0
        lasting.isLooking = false
        return lasting
    }

    /// Reads a machine that was saved.
    ///
    /// - Parameters:
    ///   - bytes: what was saved.
    ///   - settings: the configuration of now.
    /// - Throws: a `Fault` of code `malformed`.
    public init(reading bytes: [UInt8], settings: Settings) throws(Fault) {
        let limits = JSONLimits(bytes: UpdateMachine.recordLimit, depth: 8, values: 512)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "update")
        let _: Int = try fields.integer("format", in: 1...1)
        self.init(settings)
        state = try fields.choice("state")
        if fields.has("interrupted") { interrupted = try fields.choice("interrupted") }
        work = try fields.optionalObject("work").map { (work) throws(Fault) in try Work(work) }
        failure = try fields.optionalObject("failure").map { (failure) throws(Fault) in
            Failure(try failure.choice("code"), try failure.string("message", limit: 8192))
        }
        cancelled = try fields.optionalObject("cancelled").map { (cause) throws(Fault) in
            try Cause(cause)
        }
        closed = try fields.optionalObject("closed").map { (closed) throws(Fault) in
            Closed(
                key: try closed.string("key", limit: 1024),
                rounds: try closed.integer("rounds", in: 0...1000), isGood: try closed.bool("good"))
        }
        lookFailures = try fields.integer("lookFailures", in: 0...1000)
        failuresInRow = try fields.integer("failuresInRow", in: 0...1000)
        refused = try fields.optionalString("refused", limit: 1024)
        available = try fields.optionalString("available", limit: 256)
        isWished = try fields.bool("wished")
        guard (state.isBeforeSwap || state.hasWorker || state.isOutcome) == false || work != nil
        else { throw Fault(.malformed, "The saved update is “\(state.rawValue)” without work.") }
    }
}

extension String {
    /// The text, cut where it is longer than so many bytes.
    fileprivate func within(bytes: Int) -> String {
        utf8.count <= bytes ? self : String(decoding: utf8.prefix(bytes), as: UTF8.self)
    }
}

extension JSONFields {
    /// One of the values of an enumeration.
    fileprivate func choice<Choice: RawRepresentable<String>>(
        _ key: String
    ) throws(Fault) -> Choice {
        let text = try string(key, limit: 64)
        guard let choice = Choice(rawValue: text) else {
            throw Fault(.malformed, "“\(path).\(key)” is “\(text)”, which is not known.")
        }
        return choice
    }
}

extension Failure {
    fileprivate var json: JSONValue {
        .members([
            ("code", .string(code.rawValue)), ("message", .string(message.within(bytes: 2000))),
        ])
    }
}

extension UpdateMachine.Cause {
    fileprivate var json: JSONValue {
        switch self {
        case .person: .members([("by", .string("person"))])
        case .server(let request):
            .members([("by", .string("server")), ("request", .string(request))])
        case .withdrawn: .members([("by", .string("withdrawn"))])
        }
    }

    fileprivate init(_ fields: JSONFields) throws(Fault) {
        switch try fields.string("by", limit: 16) {
        case "person": self = .person
        case "server": self = .server(request: try fields.string("request", limit: 1024))
        case "withdrawn": self = .withdrawn
        default: throw Fault(.malformed, "“\(fields.path).by” is not known.")
        }
    }
}

extension Target {
    fileprivate var json: JSONValue {
        let (kind, action): (String, String?) =
            switch source {
            case .repository: ("repository", nil)
            case .server(let action): ("server", action)
            case .question(let action): ("question", action)
            case .local: ("local", nil)
            }
        return .members([
            ("source", .string(kind)), ("action", action.map(JSONValue.string)),
            ("key", .string(key)), ("version", .string(version.within(bytes: 200))),
            ("fetch", .string(fetch.rawValue)), ("swap", .string(swap.rawValue)),
            ("serverWindow", .bool(serverWindow)), ("asked", .bool(asked)),
        ])
    }

    fileprivate init(_ fields: JSONFields) throws(Fault) {
        let source: Source
        switch try fields.string("source", limit: 16) {
        case "repository": source = .repository
        case "server": source = .server(action: try fields.string("action", limit: 1024))
        case "question": source = .question(action: try fields.string("action", limit: 1024))
        case "local": source = .local
        default: throw Fault(.malformed, "“\(fields.path).source” is not known.")
        }
        self.init(
            source: source, key: try fields.string("key", limit: 1024),
            version: try fields.string("version", limit: 256), fetch: try fields.choice("fetch"),
            swap: try fields.choice("swap"), serverWindow: try fields.bool("serverWindow"),
            asked: try fields.bool("asked"))
    }
}

extension Work {
    fileprivate var json: JSONValue {
        .members([
            ("target", target.json), ("prepared", prepared.map(JSONValue.string)),
            ("attempts", .integer(attempts)), ("delays", .integer(delays)),
            ("confirmed", .bool(isConfirmed)), ("hold", hold.map { .string($0.rawValue) }),
            (
                "reasons",
                .array(reasons.prefix(32).map { .string($0.within(bytes: 500)) })
            ),
        ])
    }

    fileprivate init(_ fields: JSONFields) throws(Fault) {
        self.init(try Target(fields.object("target")))
        prepared = try fields.optionalString("prepared", limit: 256)
        attempts = try fields.integer("attempts", in: 0...1000)
        delays = try fields.integer("delays", in: 0...1000)
        isConfirmed = try fields.bool("confirmed")
        if fields.has("hold") { hold = try fields.choice("hold") }
        reasons = try fields.strings("reasons", limit: 32, length: 4096)
    }
}
