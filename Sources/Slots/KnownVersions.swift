public import Faults
internal import Sealing
internal import StrictJSON

/// A version that the store knows of, and from where.
public struct KnownVersion: Sendable, Equatable {
    /// The version.
    public var identity: VersionIdentity
    /// Where it is known from, for people: `slot a, good`, `denied`, `history`.
    public var places: [String]

    /// The version as a list shows it, so that each of its names can be taken from there.
    public var text: String {
        "\(identity.version) (release \(identity.releaseCounter), tree "
            + "\(identity.tree.short)…; \(places.joined(separator: ", ")))"
    }

    /// Whether a text names it: the version, the release counter, or the beginning of the tree
    /// digest, of four digits at least.
    public func isNamed(by text: String) -> Bool {
        if text == identity.version || text == String(identity.releaseCounter) { return true }
        let digits = text.lowercased()
        return digits.utf8.count >= 4 && identity.tree.hex.hasPrefix(digits)
    }
}

extension Store {
    /// The versions that stand in the store, are denied, or stand in its history; each once.
    public func knownVersions() throws(Fault) -> [KnownVersion] {
        var known: [KnownVersion] = []
        func add(_ identity: VersionIdentity, _ place: String) {
            guard let index = known.firstIndex(where: { $0.identity.isSameRelease(as: identity) })
            else { return known.append(KnownVersion(identity: identity, places: [place])) }
            if !known[index].places.contains(place) { known[index].places.append(place) }
        }
        let snapshot = try snapshot()
        for tree in TreeName.allCases {
            guard let record = snapshot.record(of: tree) else { continue }
            add(
                record.identity,
                "\(tree.title), \(record.state.rawValue)\(snapshot.named == tree ? ", runs" : "")")
        }
        // A damaged list is told by whoever changes it; it names nothing here.
        for denial in (try? denials()) ?? [] { add(denial.identity, "denied") }
        for entry in leftVersions() { add(entry.identity, "left at boot") }
        for event in try history() {
            guard let fields = try? JSONFields(event, path: "history"),
                let identity = try? VersionIdentity(fields)
            else { continue }
            add(identity, "history")
        }
        return known
    }

    /// The one version that a text names.
    ///
    /// - Parameters:
    ///   - text: a version, a release counter, or the beginning of a tree digest.
    ///   - known: the versions to look among.
    /// - Returns: the version.
    /// - Throws: a `Fault` of code `not-found` for none and for more than one, with the list.
    static func version(
        named text: String, among known: [KnownVersion]
    ) throws(Fault) -> KnownVersion {
        let found = known.filter { $0.isNamed(by: text) }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            throw Fault(
                .notFound,
                "“\(text)” names \(found.count) versions: "
                    + found.map(\.text).joined(separator: "; ") + ".",
                advice: "Name one by its release counter or the beginning of its tree digest.")
        }
        let list = known.suffix(20).map(\.text).joined(separator: "; ")
        throw Fault(
            .notFound, "No version that is known here is named “\(text)”.",
            advice: known.isEmpty
                ? "Nothing is known here yet." : "Known are: \(list).")
    }
}
