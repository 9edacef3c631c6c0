import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

private let id: [UInt8] = Array(0..<16)

@Suite struct ContentKeysTests {
    private func keys(_ seed: UInt8 = 1, bundle: [UInt8] = id) throws -> ContentKeys {
        try ContentKeys(contentKey: try TestKeys.secret(seed), bundle: bundle)
    }

    /// Made with Python's `cryptography`: HKDF-SHA-256 of 32 bytes 01, the id as salt.
    @Test func `the commitment is what another implementation of HKDF derives`() throws {
        #expect(
            try keys().commitment.hex
                == "b3ac86d9290f82ed35a50334534d32e89f9e5cdcf5218a8d4627cc88c705d087")
    }

    /// Made with Python's `cryptography`: ChaCha20-Poly1305 under the pack key of the same.
    @Test func `a sealed chunk is what another implementation makes`() throws {
        var cipher = try keys().packCipher()
        let sealed = try cipher.seal(Array("chunk".utf8).span, number: 258)
        #expect(
            Hex.encode(sealed) == "ac1885a614600a170a408de00f0f655e2c15a8139a")
        var index = try keys().indexCipher()
        let page = try index.seal(Array("page".utf8).span, number: 0)
        #expect(Hex.encode(page) == "77290014ea3abed4d15d81b59156931b147db3f2")
    }

    @Test func `key and bundle id both decide the commitment`() throws {
        let commitment = try keys().commitment
        #expect(try keys().commitment == commitment)
        #expect(try keys(2).commitment != commitment)
        #expect(try keys(bundle: Array(1...16)).commitment != commitment)
    }

    /// How many bytes a piece opens to.
    private func opened(
        _ bytes: [UInt8], _ number: UInt32, by cipher: consuming ChunkCipher
    ) throws -> Int? {
        var room = [UInt8](repeating: 0, count: 64)
        return try cipher.open(bytes.span, number: number, into: &room)
    }

    @Test func `nothing opens in another section, number, length or bundle`() throws {
        let plain = Array("sixteen bytes ok".utf8)
        var cipher = try keys().packCipher()
        let sealed = try cipher.seal(plain.span, number: 3)
        #expect(try opened(sealed, 3, by: keys().packCipher()) == plain.count)
        #expect(try opened(sealed, 2, by: keys().packCipher()) == nil)
        #expect(try opened(sealed, 3, by: keys().indexCipher()) == nil)
        #expect(try opened(sealed, 3, by: keys(2).packCipher()) == nil)
        #expect(try opened(sealed, 3, by: keys(bundle: Array(1...16)).packCipher()) == nil)
        for count in sealed.indices {
            #expect(try opened(Array(sealed[..<count]), 3, by: keys().packCipher()) == nil)
        }
        #expect(try opened(sealed + [0], 3, by: keys().packCipher()) == nil)
        try everyFlip(sealed) { bytes, bit in
            let count = try opened(bytes, 3, by: keys().packCipher())
            #expect(count == nil, "bit \(bit)")
        }
    }

    @Test func `a cipher works on after a piece that did not open`() throws {
        var cipher = try keys().packCipher()
        let plain = Array("sixteen bytes ok".utf8)
        let sealed = try cipher.seal(plain.span, number: 3)
        var room = [UInt8](repeating: 0, count: 16)
        let wrong = try cipher.open(sealed.span, number: 4, into: &room)
        #expect(wrong == nil)
        let right = try cipher.open(sealed.span, number: 3, into: &room)
        #expect(right == 16)
        #expect(room == plain)
    }

    @Test func `a bundle id of another length is refused`() throws {
        #expect(try fault { _ = try keys(bundle: []).packCipher() }.code == .internalError)
    }
}
