import DurableFiles
import Faults
import Sealing
import StrictJSON
import TestKit
import Testing
import Trust

@testable import Signing

private let year2031: Int64 = 1_936_051_200

@Suite struct RootBuilderTests {
    private func key(_ seed: UInt8) throws -> Ed25519SigningKey {
        try Ed25519SigningKey(
            seed: try SecretBytes(copying: [UInt8](repeating: seed, count: 32)))
    }

    private func builder(_ key: borrowing Ed25519SigningKey) throws -> RootBuilder {
        var builder = RootBuilder(expires: year2031)
        for role in TrustRole.allCases { try builder.add(key.publicKey, to: role) }
        return builder
    }

    @Test func `a first root is made, signed and judged as a device judges it`() throws {
        let a = try key(1)
        let b = try key(2)
        var builder = try builder(a)
        try builder.add(b.publicKey, to: .root)
        try builder.setThreshold(2, of: .root)
        let unsigned = try builder.unsigned()
        #expect(try fault { _ = try unsigned.checked(after: nil) }.code == .untrusted)
        let half = try unsigned.signed(by: a)
        #expect(
            try fault { _ = try half.checked(after: nil) }.message.contains("1 of 2 needed"))
        // The second signer has the file alone.
        let whole = try RootDocument(half.encoded).signed(by: b)
        let root = try whole.checked(after: nil)
        #expect(root.version == 1)
        #expect(root.expires == year2031)
        #expect(root.metadata.consistentSnapshot)
        #expect(root.keys(of: .root).threshold == 2)
        #expect(root.keys(of: .targets).keys == [.ed25519(a.publicKey)])
        #expect(root.bytes == whole.encoded)
    }

    @Test func `the same root comes out whoever signs or is added first`() throws {
        let a = try key(1)
        let b = try key(2)
        var one = try builder(a)
        try one.add(b.publicKey, to: .targets)
        var other = RootBuilder(expires: year2031)
        try other.add(b.publicKey, to: .targets)
        for role in TrustRole.allCases { try other.add(a.publicKey, to: role) }
        let left = try one.unsigned().signed(by: a).signed(by: b).encoded
        let right = try other.unsigned().signed(by: b).signed(by: a).encoded
        #expect(left == right)
        #expect(left.last == 0x0A)
    }

    @Test func `a rotation is a next version that old and new keys sign`() throws {
        let a = try key(1)
        let b = try key(2)
        let first = try builder(a).unsigned().signed(by: a).checked(after: nil)
        var builder = RootBuilder(extending: first, expires: year2031 + 86400)
        #expect(builder.version == 2)
        try builder.rotate(try a.publicKey.keyID(), to: b.publicKey)
        let document = try builder.unsigned()
        #expect(
            try fault { _ = try document.signed(by: b).checked(after: first) }.code == .untrusted)
        let second = try document.signed(by: b).signed(by: a).checked(after: first)
        for role in TrustRole.allCases {
            #expect(second.keys(of: role).keys == [.ed25519(b.publicKey)])
        }
        #expect(second.metadata.keyForms.count == 1)
        #expect(second.expires == year2031 + 86400)
    }

    @Test func `what a root holds that is not known is kept in its successor`() throws {
        let a = try key(1)
        let other = JSONValue.members([
            ("keytype", .string("rsa")), ("keyval", .members([("public", .string("x"))])),
            ("scheme", .string("rsassa-pss-sha256")),
        ])
        let id = try SHA256.digest(of: try other.canonical())
        let keyID = JSONValue.string(try a.publicKey.keyID().hex)
        func role(_ ids: [JSONValue]) -> JSONValue {
            .members([
                ("keyids", .array(ids)), ("threshold", .integer(1)), ("x-role", .string("r")),
            ])
        }
        let document = try RootDocument(
            signed: .members([
                ("_type", .string("root")), ("spec_version", .string("1.0")),
                ("version", .integer(4)), ("expires", .string("2031-05-09T00:00:00Z")),
                ("consistent_snapshot", .bool(false)), ("x-top", .array([.integer(1)])),
                (
                    "keys",
                    .members([
                        (try a.publicKey.keyID().hex, a.publicKey.metadataForm), (id.hex, other),
                    ])
                ),
                (
                    "roles",
                    .members([
                        ("root", role([keyID, .string(id.hex)])), ("timestamp", role([keyID])),
                        ("snapshot", role([keyID])), ("targets", role([keyID])),
                        ("mirrors", role([keyID])),
                    ])
                ),
            ]))
        let root = try document.signed(by: a).checked(after: nil)
        let next = try RootBuilder(extending: root, expires: year2031).unsigned().signed(by: a)
            .checked(after: root)
        let signed = next.metadata.file.signed
        #expect(signed["x-top"] == .array([.integer(1)]))
        #expect(signed["roles"]?["mirrors"]?["x-role"] == .string("r"))
        #expect(signed["roles"]?["root"]?["x-role"] == .string("r"))
        #expect(signed["keys"]?[id.hex] == other)
        #expect(next.metadata.list(.root).keyIDs.contains(id))
        #expect(next.version == 5)
    }

    @Test func `changes that make no sense are refused`() throws {
        let a = try key(1)
        let b = try key(2)
        var builder = try builder(a)
        let id = try a.publicKey.keyID()
        let other = try b.publicKey.keyID()
        #expect(try fault { try builder.add(a.publicKey, to: .root) }.code == .keys)
        #expect(try fault { try builder.remove(other, from: .root) }.code == .keys)
        #expect(try fault { try builder.rotate(other, to: a.publicKey) }.code == .keys)
        #expect(try fault { try builder.setThreshold(0, of: .root) }.code == .keys)
        try builder.setThreshold(2, of: .targets)
        let unreachable = builder
        let fault = try fault { _ = try unreachable.unsigned() }
        #expect(fault.message == "The role targets needs 2 signatures and has 1 keys.")
        try builder.setThreshold(1, of: .targets)
        try builder.remove(id, from: .snapshot)
        let empty = builder
        #expect(try SigningTests.fault { _ = try empty.unsigned() }.code == .keys)
        // A rotation that one role cannot take changes no role.
        try builder.add(b.publicKey, to: .timestamp)
        #expect(try SigningTests.fault { try builder.rotate(id, to: b.publicKey) }.code == .keys)
        #expect(builder.keyIDs(of: .root) == [id])
    }

    @Test func `no key signs a root twice`() throws {
        let a = try key(1)
        let document = try builder(a).unsigned().signed(by: a)
        #expect(try fault { _ = try document.signed(by: a) }.code == .keys)
        #expect(document.signers == [try a.publicKey.keyID().hex])
    }

    @Test func `an empty signature keeps a place for its key`() throws {
        let a = try key(1)
        let unsigned = try RootMetadata(try builder(a).unsigned().encoded).file
        let place = try SignedMetadata(
            signed: unsigned.signed,
            signatures: [.init(keyID: try a.publicKey.keyID().hex, bytes: [])])
        let root = try RootDocument(place.encoded).signed(by: a).checked(after: nil)
        #expect(root.metadata.file.signatures.count == 1)
    }
}

@Suite struct EnvelopeSigningTests {
    private let payload = Array("{}".utf8)

    @Test func `several keys sign, each once, nothing of another type`() throws {
        let a = try Ed25519SigningKey.generate()
        let b = try Ed25519SigningKey.generate()
        let role = try RoleKeys(keys: [a.publicKey, b.publicKey], threshold: 2)
        let envelope = DSSEEnvelope(type: .manifest, payload: payload)
        let one = try envelope.signed(by: a, type: .manifest)
        let both = try DSSEEnvelope(try one.encode()).signed(by: b, type: .manifest)
        let verified = try both.verify(type: .manifest, role: role)
        #expect(verified.bytes == payload)
        #expect(verified.signers.count == 2)
        #expect(
            try both.encode()
                == envelope.signed(by: b, type: .manifest).signed(by: a, type: .manifest).encode())
        #expect(try fault { _ = try both.signed(by: a, type: .manifest) }.code == .keys)
        #expect(try fault { _ = try one.signed(by: b, type: .deltaList) }.code == .malformed)
        // Under another hint it is still the same key's.
        let hidden = try envelope.adding(.init(keyID: nil, bytes: one.signatures[0].bytes))
        #expect(try fault { _ = try hidden.signed(by: a, type: .manifest) }.code == .keys)
    }

    @Test func `key files sign one after another`() throws {
        try withScratch { directory in
            let names = ["a.key", "b.key"].map { "\(directory.path)/\($0)" }
            for name in names { try KeyFiles.write(try Ed25519SigningKey.generate(), to: name) }
            let envelope = try PayloadSigner.sign(payload, type: .manifest, keyFiles: names)
            #expect(envelope.signatures.count == 2)
            let twice = try fault {
                _ = try PayloadSigner.sign(
                    payload, type: .manifest, keyFiles: [names[0], names[0]])
            }
            #expect(twice.code == .keys)
            #expect(twice.message.contains("a.key"))
        }
    }
}
