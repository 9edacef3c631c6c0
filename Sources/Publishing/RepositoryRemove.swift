internal import Trust
internal import Bundle
public import Faults
internal import Repository
internal import Sealing
internal import StrictJSON

extension RepositoryPublisher {
    /// Which bundles are meant.
    public enum Selection: Sendable, Equatable {
        /// The one whose id begins so: at least 8 hexadecimal digits.
        case bundle(String)
        /// All of a version, of one application where it is named.
        case version(String, application: String?)

        /// The one at this target path, whatever is said of it.
        case target(String)

        func includes(_ offer: PresentState.Offer) -> Bool {
            if case .target(let path) = self { return path == offer.target.path }
            return includes(offer.bundle)
        }

        private func includes(_ bundle: BundleTarget) -> Bool {
            switch self {
            case .bundle(let digits): Hex.encode(bundle.bundle).hasPrefix(digits)
            case .version(let version, let application):
                bundle.version == version
                    && (application ?? bundle.application)
                        == bundle.application
            case .target: false
            }
        }
    }

    /// Takes bundles out of the targets, with the deltas that stand for a full bundle that goes.
    ///
    /// Their files stay for readers in the middle of a download, until ``prune(grace:)``.
    ///
    /// - Parameters:
    ///   - selection: which.
    ///   - keys: targets keys and online keys.
    /// - Returns: what went.
    /// - Throws: a `Fault` of code `not-found` where nothing is meant, or several bundles are by one id.
    public func remove(
        _ selection: Selection, keys: PublishingKeys
    ) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo remove")
        try refuseStaged(folder)
        let state = try PresentState.read(path)
        try keys.check(under: [state.root])
        // What is said wrongly of one bundle must not keep another one in.
        let (offers, unreadable) = state.readableOffers()
        let chosen = offers.filter { selection.includes($0) }
        if case .bundle(let digits) = selection, digits.utf8.count < 8 || chosen.count > 1 {
            throw Fault(
                .notFound, "“\(digits)” names \(chosen.count) bundles of the repository.",
                advice: "Give more of the id, at least 8 digits; “repo check” lists them.")
        }
        var others: [String] = []
        if case .target(let path) = selection, chosen.isEmpty {
            others = state.trusted.targets.files.map(\.path).filter { $0 == path }
        }
        guard !chosen.isEmpty || !others.isEmpty else {
            throw Fault(
                .notFound, "The repository offers no such bundle, among \(offers.count).",
                advice: "“nacelle-bundle repo check” lists what there is.")
        }
        let full = Set(chosen.filter { $0.bundle.delta == nil }.map(\.bundle.bundle))
        let leaving = offers.filter { offer in
            selection.includes(offer)
                || offer.bundle.delta.map { full.contains($0.full) } ?? false
        }
        let publication = Publication(
            present: state, judges: [state.root], keys: keys, publisher: self)
        var outcome = try finish(
            publication,
            targets: try publication.targets(removed: Set(leaving.map(\.target.path) + others)),
            changes: leaving.map {
                RepositoryChange(kind: .removed, path: $0.target.path, bundle: $0.bundle)
            }, folder)
        outcome.warnings += others.map { "“\($0)” was taken out; what it was cannot be told." }
        outcome.warnings += unreadable.filter { !others.contains($0.path) }.map {
            "The target “\($0.path)”: \($0.fault.message)"
        }
        if outcome.isPublished { outcome.warnings += try noteUnreferenced(folder) }
        return outcome
    }
}
