internal import Agent
internal import Faults
internal import Fleet
internal import Glibc
internal import Slots
internal import StrictJSON
internal import UpdateMachine

/// What a look's child found, from what it printed and what it left in the store.
extension Finding {
    /// Reads the answer of `nacelle check` or `nacelle contact`.
    ///
    /// - Parameters:
    ///   - answer: the object that it printed.
    ///   - store: where an offer was left.
    /// - Throws: a `Fault` where the answer is not understood.
    init(_ answer: JSONValue, _ store: borrowing Store) throws(Fault) {
        let fields = try JSONFields(answer, path: "answer")
        let verdict = try fields.string("verdict", limit: 64)
        switch verdict {
        case "nothing", "current", "denied", "older": self = .nothing
        case "available": self = try .newest(fields, store)
        case "offer": self = try .offered(store)
        case "confirmation": self = try .question(fields)
        case "cancel":
            self = .cancel(
                request: try fields.string("action", limit: 128),
                action: try fields.string("stop", limit: 128))
        case "unusable":
            self = .unusable(
                action: try fields.string("action", limit: 128),
                try fields.string("reason", limit: 4096))
        default: throw Fault(.internalError, "A look ended with “\(verdict)”.")
        }
    }

    /// The newest version of a repository; not one that boots alone spoke against just now.
    private static func newest(
        _ fields: JSONFields, _ store: borrowing Store
    ) throws(Fault) -> Finding {
        let newest = try fields.object("newest")
        let version = try newest.string("version", limit: 64)
        let counter: UInt64 = try newest.integer("releaseCounter", in: 0...UInt64.max)
        let release = "\(try newest.string("tree", limit: 64))#\(counter)"
        let snapshot = try store.snapshot()
        let records = SlotName.allCases.compactMap { snapshot.record($0) }
        if let left = records.first(where: { $0.identity.release == release && $0.state == .bad }),
            !store.mayRetry(left.identity, now: Int64(time(nil)))
        {
            return .nothing
        }
        return .offer(Target(source: .repository, key: release, version: version))
    }

    /// What a person is asked; nothing is left in the store that could be installed without a yes.
    private static func question(_ fields: JSONFields) throws(Fault) -> Finding {
        let action = try fields.string("action", limit: 128)
        let version = try fields.object("offer").string("version", limit: 1024)
        return .offer(
            Target(source: .question(action: action), key: "\(action)#question", version: version))
    }

    private static func offered(_ store: borrowing Store) throws(Fault) -> Finding {
        guard let bytes = try store.readState("offer.json", limit: Offer.limit) else {
            throw Fault(.internalError, "A look found an offer and left none.")
        }
        let offer = try Offer(reading: bytes)
        let files = offer.artifacts.map { "\($0.file)/\($0.size)/\($0.href)" }
        return .offer(
            Target(
                source: .server(action: offer.action),
                key: "\(offer.action)#\(Checksum.of(files))", version: offer.version,
                fetch: offer.download.consent, swap: offer.update.consent,
                serverWindow: offer.window != .unavailable))
    }
}

extension Deployment.Handling {
    fileprivate var consent: Target.Consent {
        switch self {
        case .skip: .skip
        case .attempt: .attempt
        case .forced: .forced
        }
    }
}

/// Tells two lists of artifacts of one action apart; FNV-1a, nothing relies on it.
enum Checksum {
    static func of(_ words: [String]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in words.joined(separator: "\n").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return String(hash, radix: 16)
    }
}
