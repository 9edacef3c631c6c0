public import Faults
public import Install
public import Trust

/// Performs what the workflows over a repository ask for: loads and stores in a cache, fetches from a place.
public struct RepositoryReader: ~Copyable {
    private let place: any FileTree
    private let metadata: String
    private let cache: MetadataCache
    private let rules: RepositoryRules
    private var search: TargetSearch?
    /// What was verified; `nil` before a refresh has ended.
    public private(set) var trusted: TrustedRepository?

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - place: where the repository is.
    ///   - metadata: the path of its metadata there, with a slash at the end; may be empty.
    ///   - cache: what was verified before, and will be.
    ///   - rules: how metadata is judged, with one time for all that this reader does.
    public init(
        _ place: any FileTree, metadata: String, cache: consuming MetadataCache,
        rules: RepositoryRules
    ) {
        self.place = place
        self.metadata = metadata
        self.cache = cache
        self.rules = rules
    }

    /// Refreshes the top-level metadata.
    ///
    /// - Parameters:
    ///   - root: the root of trust as it is known.
    ///   - keep: called with each new root, before anything after it is fetched; when it returns, the
    ///     root is durable.
    /// - Returns: what was verified.
    /// - Throws: a `Fault`; what was stored until then is valid.
    public mutating func refresh(
        from root: VerifiedRoot, keep: (VerifiedRoot) throws(Fault) -> Void = { _ in }
    ) throws(Fault) -> TrustedRepository {
        var refresh = MetadataRefresh(root: root, rules: rules)
        var version = root.version
        var answer: [UInt8]?
        while true {
            let step = try refresh.next(answer)
            if refresh.root.version != version {
                version = refresh.root.version
                try keep(refresh.root)
            }
            if step == .done { break }
            answer = try perform(step)
        }
        guard let trusted = refresh.trusted else {
            throw Fault(.internalError, "A refresh ended without a result.")
        }
        self.trusted = trusted
        search = TargetSearch(trusted, rules: rules)
        return trusted
    }

    /// Finds a target by its path, through delegations.
    ///
    /// - Parameter path: the path.
    /// - Returns: the target; `nil` where nobody who may lists it.
    /// - Throws: a `Fault`, also before a refresh.
    public mutating func find(_ path: String) throws(Fault) -> TargetFile? {
        guard search != nil else {
            throw Fault(.internalError, "A target was sought before the refresh.")
        }
        search?.begin(path)
        var answer: [UInt8]?
        while true {
            guard let step = try search?.next(answer), step != .done else { break }
            answer = try perform(step)
        }
        return search?.target
    }

    private func perform(_ step: RepositoryStep) throws(Fault) -> [UInt8]? {
        switch step {
        case .load(let name): return cache.load(name)
        case .fetch(let name, let limit): return try place.read(metadata + name, limit: limit)
        case .store(let name, let bytes): try cache.store(name, bytes)
        case .remove(let name): try cache.remove(name)
        case .done: break
        }
        return nil
    }
}
