internal import Bundle
internal import DurableFiles
public import Faults
public import Install
internal import Processes
internal import Repository
public import Slots
public import Transport
internal import Trust

/// Installs a bundle: admits it, fills the spare slot, proves it there, swaps it in, and watches it
/// until it is good or the old version runs again.
///
/// Every step is durable before the next relies on it; a crash at any instant leaves the running
/// version whole, and the same command goes on from there.
public struct Installation {
    /// In which form the version is to come.
    public enum FormChoice: Sendable {
        /// In whichever costs least.
        case automatic
        /// As the full bundle, less what the running version has of it.
        case full
        /// As a delta from the running version.
        case delta
    }

    /// What the command line says.
    public struct Options: Sendable {
        /// The store's path, where the command names one.
        public var store: String?
        /// Whether a version that is denied here may be installed.
        public var allowDenied: Bool
        /// Bytes that may be fetched over a network at most; `nil` for any number.
        public var maxBytes: Int64?
        /// In which form the version is to come.
        public var form: FormChoice
        /// Whether the month's bound on bytes is passed this once; they are counted all the same.
        public var ignoresMonth: Bool
        /// Whether it ends when the version is ready, before the swap.
        public var prepares: Bool

        /// Makes options.
        public init(
            store: String? = nil, allowDenied: Bool = false, maxBytes: Int64? = nil,
            form: FormChoice = .automatic, ignoresMonth: Bool = false, prepares: Bool = false
        ) {
            self.store = store
            self.allowDenied = allowDenied
            self.maxBytes = maxBytes
            self.form = form
            self.ignoresMonth = ignoresMonth
            self.prepares = prepares
        }
    }

    /// How an installation ended well.
    public enum Outcome: Sendable, Equatable {
        /// The version runs and is good.
        case installed(VersionIdentity, SlotName)
        /// It ran already and was good; where it was only to be prepared, or is still in trial.
        case alreadyRunning(VersionIdentity, SlotName)
        /// It stands ready in the spare slot.
        case prepared(VersionIdentity, SlotName)
    }

    /// Where the version comes from.
    public enum Origin {
        /// A bundle, in a file or at an address.
        case bundle(any Shelf)
        /// A repository: the newest version for this machine, or the one that is named.
        case repository(any FileTree, version: String?)

        /// What a person calls it.
        public var name: String {
            switch self {
            case .bundle(let shelf): shelf.name
            case .repository(let tree, let version):
                (version.map { "version \($0) of " } ?? "") + tree.name
            }
        }
    }

    /// A place, opened, and what its bytes take to be had.
    public struct Source {
        let origin: Origin
        let reach: Reach

        /// Names both.
        public init(_ origin: Origin, reach: Reach) {
            self.origin = origin
            self.reach = reach
        }
    }

    let configuration: Configuration
    let options: Options
    let reporter: any Reporter
    var command = "nacelle install"
    let meter: TrafficMeter?

    /// Makes the operation.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration.
    ///   - options: what the command line says.
    ///   - reporter: whom to tell.
    ///   - meter: counts what the origin fetches, where it comes over a network.
    public init(
        _ configuration: Configuration, options: Options, reporter: any Reporter,
        meter: TrafficMeter? = nil
    ) {
        self.configuration = configuration
        self.options = options
        self.reporter = reporter
        self.meter = meter
    }

    /// Performs it.
    ///
    /// What comes from outside is fetched, verified and unpacked by a process of its own, which can
    /// never be root again; this one decides, proves, swaps and watches.
    ///
    /// - Parameter source: opens the place where the version comes from; called in that process.
    /// - Returns: how it ended well.
    /// - Throws: a `Fault`; the version that ran before then runs, but for a first version
    ///   that failed its probation.
    public func run(_ source: () throws(Fault) -> Source) throws(Fault) -> Outcome {
        // All that needs root is read before the store's owner takes over.
        let settings = try Settings.read(configuration)
        let machine = Machine.here(settings.machine)
        try settings.activation.check()
        let owner = try configuration.owner().map { ($0.user, $0.group) }
        let path = try configuration.storePath(options.store)
        let preparations = Preparations(
            settings: settings, machine: machine, path: path,
            owner: Store.futureOwner(path: path, owner: owner),
            // As root all of them are seen.
            users: SlotUsers.find(below: path))
        let fetcher = try startFetching(source, preparations)
        var own = self
        own.command =
            "nacelle install "
            + String(decoding: try fetcher.expect(.named, limit: 4096), as: UTF8.self)
        let shipped = try TrustedFiles.root(settings.trust)
        // A bundle that is refused makes no store.
        _ = try fetcher.expect(.verified)
        if !settings.smoke.isDelegated {
            try settings.smoke.makeRuntimeDirectory(owner: Store.owner(path: path) ?? owner)
        }
        let store = try Store.openOrMake(path: path, owner: owner)
        let filling = try store.lockFilling(own.command)
        try store.clearCancel()
        try own.recover(store, settings)
        try store.snapshot().checkLink(store: path)
        // Both hold the lock: it is free again when neither is left.
        try fetcher.tell(.go, passing: filling.raw)
        let bytes = try fetcher.expect(.envelope, limit: BundleLimits.envelopeBytes)
        let version = try SignedVersion(
            bytes, root: RootChain.newest(at: Store.rootsPath(path), from: shipped))
        let outcome = try own.install(version, machine, fetcher, store, settings)
        _ = consume filling
        return outcome
    }

    /// From a version that is signed to one that is good.
    private func install(
        _ version: SignedVersion, _ machine: Machine, _ fetcher: Fetcher,
        _ store: borrowing Store, _ settings: Settings
    ) throws(Fault) -> Outcome {
        let manifest = version.manifest
        let identity = VersionIdentity(manifest)
        try admit(manifest, machine, boundTo: nil, store: nil)
        if let done = try resumeRunning(identity, fetcher, store, settings, manifest.probation) {
            return done
        }

        try admit(
            manifest, machine, boundTo: try store.application(), store: try StoreFacts(store))
        let spare = try store.snapshot().spare(for: identity)
        switch try presentProgress(of: spare, manifest, store) {
        case .ready:
            fetcher.finish()
            try keepManifest(of: version, for: spare, store)
            reporter.say(
                "Slot \(spare.rawValue) holds version \(identity.version), proved before.",
                event: "ready")
        case .filled:
            fetcher.finish()
            reporter.say(
                "Slot \(spare.rawValue) was filled with version \(identity.version) before.",
                event: "resumed")
            try prove(spare, version, store, settings)
        default:
            try fetcher.tell(.fill, Array(spare.rawValue.utf8))
            _ = try fetcher.expect(.filled)
            // Nobody who can write to the slot is left when it is read back.
            fetcher.finish()
            guard try progress(of: spare, manifest, store) == .filled else {
                throw Fault(
                    .storeDamaged,
                    "The record of slot \(spare.rawValue) does not say that version "
                        + "\(identity.version) fills it.", advice: "Install it again.")
            }
            try prove(spare, version, store, settings)
        }
        guard !options.prepares else { return .prepared(identity, spare) }
        let installed = try trial(settings).swap(spare, store, manifest.probation)
        return .installed(installed, spare)
    }

    /// What the store knows that admission needs.
    struct StoreFacts {
        var floor: Floor?
        var denials: [Denial]

        init(_ store: borrowing Store) throws(Fault) {
            floor = try store.floor()
            denials = try store.denials()
        }
    }

    /// Whether the bundle may run on this machine and can be opened; changes nothing.
    func check(
        _ bundle: VerifiedBundle, _ machine: Machine, _ trusted: borrowing TrustedFiles
    ) throws(Fault) {
        try admit(bundle.manifest, machine, boundTo: nil, store: nil)
        _ = try bundle.openKeys(with: trusted.deviceKey)
    }

    private func admit(
        _ manifest: Manifest, _ machine: Machine, boundTo application: String?,
        store: StoreFacts?
    ) throws(Fault) {
        let admission = Admission(
            machine: machine, boundTo: application, floor: store?.floor,
            denials: store?.denials ?? [], allowDenied: options.allowDenied)
        try admission.check(manifest)
    }

    /// Mends what a crash left, and restarts the application where that changed what runs.
    private func recover(
        _ store: borrowing Store, _ settings: Settings
    ) throws(Fault) {
        let mended = try store.recover(command)
        for line in mended.lines { reporter.say(line, event: "recovered") }
        guard let moved = mended.moved else { return }
        try trial(settings).restart(moved, store)
    }

    /// The swap and the probation, seen through in the foreground.
    func trial(_ settings: Settings) -> Trial {
        Trial(
            activation: settings.activation, probe: settings.probe, health: settings.health,
            reporter: reporter, command: command, leavesOnSignal: false)
    }
}

extension Installation {
    /// The parts of the configuration that an installation needs, all read before it begins.
    struct Settings {
        var machine: MachineSettings
        var trust: TrustSettings
        var smoke: SmokeSettings
        var activation: Activation
        var probe: ProbeSettings?
        var health: HealthPlace

        static func read(_ configuration: Configuration) throws(Fault) -> Settings {
            Settings(
                machine: try configuration.machine(), trust: try configuration.trust(),
                smoke: try configuration.smoke(),
                activation: Activation(try configuration.activation()),
                probe: try configuration.probe(), health: try configuration.healthPlace())
        }
    }
}
