import Faults
import Sealing
import Signing
import TestKit
import Trust

/// The keys and roots of trust that targets sign and verify with, made once: locked memory is slow.
final class FuzzKeys: Sendable {
    private static let made: Result<FuzzKeys, Fault> = {
        do throws(Fault) { return .success(try FuzzKeys()) } catch { return .failure(error) }
    }()

    /// The keys.
    static func get() throws(Fault) -> FuzzKeys { try made.get() }

    /// Key 100, which signs for every role.
    let key: Ed25519SigningKey
    /// Its id.
    let keyID: String
    /// The role that it makes up alone.
    let role: RoleKeys
    /// A root whose `targets` are signed by key 1, all else by key 100.
    let root: VerifiedRoot
    /// A root all of whose roles are key 100's.
    let wholeRoot: VerifiedRoot

    private init() throws(Fault) {
        key = try TestKeys.signing(100)
        keyID = try key.publicKey.keyID().hex
        role = try RoleKeys(keys: [key.publicKey], threshold: 1)
        root = try TestKeys.root()
        wholeRoot = try TestKeys.root([100])
    }
}
