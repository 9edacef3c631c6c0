internal import Faults
internal import Processes

/// Asks the application once whether it is healthy.
struct Probe: ~Copyable {
    private let settings: ProbeSettings
    private var page: LocalPage

    /// Makes a probe; nothing is asked yet.
    static func make(_ settings: ProbeSettings) throws(Fault) -> Probe {
        Probe(
            settings: settings,
            page: try LocalPage(settings.kind, timeout: settings.timeout))
    }

    private init(settings: ProbeSettings, page: consuming LocalPage) {
        self.settings = settings
        self.page = page
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
        case .socket, .tcp: try askPage(checkpoint)
        case .command(let words): try askCommand(words, checkpoint)
        // What systemd says of the unit is looked at with every probe.
        case .unit: nil
        }
    }

    private mutating func askPage(
        _ checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> String? {
        switch try page.get(limit: 64 << 10, checkpoint: checkpoint) {
        case .page: nil
        case .problem(let words): words
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
