public import Faults

/// What a server wants this machine to run: the value of `state/offer.json`.
///
/// Nothing in it decides what runs; it says where bytes may be found and what they are called, and
/// the bundle's own signatures decide.
public struct Offer: Sendable, Equatable {
    /// The action's id.
    public var action: String
    /// The server's poll address.
    public var server: String
    /// How the files are to be fetched.
    public var download: Deployment.Handling
    /// How the version is to be installed.
    public var update: Deployment.Handling
    /// The server's maintenance window; `nil` where it has none.
    public var window: Deployment.Window?
    /// The files.
    public var artifacts: [Artifact]
    /// What the server calls it.
    public var name: String
    /// Its version, as the server writes it.
    public var version: String

    /// The longest file, in bytes.
    public static let limit = 1 << 20

    /// Whether the server wants it at once, whatever this machine's windows say.
    public var isForced: Bool { update == .forced }
    /// Whether it may be fetched and not swapped in: download only, or a closed window.
    public var isDownloadOnly: Bool { update == .skip || window == .unavailable }

    /// Takes what there is to install out of a deployment.
    ///
    /// Of several chunks the one with a bundle counts; hawkBit's rollouts may bear firmware of
    /// others beside it.
    ///
    /// - Parameters:
    ///   - deployment: the deployment.
    ///   - server: who offers it.
    /// - Throws: a `Fault` of code `incompatible` where several chunks bear bundles, or none does.
    public init(_ deployment: Deployment, from server: FleetServer) throws(Fault) {
        let bearing = deployment.chunks.filter { chunk in
            chunk.artifacts.contains { BundleName.isBundle($0.file) }
        }
        guard let chunk = bearing.first, bearing.count == 1 else {
            let names = deployment.chunks.prefix(8).map { "\($0.name) \($0.version)" }
            throw Fault(
                .incompatible,
                "Action \(deployment.action) holds \(bearing.count) software modules with a bundle "
                    + "(.nacelle or .swu) of \(deployment.chunks.count)"
                    + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
                    + "; exactly one was expected.",
                advice: "Assign a distribution set with one software module that holds the bundle.")
        }
        self.init(
            action: deployment.action, server: server.address, download: deployment.download,
            update: deployment.update, window: deployment.window, artifacts: chunk.artifacts,
            name: chunk.name, version: chunk.version)
    }

    init(
        action: String, server: String, download: Deployment.Handling,
        update: Deployment.Handling, window: Deployment.Window?, artifacts: [Artifact],
        name: String, version: String
    ) {
        self.action = action
        self.server = server
        self.download = download
        self.update = update
        self.window = window
        self.artifacts = artifacts
        self.name = name
        self.version = version
    }
}

/// Names of bundles among a server's files.
enum BundleName {
    /// Whether a file of this name is a bundle, or wraps one.
    static func isBundle(_ name: String) -> Bool {
        name.hasSuffix(".nacelle") || isWrapped(name)
    }

    /// Whether a file of this name wraps a bundle.
    static func isWrapped(_ name: String) -> Bool { name.lowercased().hasSuffix(".swu") }
}
