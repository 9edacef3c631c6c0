internal import Faults
internal import Processes
internal import StrictJSON

/// A child process that performs one action: a command that a person could give too.
///
/// Its lines are JSON objects; it is ended when it says nothing for too long.
final class Job {
    /// What it is for.
    enum Kind: String, CaseIterable {
        case look
        case gate
        case prepare
        case activate
        case measure
    }

    /// How much of one line is kept.
    private static let lineLimit = 256 << 10

    let kind: Kind
    /// The object among its lines that is its answer.
    var answer: JSONValue?
    /// The fault that it told last.
    private(set) var fault: Fault?
    /// How it ended; `nil` while it runs.
    private(set) var status: ExitStatus?
    /// Why the service ended it; `nil` where it did not.
    private(set) var wasLost: String?
    /// Whether its answer is older than an outcome that was put down since.
    var isOutdated = false
    /// Whether it was asked for again meanwhile.
    var isAskedAgain = false
    private var child: ChildProcess
    private var rest: [UInt8] = []
    private var isCut = false
    private let patience: Duration
    private var silence: Deadline
    private var lastWords: Deadline?

    /// Starts it.
    ///
    /// - Parameters:
    ///   - kind: what it is for.
    ///   - command: the command; its output is streamed to this process.
    ///   - patience: how long it may say nothing.
    /// - Throws: a `Fault` where it cannot be started.
    init(_ kind: Kind, _ command: Command, patience: Duration) throws(Fault) {
        self.kind = kind
        self.patience = patience
        silence = Deadline(after: patience)
        var streamed = command
        streamed.output = .streamed(limit: 1 << 20)
        streamed.containment = .group
        child = try ChildProcess.start(streamed)
    }

    /// What becomes readable when it says something or ends.
    var descriptors: [Int32] { child.descriptors }

    /// When it has to be looked after at the latest.
    var deadline: Deadline { lastWords ?? silence }

    /// Asks it to end; where it has not ended after a while it is killed.
    func askToEnd(within patience: Duration = .seconds(10)) {
        guard lastWords == nil else { return }
        child.askToEnd()
        lastWords = Deadline(after: patience)
    }

    /// Takes up what it said, and ends it where it has been silent for too long.
    ///
    /// - Returns: the objects that it said since the last call.
    func pump() -> [JSONValue] {
        let ended = try? child.pump()
        let bytes = child.takeOutput()
        if !bytes.isEmpty { silence = Deadline(after: patience) }
        var said = take(bytes)
        if let ended {
            said += take([0x0A])
            status = ended
        } else if let lastWords, lastWords.passed {
            end("it did not end when it was asked to")
        } else if lastWords == nil, silence.passed {
            wasLost = "it said nothing for \(patience.milliseconds / 1000) s"
            // Asked first: killed at once it would leave behind what it started, a hook say.
            askToEnd()
        }
        for value in said { note(value) }
        return said
    }

    private func end(_ why: String) {
        wasLost = wasLost ?? why
        // Where the kernel holds it fast it is left to itself: nobody waits for it.
        status = (try? child.end()) ?? .signalled(9)
    }

    private func note(_ value: JSONValue) {
        guard value["event"] == .string("error") else { return }
        guard case .string(let name)? = value["code"], let code = FaultCode(rawValue: name),
            case .string(let message)? = value["message"]
        else { return }
        fault = Fault(code, message)
    }

    /// Cuts bytes into lines; what is no object, or too long, is passed over.
    private func take(_ bytes: [UInt8]) -> [JSONValue] {
        var values: [JSONValue] = []
        for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 {
                let limits = JSONLimits(bytes: Job.lineLimit, depth: 16, values: 20_000)
                if !isCut, let value = try? JSONReader.read(rest, limits: limits) {
                    values.append(value)
                }
                rest = []
                isCut = false
            }
            rest += part.element
            if rest.count > Job.lineLimit {
                rest = []
                isCut = true
            }
        }
        return values
    }

    /// What went wrong, where it did not end well.
    var failure: Fault? {
        guard let status, !status.success || wasLost != nil else { return nil }
        if let wasLost {
            return Fault(.internalError, "The \(kind.rawValue) step was lost: \(wasLost).")
        }
        return fault
            ?? Fault(
                .internalError,
                "The \(kind.rawValue) step \(status) and said nothing of it.")
    }
}
