import DurableFiles
import Faults
import TestKit
import Testing

@testable import Sealing

/// Keys, requests and certificates of a device, with the `openssl` tool as a second opinion.
@Suite struct IdentityTests {
    private func fault(_ body: () throws -> Void) throws -> Fault {
        do { try body() } catch let fault as Fault { return fault }
        throw Fault(.internalError, "Nothing was thrown.")
    }

    private func text(_ secret: borrowing SecretBytes) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try secret.withBytes { span in for index in span.indices { bytes.append(span[index]) } }
        return bytes
    }

    @Test func `a new key is one on P-256, goes to a file and back, and the text is wiped`() throws
    {
        try withScratch { scratch in
            let key = try IdentityKey.generate()
            #expect(key.kind == "EC, 256 bits")
            var pem = try text(try key.pem())
            try scratch.replace("key.pem", with: pem, mode: 0o600)
            let said = try runTool(
                "openssl", ["pkey", "-in", scratch.path + "/key.pem", "-noout", "-text_pub"])
            #expect(said.contains("prime256v1"))
            let again = try IdentityKey.read(wiping: &pem, file: "key.pem")
            #expect(pem.allSatisfy { $0 == 0 })
            let request = try CertificateRequest.make(
                subject: try DistinguishedName("CN=a"), key: key)
            let isSame = request.belongs(to: again)
            #expect(isSame)
            let stranger = try IdentityKey.generate()
            let isOther = request.belongs(to: stranger)
            #expect(!isOther)
        }
    }

    @Test func `other kinds of key, broken and locked ones are refused without their content`()
        throws
    {
        try withScratch { scratch in
            for (name, arguments) in [
                ("ed25519", ["genpkey", "-algorithm", "ed25519"]),
                ("small", ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:1024"]),
                ("curve", ["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-192"]),
                (
                    "locked",
                    [
                        "genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-aes256", "-pass", "pass:secret",
                    ]
                ),
            ] {
                let path = scratch.path + "/" + name
                try runTool("openssl", arguments + ["-out", path])
                var pem = try FilePlace.read(path, limit: KeyFile.limit)
                let body = String(decoding: pem, as: UTF8.self).split(separator: "\n")[1]
                let got = try fault { _ = try IdentityKey.read(wiping: &pem, file: name) }
                #expect(got.code == .keys && !got.description.contains(body), "\(name): \(got)")
                #expect(pem.allSatisfy { $0 == 0 })
            }
            let whole = try text(try IdentityKey.generate().pem())
            for length in stride(from: 0, to: whole.count - 2, by: 7) {
                var torn = Array(whole[..<length])
                let got = try fault { _ = try IdentityKey.read(wiping: &torn, file: "torn") }
                #expect(got.code == .keys)
            }
        }
    }

    @Test func `a request says what openssl reads, and its signature holds`() throws {
        try withScratch { scratch in
            let key = try IdentityKey.generate()
            let subject = "CN=turbine-7\\, north,OU=Bögen,O=Example,C=DE"
            let request = try CertificateRequest.make(
                subject: try DistinguishedName(subject), key: key)
            #expect(request.subject == subject)
            try scratch.replace("a.csr", with: try request.pem())
            let said = try runTool(
                "openssl",
                [
                    "req", "-in", scratch.path + "/a.csr", "-verify", "-noout", "-subject",
                    "-nameopt", "RFC2253,-esc_msb,utf8",
                ])
            #expect(said.contains("subject=" + subject), "\(said)")
            #expect(said.contains("verify OK"), "\(said)")
            let again = try CertificateRequest(pem: try request.pem(), name: "a.csr")
            #expect(again == request)
            #expect(try again.hasSubject(try DistinguishedName(subject)))
            #expect(try !again.hasSubject(try DistinguishedName("CN=turbine-8")))
        }
    }

    @Test func `an altered or torn request does not hold`() throws {
        let key = try IdentityKey.generate()
        let pem = try CertificateRequest.make(subject: try DistinguishedName("CN=a"), key: key)
            .pem()
        let first = try #require(pem.firstIndex(of: 0x0A))
        for place in stride(from: first + 1, to: pem.count - 40, by: 5) {
            var altered = pem
            altered[place] =
                altered[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            if altered == pem { continue }
            let got = try? CertificateRequest(pem: altered, name: "a.csr")
            #expect(got == nil, "byte \(place)")
        }
        for length in stride(from: 0, to: pem.count - 30, by: 11) {
            #expect((try? CertificateRequest(pem: Array(pem[..<length]), name: "a.csr")) == nil)
        }
    }

    @Test(arguments: [
        "", "turbine", "CN=", "CN=a,,O=b", "=a", "X=a", "CN=a+O=b", "CN=\"a\"", "CN=a\\", "CN=a\\x",
        "CN=a\\00", "CN=a\u{1}", "C=Germany", "C=1", "CN=" + String(repeating: "a", count: 65),
        "CN=\\FF", String(repeating: "O=a,", count: 17) + "CN=b",
        "CN=" + String(repeating: "a", count: 2000),
    ])
    func `a subject that is none is refused`(text: String) throws {
        let got = try fault { _ = try DistinguishedName(text) }
        #expect(got.code == .configuration && got.advice.contains("CN=turbine-7"), "\(got)")
    }

    @Test(arguments: [
        ("cn=a , o=b", "CN=a,O=b"), ("UID=7,DC=example,DC=com", "UID=7,DC=example,DC=com"),
        ("serialNumber=12 3,CN=x", "serialNumber=12 3,CN=x"), ("CN=\\42\\c3\\b6", "CN=Bö"),
        ("CN=a\\,b\\+c\\=d", "CN=a\\,b\\+c=d"), ("CN=\\ a\\ ", "CN=\\ a\\ "),
    ])
    func `a subject is read as RFC 4514 writes it`(text: String, shown: String) throws {
        let key = try IdentityKey.generate()
        let request = try CertificateRequest.make(subject: try DistinguishedName(text), key: key)
        #expect(request.subject == shown)
    }

    @Test func `a certificate is read as openssl reads it`() throws {
        try withScratch { scratch in
            let tls = try TestCertificates(in: scratch.path)
            let der = try der(tls.path("client"), scratch)
            let certificate = try Certificate(der: der, name: "client")
            let said = try runTool(
                "openssl",
                [
                    "x509", "-in", tls.path("client"), "-noout", "-serial", "-fingerprint",
                    "-sha256", "-subject", "-issuer", "-dates", "-dateopt", "iso_8601", "-nameopt",
                    "RFC2253",
                ])
            #expect(said.lowercased().contains("serial=" + certificate.serial))
            #expect(
                said.lowercased().replacing(":", with: "").contains(
                    "fingerprint=" + certificate.fingerprint.hex))
            #expect(said.contains("subject=" + certificate.subject))
            #expect(said.contains("issuer=" + certificate.issuer))
            #expect(certificate.issuer == "CN=ca" && !certificate.isSelfIssued)
            #expect(certificate.notAfter - certificate.notBefore == 2 * 86_400)
            #expect(certificate.servesClients)
            let ca = try CertificateFile.read(
                FilePlace.read(tls.path("ca"), limit: 10_000), name: "ca")[0]
            #expect(
                ca.isSelfIssued && certificate.isSigned(by: ca) && !ca.isSigned(by: certificate))
            try tls.authority("other")
            let other = try CertificateFile.read(
                FilePlace.read(tls.path("other"), limit: 10_000), name: "other")[0]
            #expect(!certificate.isSigned(by: other))
            var pem = try FilePlace.read(tls.key("client"), limit: KeyFile.limit)
            let key = try IdentityKey.read(wiping: &pem, file: "client.key")
            let belongs = certificate.belongs(to: key)
            let strays = ca.belongs(to: key)
            #expect(belongs && !strays)
            // Renewing copies subject and alternative names.
            let request = try CertificateRequest.make(renewing: certificate, key: key)
            #expect(request.asksForSame(as: certificate) && !request.asksForSame(as: ca))
            try scratch.replace("again.csr", with: try request.pem())
            let asked = try runTool(
                "openssl", ["req", "-in", scratch.path + "/again.csr", "-noout", "-text"])
            #expect(asked.contains("DNS:device-1"))
        }
    }

    @Test func `no altered or torn certificate traps, and none with bytes behind it is read`()
        throws
    {
        try withScratch { scratch in
            let tls = try TestCertificates(in: scratch.path)
            let der = try der(tls.path("client"), scratch)
            for length in 0..<der.count {
                #expect((try? Certificate(der: Array(der[..<length]), name: "torn")) == nil)
            }
            #expect((try? Certificate(der: der + [0], name: "long")) == nil)
            let huge = try fault {
                _ = try Certificate(der: [UInt8](repeating: 0x30, count: 40_000), name: "huge")
            }
            #expect(huge.code == .tls)
            let ca = try CertificateFile.read(
                FilePlace.read(tls.path("ca"), limit: 10_000), name: "ca")[0]
            for place in der.indices {
                var altered = der
                altered[place] ^= 0x55
                guard let got = try? Certificate(der: altered, name: "altered") else { continue }
                #expect(got.fingerprint != (try Certificate(der: der, name: "")).fingerprint)
                #expect(!got.isSigned(by: ca), "byte \(place)")
            }
        }
    }

    @Test func `certificates come in every usual form`() throws {
        try withScratch { scratch in
            let tls = try TestCertificates(in: scratch.path)
            let both = scratch.path + "/both.pem"
            let pem =
                try FilePlace.read(tls.path("client"), limit: 10_000)
                + FilePlace.read(tls.path("ca"), limit: 10_000)
            try scratch.replace("both.pem", with: Array("Some words first.\n".utf8) + pem)
            for form in ["DER", "PEM"] {
                try runTool(
                    "openssl",
                    [
                        "crl2pkcs7", "-nocrl", "-certfile", both, "-outform", form, "-out",
                        scratch.path + "/" + form,
                    ])
            }
            let packed = try FilePlace.read(scratch.path + "/DER", limit: 10_000)
            let base64 = Array(
                try runTool("openssl", ["base64", "-in", scratch.path + "/DER"]).utf8)
            let expected = try CertificateFile.read(pem, name: "both")
            #expect(expected.map(\.subject) == ["CN=client", "CN=ca"])
            #expect(try Certificate.pem(expected) == pem)
            for bytes in [
                try FilePlace.read(both, limit: 20_000), packed, base64,
                try FilePlace.read(scratch.path + "/PEM", limit: 10_000),
            ] {
                let got = try CertificateFile.read(bytes, name: "it")
                #expect(Set(got.map(\.fingerprint)) == Set(expected.map(\.fingerprint)))
            }
            let single = try der(tls.path("client"), scratch)
            #expect(try CertificateFile.read(single, name: "it") == [expected[0]])
            // Torn and altered, in each form: a fault or something else that was read, no trap.
            for bytes in [packed, base64, pem] {
                for length in stride(from: 0, to: bytes.count, by: 3) {
                    _ = try? CertificateFile.read(Array(bytes[..<length]), name: "torn")
                }
                for place in stride(from: 0, to: bytes.count, by: 2) {
                    var altered = bytes
                    altered[place] ^= 0x11
                    _ = try? CertificateFile.read(altered, name: "altered")
                }
            }
            #expect((try? CertificateFile.packed(packed + [1], name: "long")) == nil)
            #expect((try? CertificateFile.packed(Array(packed.dropLast()), name: "torn")) == nil)
            let many = try fault {
                _ = try CertificateFile.read(
                    Array([[UInt8]](repeating: pem, count: 9).joined()), name: "many")
            }
            #expect(many.message.contains("more than 16"), "\(many)")
            let key = try fault {
                _ = try CertificateFile.read(
                    FilePlace.read(tls.key("client"), limit: 10_000), name: "client.key")
            }
            #expect(key.code == .tls && key.message.contains("no certificate"), "\(key)")
        }
    }

    private func der(_ path: String, _ scratch: borrowing Directory) throws -> [UInt8] {
        try runTool(
            "openssl", ["x509", "-in", path, "-outform", "DER", "-out", scratch.path + "/out.der"])
        return try FilePlace.read(scratch.path + "/out.der", limit: 10_000)
    }
}
