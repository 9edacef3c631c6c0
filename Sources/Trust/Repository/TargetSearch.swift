public import Faults

/// Searches targets by their paths through delegations (TUF 1.0.34, section 5.6.7), without any I/O.
///
/// Roles are asked depth first, each before those that it delegates to, each at most once a search.
/// What was read for one search serves the next.
public struct TargetSearch: Sendable {
    private struct Visit {
        let role: String
        let keys: RoleKeys
    }

    private let repository: TrustedRepository
    private let rules: RepositoryRules
    /// What was read, with the keys that it was verified by: another delegator may have others.
    private var known: [ExactName: (keys: RoleKeys, metadata: TargetsMetadata)]
    private var path = ""
    private var stack: [Visit] = []
    private var visited: Set<ExactName> = []
    private var read: (visit: Visit, read: TargetsRead)?
    /// What was found; `nil` before the end, and where nobody lists the path.
    public private(set) var target: TargetFile?

    /// Makes a search.
    ///
    /// - Parameters:
    ///   - repository: the top-level metadata.
    ///   - rules: how delegated metadata is judged: the same as in the refresh.
    public init(_ repository: TrustedRepository, rules: RepositoryRules) {
        self.repository = repository
        self.rules = rules
        known = [ExactName("targets"): (repository.root.keys(of: .targets), repository.targets)]
    }

    /// Begins a search.
    ///
    /// - Parameter path: the target's path.
    public mutating func begin(_ path: String) {
        self.path = path
        target = nil
        read = nil
        visited = []
        stack = [Visit(role: "targets", keys: repository.root.keys(of: .targets))]
    }

    /// Takes the answer to what was asked for last, and asks for the next.
    ///
    /// - Parameter answer: the file, where one was asked for and is there.
    /// - Returns: what to do now; ``RepositoryStep/done`` at the end.
    /// - Throws: a `Fault` as in a refresh; of code `untrusted` where more than
    ///   ``RepositoryRules/roleLimit`` roles would have to be asked.
    public mutating func next(_ answer: [UInt8]?) throws(Fault) -> RepositoryStep {
        if let visit = read?.visit {
            let step = try read?.read.next(answer) ?? .done
            guard step == .done, let metadata = read?.read.result else { return step }
            read = nil
            known[ExactName(visit.role)] = (visit.keys, metadata)
            if try take(metadata, of: visit.role) { return .done }
        }
        while let visit = stack.popLast() {
            guard !visited.contains(ExactName(visit.role)) else { continue }
            guard visited.count < RepositoryRules.roleLimit else {
                throw Fault(
                    .untrusted,
                    "“\(path.prefix(64))” was not found in \(visited.count) roles, the most that are "
                        + "searched.", advice: "Publish with fewer delegations.")
            }
            if let found = known[ExactName(visit.role)], found.keys == visit.keys {
                if try take(found.metadata, of: visit.role) { return .done }
                continue
            }
            var reading = try TargetsRead(
                role: visit.role, keys: visit.keys, snapshot: repository.snapshot,
                root: repository.root, rules: rules)
            let step = try reading.next(nil)
            read = (visit, reading)
            return step
        }
        return .done
    }

    /// Looks into a role; notes whom it delegates the path to.
    ///
    /// - Returns: whether the search is over.
    private mutating func take(
        _ metadata: TargetsMetadata, of role: String
    ) throws(Fault) -> Bool {
        visited.insert(ExactName(role))
        if let found = metadata.target(path) {
            target = found
            return true
        }
        var children: [Visit] = []
        for child in try metadata.delegations?.roles(for: path) ?? [] {
            children.append(Visit(role: child.name, keys: child.keys))
            if child.isTerminating {
                // Nobody else is asked once this branch is through.
                stack = []
                break
            }
        }
        stack += children.reversed()
        return false
    }
}
