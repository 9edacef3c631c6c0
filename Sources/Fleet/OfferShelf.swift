internal import Bundle
public import Faults
public import Install
public import Transport

/// What a server offers, as a place to install from: its files by their names.
///
/// The bundle is the `.nacelle` file that a list of deltas names, else the largest, else what a
/// `.swu` wraps. A wrong guess costs a few bytes: signatures decide what it is.
public final class OfferShelf: Shelf {
    private let offer: Offer
    private let main: Artifact
    private let client: HTTPClient

    /// Takes an offer; nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - offer: the offer.
    ///   - client: fetches its files; it shows the server's token to the server alone.
    /// - Throws: a `Fault` of code `not-found` where no file can be a bundle.
    public init(_ offer: Offer, _ client: HTTPClient) throws(Fault) {
        guard let main = OfferShelf.bundle(offer.artifacts) else {
            let names = offer.artifacts.prefix(8).map(\.file).joined(separator: ", ")
            throw Fault(
                .notFound,
                "Action \(offer.action) offers no bundle (.nacelle or .swu)"
                    + (names.isEmpty ? "." : "; it offers \(names)."),
                advice: "Upload the bundle to the software module.")
        }
        self.offer = offer
        self.main = main
        self.client = client
    }

    /// The bundle among files.
    static func bundle(_ files: [Artifact]) -> Artifact? {
        let names = Set(files.map(\.file))
        let bundles = files.filter { $0.file.hasSuffix(".nacelle") }
        if let listed = bundles.first(where: { names.contains($0.file + DeltaList.suffix) }) {
            return listed
        }
        // Of equal sizes the first counts.
        return bundles.reduce(nil) { ($0?.size ?? -1) >= $1.size ? $0 : $1 }
            ?? files.first { BundleName.isWrapped($0.file) }
    }

    /// The version, the action and the server.
    public var name: String {
        "\(main.file) of action \(offer.action) at \(offer.server)"
    }

    /// The bundle's name; `nil` where it is wrapped, and nothing stands beside it.
    public var file: String? { BundleName.isWrapped(main.file) ? nil : main.file }

    /// Opens the bundle.
    public func bundle() throws(Fault) -> any ByteSource {
        try WrappedBundle.unwrapped(try client.source(main.href))
    }

    /// Opens another file of the offer.
    public func open(_ file: String) throws(Fault) -> any ByteSource {
        guard let artifact = offer.artifacts.first(where: { $0.file == file }) else {
            throw Fault(
                .notFound, "Action \(offer.action) offers no file “\(file)”.",
                advice: "Upload it to the software module.")
        }
        return try client.source(artifact.href)
    }

    /// Reads a small file of the offer; `nil` where it has none of this name.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? {
        guard let artifact = offer.artifacts.first(where: { $0.file == file }) else { return nil }
        return try client.get(artifact.href, limit: limit)
    }

    /// Bytes a second of what came until now.
    public var rate: Int64? { client.rate }

    /// Bytes that were fetched until now.
    public var fetched: Int64 { client.received }

    /// Has a check asked while bytes are waited for.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { client.watch(check) }
}
