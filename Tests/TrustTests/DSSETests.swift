import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

@Suite struct DSSETests {
    private let payload = Array(#"{"name":"demo"}"#.utf8)

    private func message(_ payload: [UInt8], _ type: PayloadType = .manifest) -> [UInt8] {
        DSSE.preAuthenticationEncoding(type: type.rawValue, payload: payload)
    }

    private func envelope(
        signedBy keys: [TestKey], type: PayloadType = .manifest
    ) throws -> DSSEEnvelope {
        var envelope = DSSEEnvelope(type: type, payload: payload)
        for key in keys {
            envelope = try envelope.adding(
                .init(keyID: key.id.hex, bytes: key.sign(message(payload, type))))
        }
        return envelope
    }

    @Test func `the pre-authentication encoding is the specification's`() {
        let encoded = DSSE.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
        #expect(
            String(decoding: encoded, as: UTF8.self)
                == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
        #expect(DSSE.preAuthenticationEncoding(type: "é", payload: []).count == 14)
    }

    @Test func `an envelope that Python signed is verified, and ours is the same`() throws {
        let keys = [try TestKey(1), try TestKey(2)]
        let role = try RoleKeys(keys: keys.map(\.publicKey), threshold: 2)
        let read = try DSSEEnvelope(Array(pythonEnvelope.utf8))
        let verified = try read.verify(type: .manifest, role: role)
        #expect(verified.bytes == payload)
        #expect(verified.type == .manifest)
        #expect(Set(verified.signers) == Set(keys.map(\.id)))
        let ours = try envelope(signedBy: keys)
        #expect(ours == read)
        #expect(try envelope(signedBy: keys.reversed()).encode() == ours.encode())
        #expect(try DSSEEnvelope(try ours.encode()) == ours)
    }

    @Test func `a refusal says how many signatures there were and by whom`() throws {
        let (a, b, stranger) = (try TestKey(1), try TestKey(2), try TestKey(3))
        let role = try RoleKeys(keys: [a, b].map(\.publicKey), threshold: 2)
        var envelope = try envelope(signedBy: [a, stranger])
        let first = envelope
        let unknown = try fault { _ = try first.verify(type: .manifest, role: role) }
        #expect(unknown.code == .untrusted)
        #expect(
            unknown.message
                == "The envelope: 1 of 2 needed signatures are valid (key \(a.id.short)…); "
                + "1 by an unknown key \(stranger.id.short)….")
        envelope = try envelope.adding(
            .init(keyID: b.id.hex, bytes: [UInt8](repeating: 1, count: 64)))
        let second = envelope
        let wrong = try fault { _ = try second.verify(type: .manifest, role: role) }
        #expect(wrong.message.hasSuffix("; 1 wrong (key \(b.id.short)…)."))
        let none = try fault {
            _ = try self.envelope(signedBy: []).verify(type: .manifest, role: role)
        }
        #expect(none.message == "The envelope: 0 of 2 needed signatures are valid.")
    }

    @Test func `a signature without a key id counts for the key that made it`() throws {
        let (a, b) = (try TestKey(1), try TestKey(2))
        let role = try RoleKeys(keys: [a, b].map(\.publicKey), threshold: 2)
        var envelope = DSSEEnvelope(type: .manifest, payload: payload)
        for key in [a, b] {
            envelope = try envelope.adding(.init(keyID: nil, bytes: key.sign(message(payload))))
        }
        #expect(try Set(envelope.verify(type: .manifest, role: role).signers) == [a.id, b.id])
        // One key that signs twice is still one.
        let twice = try DSSEEnvelope(type: .manifest, payload: payload)
            .adding(.init(keyID: a.id.hex, bytes: a.sign(message(payload))))
            .adding(.init(keyID: nil, bytes: a.sign(message(payload))))
        let fault = try fault { _ = try twice.verify(type: .manifest, role: role) }
        #expect(fault.message.contains("1 of 2 needed"))
        #expect(fault.message.contains("1 by a key that was counted already"))
    }

    @Test func `a valid signature under another id shows that the envelope was altered`() throws {
        let (a, b) = (try TestKey(1), try TestKey(2))
        let role = try RoleKeys(keys: [a, b].map(\.publicKey), threshold: 1)
        for id in [b.id.hex, "x", String(a.id.hex.dropLast()) + "g"] {
            let envelope = try DSSEEnvelope(type: .manifest, payload: payload)
                .adding(.init(keyID: id, bytes: a.sign(message(payload))))
            let fault = try fault { _ = try envelope.verify(type: .manifest, role: role) }
            #expect(fault.code == .untrusted)
            #expect(fault.message.hasPrefix("The envelope was altered"))
        }
    }

    @Test func `another type is refused before the payload is decoded`() throws {
        let a = try TestKey(1)
        let role = try RoleKeys(keys: [a.publicKey], threshold: 1)
        let list = try envelope(signedBy: [a], type: .deltaList)
        #expect(
            try fault { _ = try list.verify(type: .manifest, role: role) }.code == .malformed)
        func unsigned(_ type: String) throws -> DSSEEnvelope {
            let json = JSONValue.members([
                ("payload", .string("not base64!")), ("payloadType", .string(type)),
                ("signatures", .array([])),
            ])
            return try DSSEEnvelope(json.compact)
        }
        let later = try unsigned("application/vnd.nacelle.manifest.v2+json")
        let fault = try fault { _ = try later.verify(type: .manifest, role: role) }
        #expect(fault.code == .unsupported)
        #expect(fault.message.contains("manifest.v2+json"))
        for type in ["", "application/json", PayloadType.manifest.rawValue + " "] {
            let other = try unsigned(type)
            let fault = try TrustTests.fault { _ = try other.payload(expecting: .manifest) }
            #expect(fault.message.contains("was expected"))
            #expect(!fault.message.contains("base64"))
        }
    }

    @Test func `a signature of one type does not serve another`() throws {
        let a = try TestKey(1)
        let role = try RoleKeys(keys: [a.publicKey], threshold: 1)
        let envelope = try DSSEEnvelope(type: .deltaList, payload: payload)
            .adding(.init(keyID: a.id.hex, bytes: a.sign(message(payload, .manifest))))
        #expect(
            try fault { _ = try envelope.verify(type: .deltaList, role: role) }.code == .untrusted)
    }

    @Test func `no byte of an envelope can change without notice`() throws {
        let a = try TestKey(1)
        let role = try RoleKeys(keys: [a.publicKey], threshold: 1)
        let bytes = try envelope(signedBy: [a]).encode()
        _ = try DSSEEnvelope(bytes).verify(type: .manifest, role: role)
        for index in bytes.indices {
            for flip: UInt8 in [0x01, 0x06, 0x20, 0x80, 0xFF] {
                var altered = bytes
                altered[index] ^= flip
                #expect(throws: Fault.self, "byte \(index) ^ \(flip)") {
                    _ = try DSSEEnvelope(altered).verify(type: .manifest, role: role)
                }
            }
        }
    }

    @Test func `what is no envelope is refused`() throws {
        let type = PayloadType.manifest.rawValue
        for text in [
            "", "[]", "{}", #"{"payload":"","payloadType":1,"signatures":[]}"#,
            #"{"payload":"","payloadType":"\#(type)","signatures":{}}"#,
            #"{"payload":"","payloadType":"\#(type)","signatures":[1]}"#,
            #"{"payload":"","payloadType":"\#(type)","signatures":[{"keyid":"a"}]}"#,
            #"{"payload":"","payloadType":"\#(type)","signatures":[{"sig":"?"}]}"#,
            #"{"payload":"","payloadType":"\#(type)","signatures":[{"keyid":1,"sig":""}]}"#,
            #"{"payload":"","payload":"","payloadType":"\#(type)","signatures":[]}"#,
        ] {
            #expect(try fault { _ = try DSSEEnvelope(Array(text.utf8)) }.code == .malformed)
        }
        let entry = JSONValue.members([("sig", .string(""))])
        let many = JSONValue.members([
            ("payload", .string("")), ("payloadType", .string(type)),
            ("signatures", .array(Array(repeating: entry, count: 65))),
        ]).compact
        #expect(try fault { _ = try DSSEEnvelope(many) }.code == .malformed)
        let long = [UInt8](repeating: 0x20, count: DSSEEnvelope.limit + 1)
        #expect(try fault { _ = try DSSEEnvelope(long) }.code == .malformed)
        let payload = [UInt8](repeating: 0, count: DSSEEnvelope.limit)
        #expect(throws: Fault.self) {
            try DSSEEnvelope(type: .manifest, payload: payload).encode()
        }
    }

    @Test func `no altered envelope gives another payload`() throws {
        let keys = [try TestKey(1), try TestKey(2)]
        let role = try RoleKeys(keys: keys.map(\.publicKey), threshold: 2)
        let good = try envelope(signedBy: keys).encode()
        for length in 0..<good.count {
            #expect(throws: Fault.self) { try DSSEEnvelope(Array(good[..<length])) }
        }
        var random = SplitMix(state: 3)
        for _ in 0..<3000 {
            var bytes = good
            bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8(
                1 << Int.random(in: 0..<8, using: &random))
            guard let read = try? DSSEEnvelope(bytes),
                let verified = try? read.verify(type: .manifest, role: role)
            else { continue }
            #expect(verified.bytes == payload)
        }
    }

    @Test func `an envelope is refused a second signature under one id`() throws {
        let a = try TestKey(1)
        let envelope = try envelope(signedBy: [a])
        #expect(
            try fault { _ = try envelope.adding(envelope.signatures[0]) }.code == .keys)
    }

    @Test func `a role needs different keys and a threshold that they can reach`() throws {
        let a = try TestKey(1).publicKey
        for (keys, threshold) in [([], 1), ([a], 0), ([a], 2), ([a, a], 1)]
            as [([Ed25519PublicKey], Int)]
        {
            #expect(
                try fault { _ = try RoleKeys(keys: keys, threshold: threshold) }.code == .keys)
        }
    }

    @Test func `a key id cannot bring control characters into a message`() throws {
        let role = try RoleKeys(keys: [try TestKey(1).publicKey], threshold: 1)
        let envelope = try DSSEEnvelope(type: .manifest, payload: payload)
            .adding(.init(keyID: "\u{1B}[2J\nfake", bytes: []))
        let fault = try fault { _ = try envelope.verify(type: .manifest, role: role) }
        #expect(fault.message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
}
