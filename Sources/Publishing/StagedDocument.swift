internal import DurableFiles
public import Faults
public import Repository
internal import StrictJSON
internal import Trust

/// Targets that wait for signatures, in a file that may have been carried away from its repository; read
/// once, so that what is shown is what is signed.
public struct StagedDocument {
    /// The version that the targets will have.
    public let version: Int
    /// When they expire, in UTC, as the document says it.
    public let expires: String
    /// All bundles in them, with their target paths.
    public let bundles: [(path: String, bundle: BundleTarget)]
    /// The paths of the targets that are no bundles of this project.
    public let others: [String]
    /// What publishing it changes; `nil` where the document is not in its repository.
    public let changes: [RepositoryChange]?

    private let path: String
    private let staged: StagedTargets
    private let root: VerifiedRoot?

    /// Reads a document; nothing is signed yet.
    ///
    /// - Parameters:
    ///   - path: its file. In a repository's folder, what is there already is read too.
    ///   - root: the file of the repository's newest root; `nil` where it is not at hand.
    /// - Throws: a `Fault` that names the file where it is no staged document, or no root.
    public init(_ path: String, root: String? = nil) throws(Fault) {
        self.path = path
        let suffix = "/" + StagedTargets.path
        let state =
            path.hasSuffix(suffix)
            ? try PresentState.read(String(path.dropLast(suffix.count))) : nil
        do throws(Fault) {
            let limit = MetadataWriter.limits.bytes
            staged = try StagedTargets(try FilePlace.read(path, limit: limit))
            var bundles: [(path: String, bundle: BundleTarget)] = []
            var others: [String] = []
            if case .object(let members)? = staged.file.signed["targets"] {
                for member in members {
                    if let bundle = try BundleTarget(custom: member.value["custom"]) {
                        bundles.append((member.key, bundle))
                    } else {
                        others.append(member.key)
                    }
                }
            }
            self.bundles = bundles
            self.others = others
            let fields = try JSONFields(staged.file.signed, path: "targets")
            version = try fields.integer("version", in: 1...(1 << 53))
            expires = try fields.string("expires", limit: 64)
        } catch {
            throw error.during(path)
        }
        if let state { changes = try staged.changes(to: state) } else { changes = nil }
        if let root {
            let bytes = try FilePlace.read(root, limit: RootMetadata.limit)
            do throws(Fault) { self.root = try VerifiedRoot.load(bytes) } catch {
                throw error.during(root)
            }
        } else {
            self.root = state?.root
        }
    }

    /// Whether a root is at hand, under which keys can be judged.
    public var isJudged: Bool { root != nil }

    /// Signs the document, which is replaced.
    ///
    /// - Parameter keyFiles: targets keys.
    /// - Returns: how many signatures it has now.
    /// - Throws: a `Fault` of code `keys` for a key that is none of the root's for targets.
    public func sign(keyFiles: [String]) throws(Fault) -> Int {
        if let root { try PublishingKeys(targets: keyFiles).check(under: [root]) }
        var signatures = staged.file.signatures
        for keyFile in keyFiles {
            let key = try PublishingKeys.read(keyFile)
            signatures = try PublishingKeys.add(key, to: signatures, staged.file.canonical)
        }
        let signed = try SignedMetadata(signed: staged.file.signed, signatures: signatures)
        let place = try FilePlace(path)
        try Directory.open(path: place.parent).replace(place.name, with: signed.encoded)
        return signatures.count
    }
}
