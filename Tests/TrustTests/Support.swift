import CSodium
import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// A key that signs, for tests: the module itself has none.
struct TestKey {
    let publicKey: Ed25519PublicKey
    let id: Digest
    private let secret: [UInt8]

    init(_ seed: UInt8) throws {
        var bytes = [UInt8](repeating: 0, count: 32)
        var secret = [UInt8](repeating: 0, count: 64)
        try #require(sodium_init() >= 0)
        let result = crypto_sign_seed_keypair(
            &bytes, &secret, [UInt8](repeating: seed, count: 32))
        try #require(result == 0)
        self.secret = secret
        publicKey = try #require(Ed25519PublicKey(bytes))
        id = try publicKey.keyID()
    }

    func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        _ = crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        return signature
    }
}

/// Root metadata that a test can bend before it is signed.
struct RootSketch {
    var fields: [(String, JSONValue?)]
    var keys: [(String, JSONValue?)]
    var roles: [String: (ids: [String], threshold: JSONValue)]

    init(version: Int = 1, root: [TestKey], threshold: Int = 1, targets: [TestKey]? = nil) {
        fields = [
            ("_type", .string("root")), ("spec_version", .string("1.0.34")),
            ("version", .integer(version)), ("expires", .string("2031-05-09T00:00:00Z")),
            ("consistent_snapshot", .bool(true)),
        ]
        let all = root + (targets ?? [])
        keys = []
        for key in all where !keys.contains(where: { $0.0 == key.id.hex }) {
            keys.append((key.id.hex, key.publicKey.metadataForm))
        }
        roles = [:]
        for role in TrustRole.allCases {
            let used = role == .targets ? targets ?? root : root
            roles[role.rawValue] = (
                used.map(\.id.hex), .integer(role == .root ? threshold : 1)
            )
        }
    }

    mutating func set(_ name: String, _ value: JSONValue?) {
        fields.removeAll { $0.0 == name }
        fields.append((name, value))
    }

    var signed: JSONValue {
        let roles = self.roles.sorted { $0.key < $1.key }.map { name, role in
            (
                name,
                JSONValue.members([
                    ("keyids", .array(role.ids.map { .string($0) })),
                    ("threshold", role.threshold),
                ]) as JSONValue?
            )
        }
        return .members(fields + [("keys", .members(keys)), ("roles", .members(roles))])
    }

    func bytes(signedBy signers: [TestKey]) throws -> [UInt8] {
        let signed = self.signed
        let canonical = try signed.canonical()
        return try SignedMetadata(
            signed: signed,
            signatures: signers.map { .init(keyID: $0.id.hex, bytes: $0.sign(canonical)) }
        ).encoded
    }
}

/// The fault that a body throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown.")
}

/// The same numbers at each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
