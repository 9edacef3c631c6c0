import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

@Suite struct RootTests {
    @Test func `a root that Python made and signed is verified`() throws {
        let root = try VerifiedRoot.load(Array(pythonRoot.utf8))
        #expect(root.version == 1)
        #expect(root.expires == 1_936_051_200)
        #expect(!root.hasExpired(at: root.expires - 1))
        #expect(root.hasExpired(at: root.expires))
        #expect(root.keys(of: .root).threshold == 2)
        #expect(root.keys(of: .targets).keys == [.ed25519(try TestKey(1).publicKey)])
        #expect(root.metadata.consistentSnapshot)
        #expect(root.bytes == Array(pythonRoot.utf8))
    }

    @Test func `a key's id is what other implementations compute`() throws {
        // A key of python-tuf's repository data, whose form holds a field of an older release.
        let bytes = try #require(
            Hex.decode("edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd"))
        let key = try #require(Ed25519PublicKey(bytes))
        #expect(
            try key.keyID().hex
                == "2345a90ad8d76f3677f9ad6695b0ba0b5c7b7fbf27fb0ed35fbdf7b71264a679")
        var sketch = RootSketch(root: [try TestKey(1)])
        let old = JSONValue.members([
            ("keyid_hash_algorithms", .array([.string("sha256"), .string("sha512")])),
            ("keytype", .string("ed25519")),
            ("keyval", .members([("public", .string(Hex.encode(bytes)))])),
            ("scheme", .string("ed25519")),
        ])
        let id = "59a4df8af818e9ed7abe0764c0b47b4240952aa0d179b5b78346c470ac30278d"
        sketch.keys.append((id, old))
        sketch.roles["targets"]?.ids.append(id)
        let root = try VerifiedRoot.load(try sketch.bytes(signedBy: [try TestKey(1)]))
        #expect(root.keys(of: .targets).members.map(\.id.hex).contains(id))
    }

    @Test func `fields added to a key after its id was made do not matter`() throws {
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key])
        guard case .object(let members) = key.publicKey.metadataForm else { return }
        sketch.keys = [
            (key.id.hex, .object(members + [.init("x-owner", .string("someone"))]))
        ]
        #expect(
            try VerifiedRoot.load(try sketch.bytes(signedBy: [key])).keys(of: .root).keys.count == 1
        )
    }

    @Test func `too few signatures are refused with their numbers and key ids`() throws {
        let keys = try (1...3).map { try TestKey(UInt8($0)) }
        let stranger = try TestKey(9)
        let sketch = RootSketch(root: keys, threshold: 2)
        var file = try SignedMetadata(
            try sketch.bytes(signedBy: [keys[0], stranger]),
            limits: JSONLimits(bytes: 100_000), what: "root")
        file = try SignedMetadata(
            signed: file.signed,
            signatures: file.signatures + [.init(keyID: keys[1].id.hex, bytes: [])])
        let fault = try fault { _ = try VerifiedRoot.load(file.encoded) }
        #expect(fault.code == .untrusted)
        #expect(
            fault.message
                == "The root metadata of version 1, judged by its own keys: 1 of 2 needed signatures "
                + "are valid (key \(keys[0].id.short)…); 1 by an unknown key \(stranger.id.short)…; "
                + "1 wrong (key \(keys[1].id.short)…).")
    }

    @Test func `one bad extra signature is tolerated, a key id that signs twice is not`() throws {
        let keys = try (1...2).map { try TestKey(UInt8($0)) }
        let sketch = RootSketch(root: keys, threshold: 1)
        let good = try SignedMetadata(
            try sketch.bytes(signedBy: [keys[0]]), limits: JSONLimits(bytes: 100_000), what: "root")
        func with(_ extra: SignedMetadata.Signature) throws -> [UInt8] {
            try SignedMetadata(signed: good.signed, signatures: good.signatures + [extra]).encoded
        }
        for bad in [[], [1, 2], [UInt8](repeating: 7, count: 64)] as [[UInt8]] {
            _ = try VerifiedRoot.load(try with(.init(keyID: keys[1].id.hex, bytes: bad)))
            _ = try VerifiedRoot.load(try with(.init(keyID: "whoever", bytes: bad)))
        }
        let twice = try with(good.signatures[0])
        #expect(try fault { _ = try VerifiedRoot.load(twice) }.code == .malformed)
    }

    @Test func `one key under two ids counts once`() throws {
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key], threshold: 2)
        // The same bytes with a further field have another valid id.
        guard case .object(let members) = key.publicKey.metadataForm else { return }
        let form = JSONValue.object(members + [.init("x", .integer(1))])
        let id = try SHA256.digest(of: try form.canonical()).hex
        sketch.keys.append((id, form))
        sketch.roles["root"]?.ids.append(id)
        let canonical = try sketch.signed.canonical()
        let file = try SignedMetadata(
            signed: sketch.signed,
            signatures: [key.id.hex, id].map { .init(keyID: $0, bytes: key.sign(canonical)) })
        let fault = try fault { _ = try VerifiedRoot.load(file.encoded) }
        #expect(fault.code == .untrusted)
        #expect(fault.message.contains("1 of 2 needed"))
        #expect(fault.message.contains("counted already"))
    }

    @Test func `a successor needs the next version and both thresholds`() throws {
        let (a, b) = (try TestKey(1), try TestKey(2))
        let first = try VerifiedRoot.load(try RootSketch(root: [a]).bytes(signedBy: [a]))
        let second = RootSketch(version: 2, root: [b])
        let next = try first.successor(try second.bytes(signedBy: [a, b]))
        #expect(next.version == 2)
        #expect(next.keys(of: .targets).keys == [.ed25519(b.publicKey)])
        for signers in [[a], [b], []] {
            let bytes = try second.bytes(signedBy: signers)
            #expect(try fault { _ = try first.successor(bytes) }.code == .untrusted)
        }
        for version in [1, 3] {
            let bytes = try RootSketch(version: version, root: [b]).bytes(signedBy: [a, b])
            let fault = try fault { _ = try first.successor(bytes) }
            #expect(fault.code == .untrusted)
            #expect(fault.message.contains("version \(version)"))
        }
    }

    @Test func `unknown fields are kept under the signature`() throws {
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key])
        sketch.set("x-later", .members([("a", .integer(1))]))
        let bytes = try sketch.bytes(signedBy: [key])
        _ = try VerifiedRoot.load(bytes)
        var text = String(decoding: bytes, as: UTF8.self)
        text.replace("\"a\": 1", with: "\"a\": 2")
        let altered = Array(text.utf8)
        #expect(try fault { _ = try VerifiedRoot.load(altered) }.code == .untrusted)
    }

    @Test func `keys of unknown types are tolerated and cannot sign`() throws {
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key])
        let form = JSONValue.members([
            ("keytype", .string("ml-dsa")), ("keyval", .members([("public", .string("…"))])),
            ("scheme", .string("ml-dsa-65")),
        ])
        let id = try SHA256.digest(of: try form.canonical()).hex
        sketch.keys.append((id, form))
        sketch.roles["root"]?.ids.append(id)
        let root = try VerifiedRoot.load(try sketch.bytes(signedBy: [key]))
        #expect(root.keys(of: .root).keys == [.ed25519(key.publicKey)])
        #expect(root.metadata.list(.root).keyIDs.count == 2)
    }

    @Test(arguments: [
        ("_type", JSONValue.string("targets"), FaultCode.malformed),
        ("_type", .string("Root"), .malformed),
        ("spec_version", .string("2.0.0"), .unsupported),
        ("spec_version", .string("10.0"), .unsupported),
        ("spec_version", .string("1"), .malformed),
        ("spec_version", .string("1.0."), .malformed),
        ("spec_version", .number("1"), .malformed),
        ("version", .integer(0), .malformed),
        ("version", .integer((Int64(1) << 53) + 1), .malformed),
        ("version", .number("1.0"), .malformed),
        ("version", .bool(true), .malformed),
        ("expires", .string("2031-05-09"), .malformed),
        ("expires", .string("2031-02-29T00:00:00Z"), .malformed),
        ("consistent_snapshot", .string("true"), .malformed),
    ])
    func `a wrong field is refused`(name: String, value: JSONValue, code: FaultCode) throws {
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key])
        sketch.set(name, value)
        let signed = sketch.signed
        // By hand, for `1.0` has no canonical form to sign.
        let bytes = JSONValue.members([("signatures", .array([])), ("signed", signed)]).pretty
        #expect(try fault { _ = try VerifiedRoot.load(bytes) }.code == code)
        sketch.set(name, nil)
        let without = try sketch.bytes(signedBy: [key])
        #expect(try fault { _ = try VerifiedRoot.load(without) }.code == .malformed)
    }

    @Test func `the specification's versions 1.0 and 1.0.x are accepted`() throws {
        let key = try TestKey(1)
        for version in ["1.0", "1.0.0", "1.0.34", "1.1.2"] {
            var sketch = RootSketch(root: [key])
            sketch.set("spec_version", .string(version))
            _ = try VerifiedRoot.load(try sketch.bytes(signedBy: [key]))
        }
    }

    @Test func `wrong roles and keys are refused`() throws {
        let key = try TestKey(1)
        var cases: [RootSketch] = []
        for role in TrustRole.allCases {
            cases.append(RootSketch(root: [key]))
            cases[cases.count - 1].roles[role.rawValue] = nil
        }
        for threshold in [JSONValue.integer(0), .integer(-1), .string("1"), .null] {
            cases.append(RootSketch(root: [key]))
            cases[cases.count - 1].roles["timestamp"]?.threshold = threshold
        }
        cases.append(RootSketch(root: [key]))
        cases[cases.count - 1].roles["root"]?.ids.append(key.id.hex)
        cases.append(RootSketch(root: [key]))
        cases[cases.count - 1].roles["root"]?.ids.append(key.id.hex.uppercased())
        cases.append(RootSketch(root: [key]))
        cases[cases.count - 1].keys.append(("ab", key.publicKey.metadataForm))
        for sketch in cases {
            let bytes = try sketch.bytes(signedBy: [key])
            #expect(try fault { _ = try VerifiedRoot.load(bytes) }.code == .malformed)
        }
    }

    @Test func `no flipped byte and no truncation of a root is accepted as another root`() throws {
        let good = Array(pythonRoot.utf8)
        let root = try VerifiedRoot.load(good)
        for length in stride(from: 0, to: good.count, by: 7) {
            #expect(throws: Fault.self) { try VerifiedRoot.load(Array(good[..<length])) }
        }
        var random = SplitMix(state: 1)
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            guard let read = try? VerifiedRoot.load(bytes) else { continue }
            // Only bytes that say nothing, such as white space, may differ.
            #expect(read.metadata.file.canonical == root.metadata.file.canonical)
        }
    }

    @Test func `too much of anything is refused`() throws {
        let long = [UInt8](repeating: 0x20, count: RootMetadata.limit + 1)
        #expect(try fault { _ = try VerifiedRoot.load(long) }.code == .malformed)
        let key = try TestKey(1)
        var sketch = RootSketch(root: [key])
        for number in 0...RoleKeys.limit {
            let id = try SHA256.digest(of: [UInt8(number)]).hex
            sketch.roles["targets"]?.ids.append(id)
        }
        let many = try sketch.bytes(signedBy: [key])
        #expect(try fault { _ = try VerifiedRoot.load(many) }.code == .malformed)
    }
}

@Suite struct UTCTimeTests {
    @Test func `times go to text and back`() throws {
        #expect(UTCTime.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(UTCTime.seconds("2000-02-29T12:34:56Z") == 951_827_696)
        #expect(UTCTime.seconds("2038-01-19T03:14:08Z") == 2_147_483_648)
        #expect(UTCTime.seconds("9999-12-31T23:59:59Z") == 253_402_300_799)
        var random = SplitMix(state: 2)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
            #expect(UTCTime.seconds(UTCTime.text(seconds)) == seconds)
        }
        #expect(UTCTime.text(.max) == "9999-12-31T23:59:59Z")
        #expect(UTCTime.text(.min) == "1970-01-01T00:00:00Z")
    }

    @Test(arguments: [
        "", "2031-05-09T00:00:00", "2031-05-09t00:00:00Z", "2031-05-09 00:00:00Z",
        "2031-05-09T00:00:00z", "2031-13-01T00:00:00Z", "2031-00-01T00:00:00Z",
        "2031-04-31T00:00:00Z", "2100-02-29T00:00:00Z", "2031-05-09T24:00:00Z",
        "2031-05-09T00:60:00Z", "2031-05-09T00:00:60Z", "1969-12-31T23:59:59Z",
        "2031-05-09T00:00:00.5Z", "2031-05-09T00:00:00+00:00", "+031-05-09T00:00:00Z",
        "2031-05-09T00:00:0éZ",
    ])
    func `another form is no time`(text: String) {
        #expect(UTCTime.seconds(text) == nil)
    }
}
