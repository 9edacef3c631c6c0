import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// Keys and their ids, in roots and in delegations; whose signatures count.
@Suite struct KeyTableTests {
    /// The refusal of a root, and of targets that delegate, whose object `keys` is the given one.
    private func refusals(_ keys: JSONValue) throws -> [Fault] {
        let (root, _) = try attack { sketch in
            try sketch.nextRoot()
            sketch.root["keys"] = keys
        }
        return [root, try delegating(keys, role: [])]
    }

    /// The refusal of targets that delegate to one role with these key ids.
    private func delegating(_ keys: JSONValue, role: [String]) throws -> Fault {
        try attack { sketch in
            sketch.targets["delegations"] = .members([
                ("keys", keys),
                (
                    "roles",
                    .array([
                        .members([
                            ("name", .string("role")), ("terminating", .bool(false)),
                            ("keyids", .array(role.map { .string($0) })),
                            ("threshold", .integer(1)), ("paths", .array([])),
                        ])
                    ])
                ),
            ])
        }.fault
    }

    private func honest() throws -> [(String, JSONValue?)] {
        try (1...4).map { number in
            let signer = try Signer.number(UInt8(number))
            return (signer.id, signer.form)
        }
    }

    @Test func `a key under an id that is not its digest is kept and counts for nothing`() throws {
        let (a, b) = (try Signer.number(8), try Signer.number(9))
        let keys = JSONValue.members(try honest() + [(a.id, b.form)])
        let table = try KeyTable(try JSONFields(keys, path: "keys"), accepting: .all)
        let id = try #require(Digest(hex: a.id))
        #expect(table.forms.contains { $0.id == id })
        #expect(table.usable[id] == nil)
        // What that very key signs under that id, nobody has signed.
        let (named, other) = (try TestKey(8), try TestKey(9))
        var sketch = RootSketch(root: [named])
        sketch.keys = [(named.id.hex, other.publicKey.metadataForm)]
        let file = try SignedMetadata(
            signed: sketch.signed,
            signatures: [
                .init(keyID: named.id.hex, bytes: other.sign(try sketch.signed.canonical()))
            ])
        let refusal = try fault { _ = try VerifiedRoot.load(file.encoded) }
        #expect(refusal.code == .untrusted)
    }

    @Test func `an id that is no lower-case SHA-256 is refused`() throws {
        let key = try Signer.number(9)
        for id in [key.id.uppercased(), "", "9", key.id + "00", " " + key.id] {
            for refusal in try refusals(.members(try honest() + [(id, key.form)])) {
                #expect(refusal.code == .malformed)
                #expect(refusal.message.contains("64 lower-case hexadecimal digits"))
            }
        }
    }

    @Test func `a key id that a role lists twice is refused, in either spelling`() throws {
        let key = try Signer.number(9)
        let keys = JSONValue.members(try honest() + [(key.id, key.form)])
        for second in [key.id, key.id.uppercased()] {
            let refusal = try delegating(keys, role: [key.id, second])
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains(second == key.id ? "twice" : "64 lower-case"))
            let (root, _) = try attack { sketch in
                try sketch.nextRoot()
                let first = try Signer.number(2)
                sketch.keys[.timestamp] = [
                    first, first.named(second == key.id ? first.id : first.id.uppercased()),
                ]
                sketch.root["keys"] = .members(try self.honest())
            }
            #expect(root.code == .malformed)
        }
    }

    @Test func `a key id that signs twice is refused`() throws {
        let key = try Signer.number(2)
        for second in [key, key.lying] {
            let (refusal, _) = try attack { $0.timestamp.signers = [key, second] }
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("two signatures of the key id"))
        }
    }

    @Test func `one bad or unknown signature beside a good one is tolerated`() throws {
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [try .number(2), try .number(5)]
        sketch.timestamp.signers = [
            try .number(2), try Signer.number(5).lying, try .number(9),
        ]
        var player = try Player(sketch)
        try player.refresh()
    }

    @Test func `a key under two ids counts once`() throws {
        let key = try TestKey(2)
        guard case .object(let members) = key.publicKey.metadataForm else { return }
        // The same bytes with a further field have another valid id.
        let form = JSONValue.object(members + [.init("x", .integer(1))])
        let second = key.signer.named(
            try SHA256.digest(of: try form.canonical()).hex, form: form)
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [key.signer, second]
        sketch.thresholds[.timestamp] = 2
        sketch.timestamp.signers = [key.signer, second]
        var player = try Player(sketch)
        let refusal = try fault { try player.refresh() }
        #expect(refusal.message.contains("1 of 2 needed"))
        #expect(refusal.message.contains("counted already"))
    }

    @Test func `a threshold counts no signature by a key of another role`() throws {
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [try .number(2), try .number(5)]
        sketch.thresholds[.timestamp] = 2
        sketch.timestamp.signers = [try .number(2), try .number(3), try .number(4)]
        var player = try Player(sketch)
        let refusal = try fault { try player.refresh() }
        #expect(refusal.message.contains("1 of 2 needed"))
        #expect(refusal.message.contains("2 by unknown keys"))
    }

    @Test func `a signature counts for the key whose id it bears alone`() throws {
        let (a, b) = (try Signer.number(2), try Signer.number(5))
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [a, b]
        for signer in [b.named(a.id), b.named("whoever"), b.named(b.id.uppercased())] {
            sketch.timestamp.signers = [signer]
            var player = try Player(sketch)
            #expect(try fault { try player.refresh() }.code == .untrusted)
        }
    }

    @Test(arguments: [0, -1, 1_000_001])
    func `a threshold of none is refused`(threshold: Int) throws {
        for role in TrustRole.allCases {
            let (refusal, _) = try attack { sketch in
                try sketch.nextRoot()
                sketch.thresholds[role] = threshold
            }
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("threshold"))
        }
        let (refusal, _) = try attack { sketch in
            sketch.targets["delegations"] = Delegation.object([
                Delegation(name: "role", keys: [try .number(9)], threshold: threshold)
            ])
        }
        #expect(refusal.code == .malformed)
    }

    @Test func `a count of nothing never suffices`() throws {
        #expect(!SignatureTally(threshold: 0).suffices)
        #expect(!SignatureTally(threshold: -1).suffices)
        #expect(!SignatureTally(threshold: 1).suffices)
        let (refusal, _) = try attack { sketch in
            try sketch.rotate(.timestamp, to: [])
        }
        #expect(refusal.message.contains("0 of 1 needed"))
    }

    @Test func `keys of unknown types and schemes are tolerated and count for nothing`() throws {
        func unknown(_ type: String, _ scheme: String?) throws -> Signer {
            let form = JSONValue.members([
                ("keytype", .string(type)), ("scheme", scheme.map { .string($0) }),
                ("keyval", .members([("x", .array([.integer(1)]))])),
            ])
            let key = try TestKey(9)
            return Signer(id: try SHA256.digest(of: try form.canonical()).hex, form: form) {
                key.sign($0)
            }
        }
        let strangers = [
            try unknown("ml-dsa", "ml-dsa-65"), try unknown("ed25519", "ed25519ph"),
            try unknown("ed25519", nil),
        ]
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = strangers + [try .number(2)]
        sketch.timestamp.signers = strangers
        var player = try Player(sketch)
        let refusal = try fault { try player.refresh() }
        #expect(refusal.message.contains("0 of 1 needed"))
        #expect(refusal.message.contains("3 by unknown keys"))
        sketch.timestamp.signers.append(try .number(2))
        player.served = try sketch.files()
        try player.refresh()
    }

    @Test func `a key with fields of its publisher's keeps the id that it has without them`() throws
    {
        let key = try TestKey(2)
        guard case .object(let members) = key.publicKey.metadataForm else { return }
        let form = JSONValue.object(members + [.init("x-owner", .string("someone"))])
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = [key.signer.named(key.id.hex, form: form)]
        var player = try Player(sketch)
        try player.refresh()
    }
}
