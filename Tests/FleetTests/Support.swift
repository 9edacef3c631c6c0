import DurableFiles
import Faults
import StrictJSON
import TestKit
import Transport

@testable import Fleet

/// The fault that something throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown where a fault was expected.")
}

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Reads altered copies of a document; every one must be read or refused in words, and none trap.
///
/// - Parameters:
///   - document: bytes that are right.
///   - seed: what makes the alterations the same again.
///   - rounds: how many.
///   - codes: the faults that are expected of what is wrong.
///   - read: the reader.
/// - Returns: how many were refused, and the first refusal that was of another kind.
func readAltered(
    _ document: [UInt8], seed: UInt64, rounds: Int = 400, codes: Set<FaultCode>,
    _ read: ([UInt8]) throws -> Void
) -> (refused: Int, wrong: String?) {
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    var wrong: String?
    for _ in 0..<rounds {
        var altered = document
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !altered.isEmpty else { break }
            let place = Int.random(in: 0..<altered.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: altered[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: altered.remove(at: place)
            case 2: altered.insert(altered[place], at: place)
            case 3: altered.removeLast(altered.count - place)
            default:
                let end = min(place + Int.random(in: 1...40, using: &generator), altered.count)
                altered.insert(contentsOf: altered[place..<end], at: place)
            }
        }
        do {
            try read(altered)
        } catch let fault as Fault {
            refused += 1
            let isWord = fault.message.utf8.count > 20
            if !codes.contains(fault.code) || !isWord { wrong = "seed \(seed): \(fault)" }
        } catch {
            wrong = "seed \(seed): \(error)"
        }
    }
    return (refused, wrong)
}

/// A machine with an outbox, beside a strict server.
final class FleetRig {
    let double: DDIDouble
    let server: FleetServer
    let place: String
    /// What the outbox's clock says, in milliseconds since 1970.
    var time: Int64 = 1_800_000_000_000
    var settings = TransferSettings()
    var confirmsByItself = false
    var running: RunningVersion?
    var attributes: [(String, String)] = [
        ("hw_boardname", "turbine-gateway"), ("hw_revision", "default"), ("sw_version", "1.0.0"),
    ]

    /// Runs a test in a fresh rig over plain HTTP.
    static func with(_ body: (FleetRig) throws -> Void) throws {
        try withScratch { scratch in
            _ = try scratch.make("outbox", mode: 0o700)
            _ = try scratch.make("files")
            try body(try FleetRig(scratch.path, DDIDouble()))
        }
    }

    init(_ place: String, _ double: DDIDouble) throws {
        self.place = place
        self.double = double
        server = try FleetServer(double.poll)
        settings.allowPlainHTTP = true
        settings.backOff = BackOff(
            attempts: 2, first: .milliseconds(2), maximum: .milliseconds(20), seed: 1)
    }

    func outbox() throws -> Outbox {
        Outbox(try Directory.open(path: place + "/outbox")) { [unowned self] in time }
    }

    @discardableResult
    func contact() throws -> Contact {
        try FleetClient(
            server, HTTPClient(settings), outbox(), confirmsByItself: confirmsByItself
        ).contact(ConfigData(attributes), running: running)
    }

    /// Puts a file on the server.
    func serve(_ name: String, _ content: [UInt8]) throws {
        try Directory.open(path: place + "/files").replace(name, with: content)
    }

    /// Says what the server wants: JSON members beside the files' root.
    func script(_ members: String = "") throws {
        let more = members.isEmpty ? "" : ", " + members
        try double.script("{\"root\": \"\(place)/files\"\(more)}")
    }

    /// A deployment of one chunk with one file.
    static func deployment(_ action: String = "8", more: String = "", file: String = "{}") -> String
    {
        """
        "deployment": {"id": "\(action)"\(more.isEmpty ? "" : ", " + more),
            "chunks": [{"name": "bearing", "version": "1.1.0", "artifacts": [\(file)]}]}
        """
    }

    /// Requests so far, as `METHOD path`, without this machine's own prefix.
    func requests() throws -> [String] {
        let prefix = "/DEFAULT/controller/v1/turbine-7"
        guard case .array(let log)? = try double.seen()["log"] else { return [] }
        return log.compactMap { entry in
            guard case .string(let method)? = entry["method"],
                case .string(let path)? = entry["path"]
            else { return nil }
            let short = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
            return "\(method) \(short.prefix { $0 != "?" })"
        }
    }

    /// What the server found wrong with our requests.
    func flaws() throws -> [String] { try texts("flaws") }

    /// How an action ended, as often as the server was told.
    func ends(_ action: String = "8") throws -> [String] {
        guard case .array(let ends)? = try double.seen()["closed"]?[action] else { return [] }
        return ends.compactMap { if case .string(let end) = $0 { end } else { nil } }
    }

    /// The executions that the server was told of an action.
    func executions(_ action: String = "8") throws -> [String] {
        guard case .array(let told)? = try double.seen()["statuses"]?[action] else { return [] }
        return told.compactMap {
            if case .string(let word)? = $0["execution"] { word } else { nil }
        }
    }

    private func texts(_ key: String) throws -> [String] {
        guard case .array(let values)? = try double.seen()[key] else { return [] }
        return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}
