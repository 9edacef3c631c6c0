public import Faults
public import Sealing
internal import Signing

/// Reads key files for commands; what they hold is never shown.
public enum KeyReading {
    /// A recipient's public key (X25519).
    public static func recipient(_ path: String) throws(Fault) -> X25519PublicKey {
        try KeyFiles.recipientPublicKey(path)
    }

    /// A recipient's secret key (X25519), for its owner alone.
    public static func recipientSecret(_ path: String) throws(Fault) -> X25519SecretKey {
        try KeyFiles.recipientKey(path)
    }
}
