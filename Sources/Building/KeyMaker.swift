internal import DurableFiles
public import Faults
internal import Sealing
internal import Signing
internal import Trust

/// Makes key pairs as files.
public enum KeyMaker {
    /// What a key is for.
    public enum Purpose: String, Sendable, CaseIterable {
        /// Signs manifests and roots of trust (Ed25519).
        case signing
        /// Opens sealed bundles on one machine (X25519).
        case device
        /// Opens sealed bundles on all machines of a group, which share it (X25519).
        case group
    }

    /// A pair that was made.
    public struct Pair: Sendable {
        /// The secret key's file, for its owner alone.
        public let secretPath: String
        /// The public key's file.
        public let publicPath: String
        /// The public key's id, in hexadecimal: what envelopes, roots and lists of recipients show.
        public let id: String
    }

    /// Makes a key pair: `BASE.key` with mode 0600, and `BASE.pub`.
    ///
    /// - Parameters:
    ///   - purpose: what it is for.
    ///   - base: the files' path without the ending.
    /// - Returns: what was made.
    /// - Throws: a `Fault` of code `keys` where one of the files exists already.
    public static func make(_ purpose: Purpose, at base: String) throws(Fault) -> Pair {
        let secretPath = base + ".key"
        let publicPath = base + ".pub"
        for path in [secretPath, publicPath] {
            let place = try FilePlace(path)
            guard try Directory.open(path: place.parent).info(place.name) == nil else {
                throw Fault(
                    .keys, "\(path) exists already; a key file is never overwritten.",
                    advice: "Choose another name, or move that file away.")
            }
        }
        let id: String
        switch purpose {
        case .signing:
            let key = try Ed25519SigningKey.generate()
            try KeyFiles.write(key, to: secretPath)
            try KeyFiles.write(key.publicKey, to: publicPath)
            id = try key.publicKey.keyID().hex
        case .device, .group:
            let key = try X25519SecretKey.generate()
            try KeyFiles.write(key, to: secretPath)
            try KeyFiles.write(key.publicKey, to: publicPath)
            id = Hex.encode(try key.publicKey.id())
        }
        return Pair(secretPath: secretPath, publicPath: publicPath, id: id)
    }
}
