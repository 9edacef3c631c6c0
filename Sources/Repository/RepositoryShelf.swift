internal import Bundle
public import Faults
public import Install
public import Sealing
public import Trust

/// A bundle that a repository offers, with the deltas that it offers beside it.
///
/// The envelope is held against the target's digest and its signatures against the root of trust before
/// the manifest is read; then the manifest says which index, pack and recipients belong to it.
public final class RepositoryShelf: Shelf {
    private let place: any FileTree
    private let trusted: TrustedRepository
    private let catalogue: Catalogue
    private let offer: Catalogue.Offer

    /// Names a bundle; nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - offer: the bundle, from the catalogue.
    ///   - catalogue: what else is offered.
    ///   - trusted: the repository's verified metadata.
    ///   - place: where it is.
    public init(
        _ offer: Catalogue.Offer, of catalogue: Catalogue, _ trusted: TrustedRepository,
        at place: any FileTree
    ) {
        self.offer = offer
        self.catalogue = catalogue
        self.trusted = trusted
        self.place = place
    }

    /// The version and the repository.
    public var name: String { RepositoryShelf.name(offer, place) }

    /// Nothing is looked for beside it: the repository's metadata lists all.
    public var file: String? { nil }

    /// Opens the bundle.
    public func bundle() throws(Fault) -> any ByteSource { try open(offer) }

    /// Nothing stands beside it.
    public func open(_ file: String) throws(Fault) -> any ByteSource {
        throw Fault(.notFound, "\(file) is not sought beside \(name).")
    }

    /// Nothing stands beside it.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? { nil }

    /// The delta that the repository offers.
    public func delta(
        of bundle: VerifiedBundle, from base: Digest
    ) throws(Fault) -> NamedDelta? {
        guard let found = catalogue.delta(to: bundle.manifest.bundle, from: base) else {
            return nil
        }
        return NamedDelta(
            name: RepositoryShelf.name(found, place),
            length: found.bundle.index + found.bundle.pack
        ) { [self] () throws(Fault) in try open(found) }
    }

    /// Bytes a second of what came until now.
    public var rate: Int64? { place.rate }

    /// Bytes that were fetched until now.
    public var fetched: Int64 { place.fetched }

    /// Has a check asked while bytes are waited for.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { place.watch(check) }

    private static func name(_ offer: Catalogue.Offer, _ place: any FileTree) -> String {
        let delta = offer.bundle.delta.map { " (delta from \($0.baseVersion))" } ?? ""
        return "\(offer.bundle.application) \(offer.bundle.version)\(delta) of \(place.name)"
    }

    private func open(_ offer: Catalogue.Offer) throws(Fault) -> any ByteSource {
        let target = offer.target
        let path =
            RepositoryLayout.targets
            + target.storedPath(
                consistentSnapshot: trusted.root.metadata.consistentSnapshot)
        guard target.length <= Int64(BundleLimits.envelopeBytes) else {
            throw Fault(
                .malformed,
                "The envelope “\(target.path)” has \(target.length) bytes; at most "
                    + "\(BundleLimits.envelopeBytes) are read.")
        }
        guard let envelope = try place.read(path, limit: Int(target.length)) else {
            throw missing("targets/\(target.path)")
        }
        try target.check(envelope)
        let payload = try DSSEEnvelope(envelope).verify(
            type: .manifest, role: trusted.root.keys(of: .targets))
        let manifest = try Manifest(reading: payload.bytes)
        guard BundleTarget(manifest) == offer.bundle else {
            throw Fault(
                .malformed,
                "The repository says of “\(target.path)” that it is \(offer.bundle.application) "
                    + "\(offer.bundle.version), release \(offer.bundle.releaseCounter); its signed "
                    + "manifest says \(manifest.application) \(manifest.version), release "
                    + "\(manifest.releaseCounter), or differs in a size, id or machine.",
                advice: "Publish the bundle again.")
        }
        var recipients: [UInt8] = []
        if manifest.commitment != nil {
            let file = RepositoryLayout.recipients(of: manifest.bundle)
            guard let bytes = try place.read(file, limit: Recipients.maximumLength) else {
                throw missing(file)
            }
            recipients = bytes
        }
        let preamble = try Preamble(
            envelope: envelope, recipients: recipients, index: manifest.index.length,
            pack: manifest.packLength)
        let table = manifest.index.table
        return PartsSource(
            name: RepositoryShelf.name(offer, place), isRemote: place.isRemote,
            head: try preamble.encoded() + envelope + recipients,
            parts: [
                part(RepositoryLayout.index(table), manifest.index.length),
                part(RepositoryLayout.pack(table), manifest.packLength),
            ])
    }

    private func part(_ path: String, _ length: Int64) -> PartsSource.Part {
        PartsSource.Part(length: length) { [place] () throws(Fault) in try place.open(path) }
    }

    private func missing(_ file: String) -> Fault {
        Fault(
            .serverRefused, "The repository \(place.name) names \(file), which is not there.",
            advice: "It may be being published; try again, or publish the bundle again.")
    }
}
