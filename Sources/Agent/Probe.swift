internal import Faults
internal import Processes
internal import Transport

/// Asks the application once whether it is healthy.
struct Probe: ~Copyable {
    private let settings: ProbeSettings
    private var client: LocalHTTP?

    /// Makes a probe; nothing is asked yet.
    static func make(_ settings: ProbeSettings) throws(Fault) -> Probe {
        let client: LocalHTTP? =
            switch settings.kind {
            case .socket(let path, _): try LocalHTTP.make(.unix(path))
            case .tcp(let host, let port, _):
                try LocalHTTP.make(.url("http://\(host):\(port)"))
            case .command, .unit: nil
            }
        return Probe(settings: settings, client: client)
    }

    private init(settings: ProbeSettings, client: consuming LocalHTTP?) {
        self.settings = settings
        self.client = client
    }

    /// Asks once.
    ///
    /// - Parameter checkpoint: when it throws, the answer is no longer waited for.
    /// - Returns: `nil` where the application is healthy, else why not, in a few words.
    /// - Throws: a fault where it cannot even be asked, or what `checkpoint` throws.
    mutating func ask(
        checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> String? {
        switch settings.kind {
        case .socket(let socket, let path): try askHTTP(path, at: socket, checkpoint)
        case .tcp(let host, let port, let path):
            try askHTTP(path, at: "\(host):\(port)", checkpoint)
        case .command(let words): try askCommand(words, checkpoint)
        // What systemd says of the unit is looked at with every probe.
        case .unit: nil
        }
    }

    private mutating func askHTTP(
        _ path: String, at place: String, _ checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> String? {
        let milliseconds = Int(settings.timeout)
        let limits = LocalHTTPLimits(
            connectMilliseconds: milliseconds, totalMilliseconds: milliseconds,
            responseBytes: 64 << 10)
        let outcome = try client?.send(.get(path), limits: limits, tick: checkpoint)
        switch outcome {
        case .answered(let answer):
            guard (200..<300).contains(answer.status) else {
                let said = PrintedWords.first(
                    String(decoding: answer.body.prefix(4096), as: UTF8.self))
                return "\(path) at \(place) answered \(answer.status)"
                    + (said.isEmpty ? "" : ": \(said)")
            }
            return nil
        case .failed(let failure):
            // libcurl names “localhost” even for a socket.
            switch failure.kind {
            case .noConnection: return "nobody answers at \(place), or it may not be opened"
            case .timedOut: return "no answer from \(place) within \(settings.timeout) ms"
            default: return "\(path) at \(place): \(failure.text)"
            }
        case nil: return "there is no client for \(path)"
        }
    }

    private func askCommand(
        _ words: [String], _ checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> String? {
        guard let path = words.first.flatMap(Activation.find) else {
            throw Fault(
                .configuration,
                "The probe command “\(words.first ?? "")” is not an executable "
                    + "file.", advice: "Mend “probe.command” in the configuration.")
        }
        let command = Activation.command(path, Array(words.dropFirst()), environment: [:])
        let result = try command.run(
            until: Deadline(after: .milliseconds(settings.timeout)), checkpoint: checkpoint)
        if result.success { return nil }
        if result.timedOut { return "the probe command did not end within \(settings.timeout) ms" }
        let said = result.lastWords
        return "the probe command \(result.status)" + (said.isEmpty ? "" : ": \(said)")
    }
}
