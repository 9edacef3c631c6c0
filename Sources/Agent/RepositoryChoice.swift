internal import Faults
internal import Repository
internal import Sealing

/// Which of a repository's bundles is for this machine: a pure choice by what the metadata says.
struct RepositoryChoice {
    /// This machine.
    var machine: Machine
    /// The application that the store is bound to; `nil` for a new store.
    var boundTo: String?
    /// What a person calls the repository.
    var place: String

    /// The full bundles for this machine, the newest first.
    func versions(_ catalogue: Catalogue) -> [Catalogue.Offer] {
        catalogue.versions(
            for: machine.names, architecture: machine.architecture,
            application: boundTo ?? machine.application)
    }

    /// The newest version, or the one that is named, in all full bundles that give its very tree: as
    /// when it was sealed for several groups.
    ///
    /// - Returns: at least one; those with a delta from the running version first.
    /// - Throws: a `Fault` of code `not-found` where there is none, `incompatible` where several
    ///   applications are offered and nothing says which.
    func offers(
        _ catalogue: Catalogue, version: String?, running: Digest?
    ) throws(Fault) -> [Catalogue.Offer] {
        let first = try offer(catalogue, version: version)
        let same = versions(catalogue).filter {
            $0.bundle.tree == first.bundle.tree
                && $0.bundle.releaseCounter == first.bundle.releaseCounter
        }
        guard let running else { return same }
        let near = same.filter { catalogue.delta(to: $0.bundle.bundle, from: running) != nil }
        return near + same.filter { !near.contains($0) }
    }

    /// The newest version, or the one that is named.
    ///
    /// - Throws: a `Fault` of code `not-found` where there is none, `incompatible` where several
    ///   applications are offered and nothing says which.
    func offer(_ catalogue: Catalogue, version: String?) throws(Fault) -> Catalogue.Offer {
        let versions = versions(catalogue)
        let applications = Set(versions.map(\.bundle.application))
        guard applications.count <= 1 else {
            throw Fault(
                .incompatible,
                "The repository \(place) offers several applications for this machine: "
                    + "\(applications.sorted().joined(separator: ", ")).",
                advice: "Name one in the configuration (“application”).")
        }
        guard let version else {
            if let newest = versions.first { return newest }
            throw nothing(catalogue)
        }
        if let named = versions.first(where: { $0.bundle.version == version }) { return named }
        let known = versions.prefix(5).map(\.bundle.version).joined(separator: ", ")
        throw Fault(
            .notFound,
            "The repository \(place) offers no version \(version) for this machine"
                + (known.isEmpty ? "." : "; it offers \(known)."),
            advice: "“nacelle check” shows what is offered.")
    }

    private func nothing(_ catalogue: Catalogue) -> Fault {
        let full = catalogue.offers.filter { $0.bundle.delta == nil }
        let machines = Set(full.flatMap(\.bundle.machines)).sorted().prefix(8)
        return Fault(
            .notFound,
            "The repository \(place) offers nothing for this machine ("
                + "\(machine.names.joined(separator: ", ")), \(machine.architecture)"
                + ((boundTo ?? machine.application).map { ", application \($0)" } ?? "") + ")"
                + (full.isEmpty
                    ? "; it offers no bundle at all."
                    : "; it offers \(full.count) bundles for \(machines.joined(separator: ", "))."),
            advice: "Publish a bundle for it, or mend “machine” in the configuration.")
    }
}
