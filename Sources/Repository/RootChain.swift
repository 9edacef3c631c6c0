public import DurableFiles
public import Faults
public import Trust

/// The versions of the root of trust that followed the shipped one, kept so that a machine goes on from
/// the newest.
///
/// They count only as far as each is signed by the one before, from the shipped root on: what stands in
/// the directory adds nobody's trust by itself, and another shipped root begins another chain.
public struct RootChain: ~Copyable {
    /// The most versions that are followed at once.
    public static let limit = RepositoryRules.rootLimit

    private let directory: Directory
    /// The newest root.
    public private(set) var newest: VerifiedRoot

    /// Follows what is kept.
    ///
    /// - Parameters:
    ///   - directory: where the versions are kept; nothing else may stand in it.
    ///   - shipped: the root that the machine was given.
    public init(in directory: consuming Directory, from shipped: VerifiedRoot) {
        var newest = shipped
        for _ in 0..<RootChain.limit {
            let name = RootChain.name(newest.version + 1)
            // One that cannot be read, or does not follow, ends the chain and is replaced in time.
            guard let bytes = (try? directory.read(name, limit: RootMetadata.limit)) ?? nil,
                let next = try? newest.successor(bytes)
            else { break }
            newest = next
        }
        self.newest = newest
        self.directory = directory
    }

    /// Keeps the next version, durably.
    ///
    /// - Parameter root: the successor of the newest, verified.
    /// - Throws: a `Fault` of the disk, or of code `internal` where it is not the next.
    public mutating func keep(_ root: VerifiedRoot) throws(Fault) {
        guard root.version == newest.version + 1 else {
            throw Fault(
                .internalError, "Root \(root.version) would be kept after \(newest.version).")
        }
        try directory.replace(RootChain.name(root.version), with: root.bytes)
        newest = root
    }

    /// The versions that follow a root, as far as a place has them.
    ///
    /// - Parameters:
    ///   - root: where to begin.
    ///   - read: gives a file `N.root.json` of at most so many bytes; `nil` where there is none.
    /// - Returns: the versions in order, each verified; none for none.
    /// - Throws: a `Fault`, also for a version that does not follow the one before.
    public static func successors(
        of root: VerifiedRoot, read: (String, Int) throws(Fault) -> [UInt8]?
    ) throws(Fault) -> [VerifiedRoot] {
        var found: [VerifiedRoot] = []
        while found.count < limit {
            let last = found.last ?? root
            let name = name(last.version + 1)
            guard let bytes = try read(name, RootMetadata.limit) else { break }
            do throws(Fault) {
                found.append(try last.successor(bytes))
            } catch {
                throw error.during("The root of trust \(name)")
            }
        }
        return found
    }

    /// The name of a version, as repositories have it.
    public static func name(_ version: Int) -> String { "\(version).root.json" }
}
