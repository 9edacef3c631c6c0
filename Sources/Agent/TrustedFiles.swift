internal import DurableFiles
internal import Faults
internal import Sealing
internal import Trust

/// The root of trust and the device's key, read before the command gives up root.
struct TrustedFiles: ~Copyable {
    /// The root as shipped, then the newest that follows it.
    var root: VerifiedRoot
    let deviceKey: X25519SecretKey?

    /// Reads both.
    ///
    /// - Throws: a `Fault` that names the file.
    static func load(_ settings: TrustSettings) throws(Fault) -> TrustedFiles {
        TrustedFiles(root: try root(settings), deviceKey: try key(settings.deviceKey))
    }

    /// Reads the root of trust alone, as shipped.
    static func root(_ settings: TrustSettings) throws(Fault) -> VerifiedRoot {
        do throws(Fault) {
            return try VerifiedRoot.load(
                FilePlace.read(settings.root, limit: RootMetadata.limit),
                accepting: settings.schemes)
        } catch {
            throw error.during("The root of trust \(settings.root)")
        }
    }

    private static func key(_ path: String?) throws(Fault) -> X25519SecretKey? {
        guard let path else { return nil }
        try KeyFile.checkMode(FilePlace.info(path).mode, file: path)
        var bytes = try FilePlace.read(path, limit: KeyFile.limit)
        return try KeyFile.x25519SecretKey(wiping: &bytes, file: path)
    }
}
