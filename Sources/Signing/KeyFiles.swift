internal import DurableFiles
public import Faults
public import Sealing

/// Key files on disk: made once and never overwritten, secrets for their owner alone.
public enum KeyFiles {
    /// Writes a new file of a signing key, with mode 0600.
    ///
    /// - Parameters:
    ///   - key: the secret key.
    ///   - path: a file that does not exist yet.
    /// - Throws: a `Fault` of code `keys` where the file exists already.
    public static func write(
        _ key: borrowing Ed25519SigningKey, to path: String
    ) throws(Fault) {
        try writeSecret(try key.pem(), to: path)
    }

    /// Writes a new file of an X25519 secret key, with mode 0600.
    ///
    /// - Parameters:
    ///   - key: the secret key.
    ///   - path: a file that does not exist yet.
    /// - Throws: a `Fault` of code `keys` where the file exists already.
    public static func write(_ key: borrowing X25519SecretKey, to path: String) throws(Fault) {
        try writeSecret(try KeyFile.pem(key), to: path)
    }

    /// Writes a new file of an Ed25519 public key.
    ///
    /// - Parameters:
    ///   - key: the public key.
    ///   - path: a file that does not exist yet.
    /// - Throws: a `Fault` of code `keys` where the file exists already.
    public static func write(_ key: Ed25519PublicKey, to path: String) throws(Fault) {
        try KeyPath(path).write(KeyFile.pem(key).span, mode: 0o644)
    }

    /// Writes a new file of an X25519 public key.
    ///
    /// - Parameters:
    ///   - key: the public key.
    ///   - path: a file that does not exist yet.
    /// - Throws: a `Fault` of code `keys` where the file exists already.
    public static func write(_ key: X25519PublicKey, to path: String) throws(Fault) {
        try KeyPath(path).write(KeyFile.pem(key).span, mode: 0o644)
    }

    /// Reads a signing key.
    ///
    /// - Parameter path: a file that its owner alone can use.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys`, or `permission` where others could read the file.
    public static func signingKey(_ path: String) throws(Fault) -> Ed25519SigningKey {
        try KeyPath(path).readSecret { (pem) throws(Fault) in
            try Ed25519SigningKey(seed: try KeyFile.secret(.ed25519, wiping: &pem, file: path))
        }
    }

    /// Reads an X25519 secret key.
    ///
    /// - Parameter path: a file that its owner alone can use.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys`, or `permission` where others could read the file.
    public static func recipientKey(_ path: String) throws(Fault) -> X25519SecretKey {
        try KeyPath(path).readSecret { (pem) throws(Fault) in
            try KeyFile.x25519SecretKey(wiping: &pem, file: path)
        }
    }

    /// Reads an Ed25519 public key.
    public static func signerPublicKey(_ path: String) throws(Fault) -> Ed25519PublicKey {
        try KeyFile.ed25519PublicKey(try KeyPath(path).read(), file: path)
    }

    /// Reads an X25519 public key.
    public static func recipientPublicKey(_ path: String) throws(Fault) -> X25519PublicKey {
        try KeyFile.x25519PublicKey(try KeyPath(path).read(), file: path)
    }

    private static func writeSecret(
        _ pem: borrowing SecretBytes, to path: String
    ) throws(Fault) {
        let place = try KeyPath(path)
        try pem.withBytes { (span) throws(Fault) in try place.write(span, mode: 0o600) }
    }
}
