import CSodium
import Faults
import Testing

@testable import Sealing

private func secret(_ byte: UInt8) throws -> SecretBytes {
    try SecretBytes(copying: [UInt8](repeating: byte, count: 32))
}

private func copy(_ secret: borrowing SecretBytes) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try secret.withBytes { span in for index in span.indices { bytes.append(span[index]) } }
    return bytes
}

@Suite struct DigestTests {
    @Test func `SHA-256 gives the standard's answers and can be reused`() throws {
        var sha = try SHA256()
        try sha.update(Array("a".utf8).span)
        try sha.update(Array("bc".utf8).span)
        let abc = try sha.finish()
        #expect(abc.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try sha.finish().hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Digest(hex: abc.hex) == abc)
        #expect(Digest(hex: abc.hex.uppercased()) == nil)
        #expect(Digest(hex: String(abc.hex.dropLast(2))) == nil)
    }

    @Test func `digests sort as their bytes do`() throws {
        let digests = try (0..<200).map { try SHA256.digest(of: [UInt8($0)]) }
        let sorted = digests.sorted().map(\.bytes)
        #expect(sorted == sorted.sorted { $0.lexicographicallyPrecedes($1) })
    }
}

@Suite struct KeyDerivationTests {
    @Test func `HKDF-SHA-256 agrees with an independent implementation`() throws {
        let key = try SecretBytes(copying: [UInt8](repeating: 0x0b, count: 22))
        let derived = try KeyDerivation.derive(
            from: key, salt: Array(0...12), label: "nacelle", count: 42)
        let bytes = try copy(derived)
        // Computed with HKDF of the Python package cryptography, the same inputs.
        let expected =
            "360c448d4b7edea558104ef812bfbd0af85e472ffc"
            + "c959896a258e53297b14852cd1cde5309a6d96fa0c"
        #expect(Hex.encode(bytes) == expected)
    }

    @Test func `labels and salts separate keys`() throws {
        let key = try secret(1)
        func derive(_ salt: [UInt8], _ label: String) throws -> [UInt8] {
            let derived = try KeyDerivation.derive(from: key, salt: salt, label: label)
            return try copy(derived)
        }
        #expect(try derive([1], "a") == derive([1], "a"))
        #expect(try derive([1], "a") != derive([1], "b"))
        #expect(try derive([1], "a") != derive([2], "a"))
    }
}

@Suite struct ChunkCipherTests {
    private let bundle = [UInt8](repeating: 9, count: 16)

    @Test(arguments: [0, 1, 15, 16, 17, 1000, 1 << 20])
    func `what was sealed opens, and libsodium agrees`(length: Int) throws {
        let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var cipher = try ChunkCipher(key: secret(3), label: "pack", bundle: bundle)
        let stored = try cipher.seal(plain.span, number: 77)
        var out = [UInt8](repeating: 0, count: length)
        #expect(try cipher.open(stored.span, number: 77, into: &out) == length)
        #expect(out == plain)

        let key = [UInt8](repeating: 3, count: 32)
        var nonce = [UInt8](repeating: 0, count: 12)
        nonce[0] = 77
        var data = Array("pack".utf8) + bundle + [77, 0, 0, 0]
        for shift in [0, 8, 16, 24] { data.append(UInt8(truncatingIfNeeded: length >> shift)) }
        var opened = [UInt8](repeating: 0, count: max(length, 1))
        var count: UInt64 = 0
        let result = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
            &opened, &count, nil, stored, UInt64(stored.count), data, UInt64(data.count), nonce, key
        )
        #expect(result == 0)
        #expect(Array(opened.prefix(length)) == plain)
    }

    @Test func `any change of bytes, number, label, bundle, key or length is noticed`() throws {
        let plain = [UInt8](repeating: 5, count: 100)
        var cipher = try ChunkCipher(key: secret(3), label: "pack", bundle: bundle)
        let stored = try cipher.seal(plain.span, number: 1)
        var out = [UInt8](repeating: 0, count: 200)
        for index in stored.indices {
            var altered = stored
            altered[index] ^= 1 << UInt8(index % 8)
            #expect(try cipher.open(altered.span, number: 1, into: &out) == nil)
        }
        #expect(try cipher.open(stored.span, number: 2, into: &out) == nil)
        for length in [0, 1, 15, 16, 50, 115] {
            let cut = Array(stored.prefix(length))
            #expect(try cipher.open(cut.span, number: 1, into: &out) == nil)
        }
        var small = [UInt8](repeating: 0, count: 99)
        #expect(try cipher.open(stored.span, number: 1, into: &small) == nil)
        var label = try ChunkCipher(key: secret(3), label: "index", bundle: bundle)
        #expect(try label.open(stored.span, number: 1, into: &out) == nil)
        var other = try ChunkCipher(
            key: secret(3), label: "pack", bundle: [UInt8](repeating: 8, count: 16))
        #expect(try other.open(stored.span, number: 1, into: &out) == nil)
        var key = try ChunkCipher(key: secret(4), label: "pack", bundle: bundle)
        #expect(try key.open(stored.span, number: 1, into: &out) == nil)
        #expect(try cipher.open(stored.span, number: 1, into: &out) == 100)
    }
}

@Suite struct X25519Tests {
    @Test func `a box opens with its key alone and only unaltered`() throws {
        let alice = try X25519SecretKey(SecretBytes.random(count: 32))
        let bob = try X25519SecretKey(SecretBytes.random(count: 32))
        let content = try secret(42)
        let box = try alice.publicKey.seal(content)
        #expect(box.count == 80)
        func opens(_ key: borrowing X25519SecretKey, _ box: [UInt8]) throws -> [UInt8]? {
            guard let opened = try key.open(box) else { return nil }
            return try copy(opened)
        }
        #expect(try opens(alice, box) == [UInt8](repeating: 42, count: 32))
        #expect(try opens(bob, box) == nil)
        for index in box.indices {
            var altered = box
            altered[index] ^= 0x10
            #expect(try opens(alice, altered) == nil)
        }
        #expect(try opens(alice, [1, 2, 3]) == nil)
    }

    @Test func `a key of small order is refused`() throws {
        let zero = try #require(X25519PublicKey([UInt8](repeating: 0, count: 32)))
        let refusal = #expect(throws: Fault.self) { _ = try zero.seal(secret(1)) }
        #expect(refusal?.code == .keys)
    }
}

@Suite struct Ed25519Tests {
    @Test func `RFC 8032 test 2 verifies, and nothing near it does`() throws {
        let key = try #require(
            Ed25519PublicKey(
                Hex.decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c") ?? []
            ))
        let signature = try #require(
            Hex.decode(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
        #expect(key.verifies(signature, of: [0x72]))
        #expect(!key.verifies(signature, of: [0x73]))
        #expect(!key.verifies(Array(signature.dropLast()), of: [0x72]))
        for index in signature.indices {
            var altered = signature
            altered[index] ^= 1
            #expect(!key.verifies(altered, of: [0x72]))
        }
        #expect(Ed25519PublicKey([1, 2]) == nil)
    }
}
