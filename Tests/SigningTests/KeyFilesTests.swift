import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import Signing

@Suite struct KeyFilesTests {
    private let message = Array("what is signed\n".utf8)

    @Test func `openssl reads our signing key and gives the same signature`() throws {
        try withScratch { directory in
            let key = try Ed25519SigningKey.generate()
            try KeyFiles.write(key, to: directory.path + "/signer.key")
            try KeyFiles.write(key.publicKey, to: directory.path + "/signer.pub")
            try write(message, "message", in: directory)
            try run(
                "openssl pkeyutl -sign -rawin -inkey signer.key -in message -out signature"
                    + " && openssl pkeyutl -verify -rawin -pubin -inkey signer.pub -in message"
                    + " -sigfile signature && openssl pkey -in signer.key -pubout -out their.pub",
                in: directory)
            #expect(try read("signature", in: directory) == key.sign(message))
            #expect(
                try read("their.pub", in: directory) == read("signer.pub", in: directory))
            // A copy by openssl is the same file, byte for byte.
            try run("openssl pkey -in signer.key -out their.key", in: directory)
            #expect(
                try read("their.key", in: directory) == read("signer.key", in: directory))
        }
    }

    @Test func `we read openssl's signing key`() throws {
        try withScratch { directory in
            try run(
                "umask 077 && openssl genpkey -algorithm ed25519 -out their.key"
                    + " && openssl pkey -in their.key -pubout -out their.pub", in: directory)
            let key = try KeyFiles.signingKey(directory.path + "/their.key")
            #expect(try KeyFiles.signerPublicKey(directory.path + "/their.pub") == key.publicKey)
            try write(message, "message", in: directory)
            try write(try key.sign(message), "signature", in: directory)
            try run(
                "openssl pkeyutl -verify -rawin -pubin -inkey their.pub -in message"
                    + " -sigfile signature", in: directory)
            #expect(key.publicKey.verifies(try key.sign(message), of: message))
        }
    }

    @Test func `recipient keys go both ways`() throws {
        try withScratch { directory in
            let ours = try X25519SecretKey.generate()
            try KeyFiles.write(ours, to: directory.path + "/ours.key")
            try KeyFiles.write(ours.publicKey, to: directory.path + "/ours.pub")
            try run(
                "umask 077 && openssl pkey -in ours.key -pubout -out check.pub"
                    + " && openssl genpkey -algorithm x25519 -out their.key"
                    + " && openssl pkey -in their.key -pubout -out their.pub"
                    + " && openssl pkeyutl -derive -inkey their.key -peerkey ours.pub -out agreed",
                in: directory)
            #expect(try read("check.pub", in: directory) == read("ours.pub", in: directory))
            let theirs = try KeyFiles.recipientKey(directory.path + "/their.key")
            #expect(
                try KeyFiles.recipientPublicKey(directory.path + "/their.pub") == theirs.publicKey)
            let again = try KeyFiles.recipientKey(directory.path + "/ours.key")
            #expect(again.publicKey == ours.publicKey)
            let box = try theirs.publicKey.seal(SecretBytes(copying: message))
            let opened = try theirs.open(box)
            var plain: [UInt8] = []
            try opened?.withBytes { span in
                for index in span.indices { plain.append(span[index]) }
            }
            #expect(plain == message)
        }
    }

    @Test func `a secret key file is its owner's alone and never overwritten`() throws {
        try withScratch { directory in
            let path = directory.path + "/signer.key"
            try KeyFiles.write(try Ed25519SigningKey.generate(), to: path)
            #expect(try directory.info("signer.key")?.mode == 0o600)
            let before = try read("signer.key", in: directory)
            let fault = try fault {
                try KeyFiles.write(try Ed25519SigningKey.generate(), to: path)
            }
            #expect(fault.code == .keys)
            #expect(fault.message.contains("exists already"))
            #expect(!fault.advice.isEmpty)
            #expect(try read("signer.key", in: directory) == before)
            #expect(try directory.names() == ["signer.key"])
        }
    }

    @Test func `a secret key file that others can read is refused`() throws {
        try withScratch { directory in
            let path = directory.path + "/signer.key"
            try KeyFiles.write(try Ed25519SigningKey.generate(), to: path)
            try run("chmod 640 signer.key", in: directory)
            let fault = try fault { _ = try KeyFiles.signingKey(path).publicKey }
            #expect(fault.code == .permission)
            #expect(fault.message.contains("mode 640"))
            try run("chmod 400 signer.key && ln -s signer.key link", in: directory)
            _ = try KeyFiles.signingKey(path).publicKey
            _ = try KeyFiles.signingKey(directory.path + "/link").publicKey
        }
    }

    @Test func `a wrong file says what it is and tells no secret`() throws {
        try withScratch { directory in
            let path = directory.path
            try run(
                "umask 077 && openssl genpkey -algorithm x25519 -out x.key"
                    + " && openssl genpkey -algorithm ed448 -out ed448.key"
                    + " && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key"
                    + " && openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out locked.key"
                    + " && openssl genpkey -algorithm ed25519 -outform DER -out der.key"
                    + " && openssl genpkey -algorithm ed25519 -out e.key"
                    + " && openssl pkey -in e.key -pubout -out e.pub && chmod 600 e.pub"
                    + " && head -c 5000 /dev/zero >big.key && mkdir dir.key && mkfifo pipe.key",
                in: directory)
            let cases = [
                ("x.key", "an X25519 secret key; an Ed25519 secret key was expected"),
                ("ed448.key", "another kind of secret key"),
                ("ec.key", "another kind of secret key"),
                ("locked.key", "under a pass phrase"),
                ("der.key", "does not begin with a PEM line"),
                ("e.pub", "holds a public key"), ("big.key", "at most 4096"),
                ("dir.key", "not a regular file"), ("pipe.key", "not a regular file"),
                ("none.key", "does not exist"), ("none/none.key", "does not exist"),
            ]
            for (name, says) in cases {
                let fault = try fault { _ = try KeyFiles.signingKey("\(path)/\(name)").publicKey }
                #expect(fault.code == .keys)
                #expect(fault.message.contains(says), "\(name): \(fault)")
            }
            let secret = String(decoding: try read("x.key", in: directory), as: UTF8.self)
                .split(separator: "\n")[1].suffix(40)
            let fault = try fault { _ = try KeyFiles.signingKey("\(path)/x.key").publicKey }
            #expect(!fault.description.contains(secret))
            for name in ["", "/", ".", "..", "a/", "a/.."] {
                #expect(
                    try SigningTests.fault { _ = try KeyFiles.signerPublicKey(name) }.code == .keys)
            }
        }
    }
}
