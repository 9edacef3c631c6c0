internal import Bundle
internal import Confinement
internal import Faults
internal import Glibc
internal import Install
internal import Sealing
internal import Slots
internal import Transport
internal import Trust

/// The process that fetches, verifies and unpacks; it can never be root again.
extension Installation {
    /// What was read and looked up before it was started.
    struct Preparations {
        var settings: Settings
        var machine: Machine
        var path: String
        var owner: (user: UInt32, group: UInt32)
        /// Who uses the slots; as root all of them are seen.
        var users: [SlotName: [String]]
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - source: opens the place; while the process is still what the command was started as, since
    ///     keys and bundles may be for root alone to read.
    ///   - preparations: what was read before.
    /// - Returns: the process.
    /// - Throws: a `Fault`.
    func startFetching(
        _ source: () throws(Fault) -> Source, _ preparations: Preparations
    ) throws(Fault) -> Fetcher {
        Fetcher(
            try ForkedChild.start { channel, parent in
                do throws(Fault) {
                    try fetch(source, preparations, channel, parent)
                } catch {
                    reporter.settle()
                    try? channel.send(FetchStep.fault.rawValue, FaultRecord.bytes(error))
                }
                meter?.settle()
            })
    }

    /// All that the child does.
    private func fetch(
        _ source: () throws(Fault) -> Source, _ preparations: Preparations, _ channel: Channel,
        _ parent: Int32
    ) throws(Fault) {
        try ForkedChild.dieWith(parent)
        Interruption.follow(parent)
        SecretMemory.begin()
        let source = try source()
        var trusted = try TrustedFiles.load(preparations.settings.trust)
        if case .bundle(let shelf) = source.origin { try shelf.hold() }
        try channel.send(FetchStep.named.rawValue, Array(source.origin.name.utf8.prefix(4096)))

        var policy = source.reach.policy(
            owner: preparations.owner, writable: Installation.writable(preparations.path))
        try Confinement.enter(policy)
        try ForkedChild.dieWith(parent)

        var own = self
        own.command = "nacelle install \(source.origin.name)"
        let (path, settings, machine) = (
            preparations.path, preparations.settings, preparations.machine
        )
        let named = try own.opened(source.origin, below: path, machine, settings, trusted)
        try channel.send(FetchStep.verified.rawValue)
        // The parent ends this process where it goes no further.
        guard try channel.receive(tick: Interruption.check)?.kind == FetchStep.go.rawValue else {
            return
        }
        let store = try Store.open(path: path)
        if policy.writable != [path] {
            policy.writable = [path]
            try Confinement.narrow(policy)
        }
        try meter?.begin(
            store, configuration, ignoresMonth: options.ignoresMonth, command: own.command)
        let shelf = try own.shelf(source.origin, named, machine, store, settings, &trusted)
        let bundle: VerifiedBundle
        if let named, named.root == trusted.root.version {
            bundle = named.bundle
        } else {
            bundle = try own.verified(shelf, trusted.root, settings)
        }
        try own.check(bundle, machine, trusted)
        let stop = try Checkpoint(store)
        shelf.watch(stop.check)
        reporter.settle()
        try channel.send(FetchStep.envelope.rawValue, try bundle.envelope.encode())
        guard let order = try channel.receive(tick: stop.check),
            order.kind == FetchStep.fill.rawValue,
            let slot = SlotName(rawValue: String(decoding: order.bytes, as: UTF8.self))
        else { return }
        let form = try own.choose(bundle, spare: slot, store, shelf, trusted)
        try own.fill(slot, form, preparations.users, store, rate: shelf.rate)
        reporter.settle()
        try channel.send(FetchStep.filled.rawValue)
    }

    /// Where the child may write: in the store; where that is still to be made, beside it.
    private static func writable(_ path: String) -> [String] {
        func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
        if exists(path) { return [path] }
        var parent = path
        while parent.count > 1, parent.hasSuffix("/") { parent.removeLast() }
        parent = parent.lastIndex(of: "/").map { String(parent[...$0]) } ?? "."
        return exists(parent) ? [parent] : []
    }
}
