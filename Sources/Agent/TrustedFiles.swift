internal import DurableFiles
internal import Faults
internal import Sealing
internal import Trust

/// The root of trust and the device's key, read before the command gives up root.
struct TrustedFiles: ~Copyable {
    let root: VerifiedRoot
    let deviceKey: X25519SecretKey?

    /// Reads both.
    ///
    /// - Throws: a ``Faults/Fault`` that names the file.
    static func load(_ settings: TrustSettings) throws(Fault) -> TrustedFiles {
        let root: VerifiedRoot
        do throws(Fault) {
            let (bytes, _) = try read(settings.root, limit: 512 << 10)
            root = try VerifiedRoot.load(bytes)
        } catch {
            throw error.during("The root of trust \(settings.root)")
        }
        return TrustedFiles(root: root, deviceKey: try key(settings.deviceKey))
    }

    private static func key(_ path: String?) throws(Fault) -> X25519SecretKey? {
        guard let path else { return nil }
        var (bytes, mode) = try read(path, limit: KeyFile.limit)
        try KeyFile.checkMode(mode, file: path)
        return try KeyFile.x25519SecretKey(wiping: &bytes, file: path)
    }

    private static func read(
        _ path: String, limit: Int
    ) throws(Fault) -> (bytes: [UInt8], mode: UInt32) {
        let (directory, name) = try Configuration.split(path)
        // The directory's path may hold links (`/etc/nacelle` often is one); the file may not.
        let parent = try Directory.open(path: directory)
        guard let info = try parent.info(name), let bytes = try parent.read(name, limit: limit)
        else { throw Fault(.notFound, "There is no file \(path).") }
        return (bytes, info.mode)
    }
}
