public import Faults

/// What is told of damage that costs bytes.
public protocol DamageWatcher: AnyObject {
    /// Bytes of the running version are damaged, and have to be fetched.
    ///
    /// - Parameters:
    ///   - path: the damaged file.
    ///   - bytes: how many bytes more than planned will be fetched for one chunk.
    /// - Throws: a `Fault` where they may not be.
    func damaged(_ path: String, fetching bytes: Int64) throws(Fault)

    /// The full bundle of a delta, where it can be reached and may be.
    ///
    /// - Throws: a `Fault` of code `base-damaged` where it cannot.
    func fullBundle() throws(Fault) -> FullStretch
}

/// Where a pipe gets its chunks from beside the bundle, and what watches it.
public struct ChunkSupply {
    /// By which way each chunk comes; `nil` for all from the bundle.
    public var plan: FillPlan?
    /// What stands on this machine.
    public var local: LocalChunks
    /// Makes what was unpacked durable on the way; `nil` where the caller does at the end.
    public var settler: Settler?
    /// Whether a chunk that decodes from stored bytes alone is taken by their digest, without its plain
    /// one: for a tree that is read back and digested afterwards.
    public var reliesOnStored = false
    /// Is told of damage; where there is none, damage of a base ends the pipe.
    public var watcher: (any DamageWatcher)?

    /// Makes a supply; without arguments, one of a bundle that stands alone.
    public init(
        plan: FillPlan? = nil, local: LocalChunks = .none, settler: Settler? = nil,
        watcher: (any DamageWatcher)? = nil
    ) {
        self.plan = plan
        self.local = local
        self.settler = settler
        self.watcher = watcher
    }
}
