public import DurableFiles
public import Faults
internal import Sealing
public import Trust

/// The versions of the root of trust that followed the shipped one, kept so that a machine goes on from
/// the newest.
///
/// They count only as far as each is signed by the one before, from the shipped root on: what stands in
/// the directory adds nobody's trust by itself, and another shipped root begins another chain. A file
/// that is damaged must not bring keys back that a later version has taken away: ``requireWhole()``.
public struct RootChain: ~Copyable {
    /// The most versions that are followed at once.
    public static let limit = RepositoryRules.rootLimit

    private static let anchor = "shipped"

    private let directory: Directory
    /// The highest version that was ever kept here.
    private let known: Int
    /// The newest root.
    public private(set) var newest: VerifiedRoot

    /// Follows what is kept.
    ///
    /// - Parameters:
    ///   - directory: where the versions are kept; nothing else may stand in it.
    ///   - shipped: the root that the machine was given.
    /// - Throws: a `Fault` of the disk.
    public init(in directory: consuming Directory, from shipped: VerifiedRoot) throws(Fault) {
        known = try RootChain.begin(in: directory, from: shipped)
        newest = RootChain.follow(directory, from: shipped, to: known)
        self.directory = directory
    }

    /// The newest root that is kept in a directory, without changing anything there.
    ///
    /// - Parameters:
    ///   - path: the directory's path; it may not exist yet.
    ///   - shipped: the root that the machine was given.
    /// - Returns: the shipped one where nothing that follows it is kept.
    public static func newest(at path: String, from shipped: VerifiedRoot) -> VerifiedRoot {
        guard let directory = try? Directory.open(path: path) else { return shipped }
        return follow(directory, from: shipped, to: .max)
    }

    private static func follow(
        _ directory: borrowing Directory, from shipped: VerifiedRoot, to last: Int
    ) -> VerifiedRoot {
        var newest = shipped
        while newest.version < last {
            // One that cannot be read, or does not follow, ends the chain until it comes again.
            let name = RootChain.name(newest.version + 1)
            guard let bytes = (try? directory.read(name, limit: RootMetadata.limit)) ?? nil,
                let next = try? newest.successor(bytes)
            else { break }
            newest = next
        }
        return newest
    }

    /// Notes from which root the chain begins; that of another shipped root is cleared away.
    ///
    /// - Returns: the highest version that is kept.
    private static func begin(
        in directory: borrowing Directory, from shipped: VerifiedRoot
    ) throws(Fault) -> Int {
        let versions = try directory.names().compactMap(version(of:))
        let own = Array(try SHA256.digest(of: shipped.bytes).hex.utf8)
        let noted = (try? directory.read(anchor, limit: 256)) ?? nil
        if noted == own { return versions.max() ?? 0 }
        let kept = (try? directory.read(name(shipped.version), limit: RootMetadata.limit)) ?? nil
        let isOther = noted != nil && kept != shipped.bytes
        if isOther { for version in versions { try directory.remove(name(version)) } }
        try directory.put(anchor, with: own)
        return isOther ? 0 : versions.max() ?? 0
    }

    /// Refuses a chain that is known to have gone further than can be shown.
    ///
    /// - Throws: a `Fault` of code `store-damaged`.
    public func requireWhole() throws(Fault) {
        guard newest.version < known else { return }
        throw Fault(
            .storeDamaged,
            "The root of trust was version \(known) here, and \(RootChain.name(newest.version + 1)) "
                + "in \(directory.path) is damaged: version \(newest.version) would count again.",
            advice: "Bring the later versions: by the repository, or beside the bundle "
                + "(\(RootChain.name(newest.version + 1)) and on).")
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
        try directory.put(RootChain.name(root.version), with: root.bytes)
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

    /// The version that a file name says; `nil` for any other name.
    private static func version(of name: String) -> Int? {
        guard name.hasSuffix(".root.json"), let version = Int(name.dropLast(10)), version > 0,
            name == RootChain.name(version)
        else { return nil }
        return version
    }

    /// The name of a version, as repositories have it.
    public static func name(_ version: Int) -> String { "\(version).root.json" }
}
