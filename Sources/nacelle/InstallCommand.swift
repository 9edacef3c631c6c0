internal import Agent
internal import ArgumentParser
internal import Faults
internal import Fleet
internal import Console
internal import Install
internal import Slots
internal import StrictJSON
internal import Transport

/// `nacelle install [PLACE]`.
struct InstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a version: prove it, swap it in and watch it.",
        discussion: """
            The running version goes on until the new one has passed its smoke inference; it comes \
            back by itself where the new one fails its probation. An interrupted install is taken up \
            where it was when the same command is given again: what was fetched is not fetched \
            again, a slot that was filled is proved, one that was proved is swapped in. A version \
            that failed or was rolled back on this machine is refused unless --allow-denied is given.

            From an https address only that is fetched which the running version does not have; \
            where a list of deltas stands beside the bundle, the cheapest form is taken. The plan is \
            told before the first byte of it is fetched, and nothing dearer is taken in its place.

            A bundle that is wrapped in a SWUpdate archive (.swu) is taken as it is.

            Without a place, the newest version for this machine comes from the configured repository; \
            a folder with a repository, and an address that ends in a slash, are repositories too. \
            Later roots of trust that stand beside a bundle (2.root.json, …) are followed first.

            With --prepare it ends when the version is proved and stands ready in the spare slot; \
            “nacelle activate” swaps it in.

              nacelle install
              nacelle install --offer
              nacelle install --prepare
              nacelle install --release 1.2.0 /media/stick/fleet
              nacelle install /media/stick/bearing-1.1.0.nacelle
              nacelle install https://updates.example/bearing/bearing-1.1.0.nacelle
              nacelle install --max-bytes 20000000 https://updates.example/bearing-1.1.0.nacelle
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Install a version although it failed or was rolled back here before.")
    var allowDenied = false

    @Option(
        help: ArgumentHelp(
            "What to fetch: whatever costs least (auto), the full bundle less what the running "
                + "version has of it (full), or a delta and nothing else (delta).",
            valueName: "form"))
    var form = FormArgument.auto

    @Option(
        help: ArgumentHelp(
            "Fetch no more than so many bytes over a network; by default what the configuration "
                + "says, or any number.", valueName: "bytes"))
    var maxBytes: Int64?

    @Flag(
        name: .long,
        help:
            "Pass the configured bound on a month's bytes this once; they are counted all the same."
    )
    var ignoreMonth = false

    @Option(
        help: ArgumentHelp(
            "Of a repository: this version in place of the newest.", valueName: "version"))
    var release: String?

    @Flag(name: .long, help: "Take what the rollout server has offered (see nacelle contact).")
    var offer = false

    @Flag(help: "End when the version is ready to be swapped in by “nacelle activate”.")
    var prepare = false

    @Argument(
        help: ArgumentHelp(
            "The bundle or the repository: a path, or an https address; by default the configured "
                + "repository.", valueName: "place"), completion: .file(extensions: ["nacelle"]))
    var place: String?

    func validate() throws {
        if let maxBytes, maxBytes < 0 { throw ValidationError("--max-bytes takes 0 or more.") }
        if offer, place != nil || release != nil {
            throw ValidationError("--offer stands for a place; name none, and no --release.")
        }
    }

    /// Opens the place where the version comes from.
    private func source(
        _ configuration: Configuration, _ meter: TrafficMeter
    ) throws(Fault) -> Installation.Source {
        if offer {
            let shelf = try configuration.offerShelf(
                store: common.store, maxBytes: try limit(configuration), meter: meter)
            return Installation.Source(
                .bundle(shelf), reach: .network(try configuration.transfer()))
        }
        guard let place, try !RepositoryPlace.isRepository(place) else {
            let location = try RepositoryPlace.location(place, configuration)
            return Installation.Source(
                .repository(
                    try configuration.tree(
                        location, maxBytes: try limit(configuration), meter: meter),
                    version: release), reach: try configuration.reach(location))
        }
        guard release == nil else {
            throw Fault(
                .configuration,
                "--release chooses among a repository's versions; \(place) is a bundle.",
                advice: "Leave it out, or name the repository.")
        }
        switch try Location(parsing: place) {
        case .file(let path):
            // The bundle and what stands beside it are opened ahead.
            return Installation.Source(
                .bundle(UnwrappingShelf(FolderShelf(path: path))), reach: .store)
        case .remote(let url):
            let settings = try configuration.transfer()
            let client = try HTTPClient(settings, tick: Interruption.check)
            client.budget = try limit(configuration)
            client.meter = meter
            return Installation.Source(
                .bundle(UnwrappingShelf(WebShelf(url, client))), reach: .network(settings))
        }
    }

    private func limit(_ configuration: Configuration) throws(Fault) -> Int64? {
        if let maxBytes { return maxBytes }
        return try configuration.maxBytes()
    }

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let meter = TrafficMeter()
            let installation = Installation(
                configuration,
                options: Installation.Options(
                    store: common.store, allowDenied: allowDenied,
                    maxBytes: try limit(configuration), form: form.choice,
                    ignoresMonth: ignoreMonth, prepares: prepare),
                reporter: ConsoleReporter(console), meter: meter)
            let outcome = try installation.run { () throws(Fault) in
                try source(configuration, meter)
            }
            switch outcome {
            case .installed(let identity, let slot):
                console.say(
                    "Installed \(identity.application) \(identity.version); it runs in slot "
                        + "\(slot.rawValue) and is good.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("installed")),
                        ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                    ])
            case .prepared(let identity, let slot):
                console.say(
                    "\(identity.application) \(identity.version) stands ready in slot "
                        + "\(slot.rawValue): nacelle activate swaps it in.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("prepared")),
                        ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                    ])
            case .alreadyRunning(let identity, let slot):
                console.say(
                    "\(identity.application) \(identity.version) runs already in slot "
                        + "\(slot.rawValue); nothing was changed.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("already-running")),
                        ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                    ])
            }
        }
    }
}

/// The values of `--form`.
enum FormArgument: String, ExpressibleByArgument, CaseIterable {
    case auto, full, delta

    var choice: Installation.FormChoice {
        switch self {
        case .auto: .automatic
        case .full: .full
        case .delta: .delta
        }
    }
}
