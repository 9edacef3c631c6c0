import COpenSSL
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// An ECDSA or RSA key that signs, for tests: the project itself holds none.
final class LibcryptoKey: Sendable {
    enum Kind: Hashable { case ec(String), rsa(Int), rsaPSSAlone(Int) }

    /// Two RSA keys, which take long to make.
    static let rsa = Result { try LibcryptoKey(.rsa(2048)) }
    static let otherRSA = Result { try LibcryptoKey(.rsa(2048)) }

    nonisolated(unsafe) private let key: OpaquePointer
    private let isRSA: Bool

    /// Makes a fresh key.
    init(_ kind: Kind) throws {
        let name =
            switch kind {
            case .ec: "EC"
            case .rsa: "RSA"
            case .rsaPSSAlone: "RSA-PSS"
            }
        let context = try #require(EVP_PKEY_CTX_new_from_name(nil, name, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try #require(EVP_PKEY_keygen_init(context) == 1)
        switch kind {
        case .ec(let curve):
            isRSA = false
            try #require(EVP_PKEY_CTX_set_group_name(context, curve) == 1)
        case .rsa(let bits), .rsaPSSAlone(let bits):
            isRSA = true
            try #require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1)
        }
        var key: OpaquePointer?
        try #require(EVP_PKEY_keygen(context, &key) == 1)
        self.key = try #require(key)
    }

    deinit { EVP_PKEY_free(key) }

    /// The public key in PEM; of an EC key in the given form of its point and its parameters.
    func pem(point: String = "uncompressed", parameters: String = "named_curve") throws -> String {
        if !isRSA {
            try #require(EVP_PKEY_set_utf8_string_param(key, "point-format", point) == 1)
            try #require(EVP_PKEY_set_utf8_string_param(key, "encoding", parameters) == 1)
        }
        return try text { PEM_write_bio_PUBKEY($0, key) }
    }

    /// The secret key in PEM, which has no place in metadata.
    func secretPEM() throws -> String {
        try text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    private func text(_ write: (OpaquePointer) -> Int32) throws -> String {
        let bio = try #require(BIO_new(BIO_s_mem()))
        defer { BIO_free(bio) }
        try #require(write(bio) == 1)
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = BIO_read(bio, &bytes, Int32(bytes.count))
        try #require(count > 0)
        return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
    }

    /// A signature with SHA-256; of an RSA key by PSS, or in the older padding.
    func sign(
        _ message: [UInt8], salt: Int32 = 32, oldPadding: Bool = false, sha512: Bool = false
    ) throws -> [UInt8] {
        let context = try #require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        let digest = sha512 ? EVP_sha512() : EVP_sha256()
        try #require(EVP_DigestSignInit(context, &parameters, digest, nil, key) == 1)
        if isRSA, !oldPadding {
            try #require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1)
            try #require(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt) == 1)
        }
        var count = 0
        try #require(EVP_DigestSign(context, nil, &count, message, message.count) == 1)
        var signature = [UInt8](repeating: 0, count: count)
        try #require(
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1)
        return Array(signature.prefix(count))
    }

    /// The key as metadata holds it.
    func form(
        _ pem: String? = nil, type: String? = nil, scheme: String? = nil
    ) throws -> JSONValue {
        .members([
            ("keytype", .string(type ?? (isRSA ? "rsa" : "ecdsa"))),
            ("keyval", .members([("public", .string(try pem ?? self.pem()))])),
            (
                "scheme",
                .string(scheme ?? (isRSA ? "rsassa-pss-sha256" : "ecdsa-sha2-nistp256"))
            ),
        ])
    }

    /// Who signs with it, the key being written down in a given form.
    func signer(_ form: JSONValue? = nil) throws -> Signer {
        let form = try form ?? self.form()
        let id = try SHA256.digest(of: try form.canonical()).hex
        return Signer(id: id, form: form) { try self.sign($0) }
    }
}
