import Faults
import Testing

@testable import Sealing

// The file that `openssl genpkey -algorithm x25519` would write of the bytes 0 to 31.
private let x25519Secret = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
    -----END PRIVATE KEY-----

    """

private func keysFault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown.")
}

private func read(_ text: String) throws -> X25519PublicKey {
    var bytes = Array(text.utf8)
    return try KeyFile.x25519SecretKey(wiping: &bytes, file: "device.key").publicKey
}

@Suite struct KeyFileTests {
    @Test func `a secret key file is read, written the same, and its text wiped`() throws {
        var bytes = Array(x25519Secret.utf8)
        let key = try KeyFile.x25519SecretKey(wiping: &bytes, file: "device.key")
        #expect(bytes.allSatisfy { $0 == 0 })
        // RFC 7748's function of these bytes, by openssl.
        #expect(
            Hex.encode(key.publicKey.bytes)
                == "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f")
        var written: [UInt8] = []
        try KeyFile.pem(key).withBytes { span in
            for index in span.indices { written.append(span[index]) }
        }
        #expect(written == Array(x25519Secret.utf8))
    }

    @Test func `a bad file is wiped too, and its content never repeated`() throws {
        var bytes = Array(x25519Secret.utf8)
        bytes[40] = UInt8(ascii: "?")
        let fault = try keysFault {
            _ = try KeyFile.x25519SecretKey(wiping: &bytes, file: "device.key")
        }
        #expect(bytes.allSatisfy { $0 == 0 })
        #expect(fault.code == .keys)
        #expect(fault.message.contains("device.key"))
        #expect(!fault.description.contains("AABAg"))
    }

    @Test func `public keys go to files and back`() throws {
        let bytes = try randomBytes(count: 32)
        let signer = try #require(Ed25519PublicKey(bytes))
        let recipient = try #require(X25519PublicKey(bytes))
        #expect(try KeyFile.ed25519PublicKey(KeyFile.pem(signer), file: "a") == signer)
        #expect(try KeyFile.x25519PublicKey(KeyFile.pem(recipient), file: "a") == recipient)
        let fault = try keysFault {
            _ = try KeyFile.ed25519PublicKey(KeyFile.pem(recipient), file: "a.pub")
        }
        #expect(fault.message.contains("a.pub holds an X25519 public key; an Ed25519 public key"))
    }

    @Test(arguments: [
        ("PUBLIC KEY", "holds a public key"),
        ("ENCRYPTED PRIVATE KEY", "under a pass phrase"),
        ("RSA PRIVATE KEY", "holds “RSA PRIVATE KEY”"),
        ("private key", "not of capital letters"),
    ])
    func `a file of another label is named for what it is`(label: String, says: String) throws {
        let text = x25519Secret.replacing("PRIVATE KEY", with: label)
        #expect(try keysFault { _ = try read(text) }.message.contains(says))
    }

    @Test func `line ends of other systems and wrapped base64 are accepted`() throws {
        let key = try read(x25519Secret)
        #expect(try read(x25519Secret.replacing("\n", with: "\r\n")) == key)
        #expect(try read(x25519Secret.replacing("BCIEI", with: "BCI\nEI")) == key)
        #expect(try read(String(x25519Secret.dropLast())) == key)
    }

    @Test func `anything around or inside the key is refused`() throws {
        for text in [
            "", "\n", "-----BEGIN ", "-----BEGIN -----\n", "x" + x25519Secret,
            "\u{FEFF}" + x25519Secret, x25519Secret + "x", x25519Secret + x25519Secret,
            x25519Secret.replacing("MC4C", with: "MC4D"),
            x25519Secret.replacing("MC4C", with: ""),
            x25519Secret.replacing("MC4C", with: "MC4CMC4C"),
            x25519Secret.replacing("MC4C", with: "MC4-"),
            x25519Secret.replacing("MC4C", with: "M C4C"),
            x25519Secret.replacing("END PRIVATE", with: "END PUBLIC"),
            "-----BEGIN PRIVATE KEY-----" + String(repeating: "A", count: 5000),
        ] {
            #expect(try keysFault { _ = try read(text) }.code == .keys)
        }
    }

    @Test func `truncated and altered files never trap`() throws {
        let good = Array(x25519Secret.utf8)
        let key = try read(x25519Secret)
        for length in 0..<good.count - 1 {
            var bytes = Array(good[..<length])
            #expect(throws: Fault.self) {
                _ = try KeyFile.x25519SecretKey(wiping: &bytes, file: "k").publicKey
            }
        }
        for position in good.indices {
            for byte in UInt8.min...UInt8.max where byte != good[position] {
                var bytes = good
                bytes[position] = byte
                // What is still a key has other secret bytes, or differs in white space alone.
                guard
                    let read = try? KeyFile.x25519SecretKey(wiping: &bytes, file: "k").publicKey
                else { continue }
                let inSecret = position >= 28 + 20
                #expect(inSecret || read == key)
            }
        }
    }

    @Test func `a secret file that others can use is refused`() throws {
        for mode in [0o600, 0o400, 0o700] as [UInt32] {
            try KeyFile.checkMode(mode, file: "device.key")
        }
        for mode in [0o640, 0o604, 0o644, 0o610, 0o666, 0o602] as [UInt32] {
            let fault = try keysFault { try KeyFile.checkMode(mode, file: "device.key") }
            #expect(fault.code == .permission)
            #expect(fault.message.contains(String(mode, radix: 8)))
            #expect(fault.advice == "Run: chmod 600 device.key")
        }
    }
}
