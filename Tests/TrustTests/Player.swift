import Faults
import StrictJSON
import Testing

@testable import Trust

/// A device in memory: performs what the workflows ask for and notes it.
struct Player {
    /// One thing that was asked for, without its bytes.
    enum Move: Equatable, CustomStringConvertible {
        case load(String), fetch(String, Int), store(String), remove(String)

        var description: String {
            switch self {
            case .load(let name): "load \(name)"
            case .fetch(let name, _): "fetch \(name)"
            case .store(let name): "store \(name)"
            case .remove(let name): "remove \(name)"
            }
        }
    }

    /// The power fails.
    struct Crash: Error {}

    var cache: [String: [UInt8]]
    var served: [String: [UInt8]]
    var time: Int64? = RepositorySketch.now
    var schemes: Set<KeyScheme> = .ed25519Alone
    var moves: [Move] = []
    /// How many changes of the cache are made before the power fails.
    var changesLeft = Int.max
    private(set) var trusted: TrustedRepository?
    private var search: TargetSearch?

    /// A device that holds a repository's first root and nothing else.
    init(_ sketch: RepositorySketch) throws {
        served = try sketch.files()
        cache = ["root.json": try #require(served["1.root.json"])]
    }

    private var rules: RepositoryRules { RepositoryRules(time: time) }

    /// What was asked for, in words.
    var story: [String] { moves.map(\.description) }

    func limit(of file: String) -> Int? {
        for case .fetch(file, let limit) in moves { return limit }
        return nil
    }

    @discardableResult
    mutating func refresh() throws -> TrustedRepository {
        moves = []
        trusted = nil
        search = nil
        let root = try VerifiedRoot.load(
            try #require(cache["root.json"]), accepting: schemes)
        var refresh = MetadataRefresh(root: root, rules: rules)
        var answer: [UInt8]?
        while true {
            let step = try refresh.next(answer)
            if step == .done { break }
            // Only at the end is there anything to trust.
            #expect(refresh.trusted == nil)
            answer = try perform(step)
        }
        #expect(try refresh.next(nil) == .done)
        let result = try #require(refresh.trusted)
        trusted = result
        search = TargetSearch(result, rules: rules)
        return result
    }

    /// Searches, and says of what role the files were asked for in order.
    @discardableResult
    mutating func find(_ path: String) throws -> TargetFile? {
        moves = []
        var search = try #require(self.search)
        search.begin(path)
        var answer: [UInt8]?
        while true {
            let step = try search.next(answer)
            if step == .done { break }
            answer = try perform(step)
        }
        self.search = search
        return search.target
    }

    private mutating func perform(_ step: RepositoryStep) throws -> [UInt8]? {
        switch step {
        case .load(let name):
            moves.append(.load(name))
            return cache[name]
        case .fetch(let name, let limit):
            moves.append(.fetch(name, limit))
            guard let bytes = served[name] else { return nil }
            guard bytes.count <= limit else {
                throw Fault(.serverRefused, "\(name) has more than \(limit) bytes.")
            }
            return bytes
        case .store(let name, let bytes):
            try change(.store(name))
            cache[name] = bytes
        case .remove(let name):
            try change(.remove(name))
            cache[name] = nil
        case .done: break
        }
        return nil
    }

    private mutating func change(_ move: Move) throws {
        guard changesLeft > 0 else { throw Crash() }
        changesLeft -= 1
        moves.append(move)
    }
}

/// Serves a bent repository to a device that has seen the honest one before.
///
/// - Parameters:
///   - start: the honest repository.
///   - bend: changes the next version of it before it is signed.
///   - alter: changes what is served, after it was signed.
/// - Returns: the refusal, and the device after it.
/// - Throws: where nothing is refused, or the honest repository is.
func attack(
    _ start: RepositorySketch? = nil,
    bend: (inout RepositorySketch) throws -> Void = { _ in },
    alter: (inout [String: [UInt8]]) throws -> Void = { _ in }
) throws -> (fault: Fault, player: Player) {
    var sketch = try start ?? RepositorySketch()
    var player = try Player(sketch)
    try player.refresh()
    sketch.advance()
    try bend(&sketch)
    player.served = try sketch.files()
    try alter(&player.served)
    let refusal = try fault { try player.refresh() }
    #expect(player.trusted == nil)
    return (refusal, player)
}

/// The same where a device searches a path in the bent repository, whose top is honest.
func searchAttack(
    _ path: String, _ start: RepositorySketch,
    bend: (inout RepositorySketch) throws -> Void = { _ in },
    alter: (inout [String: [UInt8]]) throws -> Void = { _ in }
) throws -> (fault: Fault, player: Player) {
    var sketch = start
    var player = try Player(sketch)
    try player.refresh()
    #expect(try player.find(path) != nil)
    sketch.advance()
    try bend(&sketch)
    player.served = try sketch.files()
    try alter(&player.served)
    try player.refresh()
    let refusal = try fault { try player.find(path) }
    return (refusal, player)
}
