import Faults
import Sealing

/// Certificates and keys, as servers send them and people bring them.
enum SealingTargets {
    static let all = [
        FuzzTarget("certificates", "a certificate file, PEM, DER or PKCS#7", longest: 8192) {
            try certificates(CertificateFile.read($0, name: "input"))
        },
        FuzzTarget("est-answer", "an EST server's certificates", longest: 8192) {
            try certificates(CertificateFile.packed($0, name: "input"))
        },
        FuzzTarget("certificate-request", "a request that a crash left", read: request),
        FuzzTarget("key-file", "files of keys", longest: 1024, read: keys),
        FuzzTarget("distinguished-name", "a certificate's subject", longest: 512, read: name),
    ]

    private static func certificates(_ found: [Certificate]) throws {
        try hold((1...CertificateFile.most).contains(found.count), "\(found.count) certificates")
        for certificate in found {
            let second = try again("a certificate") {
                try Certificate(der: certificate.der, name: "again")
            }
            try hold(second.der == certificate.der, "it is written in another way")
            _ = certificate.isSigned(by: certificate)
        }
        let pem = try Certificate.pem(found)
        guard pem.count <= CertificateFile.limit else { return }
        let second = try again("the file") { try CertificateFile.read(pem, name: "again") }
        try hold(second.map(\.der) == found.map(\.der), "the file says something else")
    }

    private static func request(_ input: [UInt8]) throws {
        let request = try CertificateRequest(pem: input, name: "input")
        let pem = try request.pem()
        _ = try again("the request") { try CertificateRequest(pem: pem, name: "again") }
    }

    private static func keys(_ input: [UInt8]) throws {
        var secret = input
        if let key = try? KeyFile.x25519SecretKey(wiping: &secret, file: "input") {
            _ = try key.publicKey.id()
        }
        try hold(secret.allSatisfy { $0 == 0 }, "the text of a secret key was not wiped")
        var other = input
        _ = try? IdentityKey.read(wiping: &other, file: "input")
        try hold(other.allSatisfy { $0 == 0 }, "the text of a device's key was not wiped")
        if let key = try? KeyFile.x25519PublicKey(input, file: "input") {
            let second = try again("the key") {
                try KeyFile.x25519PublicKey(KeyFile.pem(key), file: "again")
            }
            try hold(second.bytes == key.bytes, "another key is written")
        }
        let key = try KeyFile.ed25519PublicKey(input, file: "input")
        let second = try again("the key") {
            try KeyFile.ed25519PublicKey(KeyFile.pem(key), file: "again")
        }
        try hold(second == key, "another key is written")
    }

    private static func name(_ input: [UInt8]) throws {
        guard let text = text(input) else { return }
        _ = try DistinguishedName(text)
    }
}
