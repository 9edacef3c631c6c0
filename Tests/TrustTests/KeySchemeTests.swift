import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// ECDSA and RSA keys, which are used only where that is asked for.
@Suite struct KeySchemeTests {
    /// A repository whose timestamp role has the given keys and signers.
    private func player(
        _ keys: [Signer], threshold: Int = 1, signers: [Signer]? = nil,
        accepting schemes: Set<KeyScheme> = .all
    ) throws -> Player {
        var sketch = try RepositorySketch()
        sketch.keys[.timestamp] = keys
        sketch.thresholds[.timestamp] = threshold
        sketch.timestamp.signers = signers ?? keys
        var player = try Player(sketch)
        player.schemes = schemes
        return player
    }

    private func refusal(
        _ keys: [Signer], threshold: Int = 1, signers: [Signer]? = nil,
        accepting schemes: Set<KeyScheme> = .all
    ) throws -> Fault {
        var player = try player(keys, threshold: threshold, signers: signers, accepting: schemes)
        return try fault { try player.refresh() }
    }

    @Test func `ECDSA and RSA keys sign where they are accepted, under either type's name`() throws
    {
        let ec = try LibcryptoKey(.ec("P-256"))
        let rsa = try LibcryptoKey.rsa.get()
        for signer in [
            try ec.signer(), try ec.signer(try ec.form(type: "ecdsa-sha2-nistp256")),
            try rsa.signer(),
        ] {
            var player = try player([signer])
            try player.refresh()
        }
    }

    @Test func `a root that securesystemslib signed with all three is verified`() throws {
        let bytes = Array(securesystemslibRoot.utf8)
        let root = try VerifiedRoot.load(bytes, accepting: .all)
        #expect(root.keys(of: .root).threshold == 3)
        #expect(root.keys(of: .root).members.count == 3)
        let refusal = try fault { _ = try VerifiedRoot.load(bytes) }
        #expect(refusal.message.contains("1 of 3 needed"))
        let two = try fault { _ = try VerifiedRoot.load(bytes, accepting: [.ed25519, .rsa]) }
        #expect(two.message.contains("2 of 3 needed"))
    }

    @Test func `ECDSA and RSA keys count for nothing unless they are accepted`() throws {
        for key in [try LibcryptoKey(.ec("P-256")), try LibcryptoKey.rsa.get()] {
            let refusal = try refusal([try key.signer()], accepting: .ed25519Alone)
            #expect(refusal.code == .untrusted)
            #expect(refusal.message.contains("0 of 1 needed"))
            // Beside a key that is accepted they do no harm.
            var player = try player(
                [try key.signer(), try .number(2)], accepting: .ed25519Alone)
            try player.refresh()
        }
        #expect(Set<KeyScheme>.ed25519Alone == [.ed25519])
    }

    @Test func `a delegated role's ECDSA key counts for nothing unless it is accepted`() throws {
        let key = try LibcryptoKey(.ec("P-256"))
        var sketch = try RepositorySketch()
        try sketch.add("role", 9, targets: ["file"])
        sketch.delegated[0].role.signers = [try key.signer()]
        sketch.targets["delegations"] = Delegation.object([
            Delegation(name: "role", keys: [try key.signer()])
        ])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try fault { try player.find("file") }.code == .untrusted)
        player.schemes = .all
        try player.refresh()
        #expect(try player.find("file") != nil)
    }

    @Test func `a signature by another key, or over other bytes, is refused`() throws {
        for (key, other) in [
            (try LibcryptoKey(.ec("P-256")), try LibcryptoKey(.ec("P-256"))),
            (try LibcryptoKey.rsa.get(), try LibcryptoKey.otherRSA.get()),
        ] {
            let honest = try key.signer()
            let bad: [@Sendable ([UInt8]) throws -> [UInt8]] = [
                { try other.sign($0) }, { try key.sign($0 + [0]) }, { _ in [] },
                { try key.sign($0).dropLast() }, { try key.sign($0, sha512: true) },
                { message in
                    var bytes = try key.sign(message)
                    bytes[20] ^= 1
                    return bytes
                },
            ]
            for sign in bad {
                let liar = Signer(id: honest.id, form: honest.form, sign: sign)
                #expect(try refusal([honest], signers: [liar]).code == .untrusted)
            }
        }
    }

    @Test func `an RSA signature in the older padding is refused, PSS with any salt is not`() throws
    {
        let key = try LibcryptoKey.rsa.get()
        let honest = try key.signer()
        for salt: Int32 in [0, 20, 32, 64] {
            var player = try player(
                [honest],
                signers: [
                    Signer(id: honest.id, form: honest.form) { try key.sign($0, salt: salt) }
                ])
            try player.refresh()
        }
        let old = Signer(id: honest.id, form: honest.form) { try key.sign($0, oldPadding: true) }
        #expect(try refusal([honest], signers: [old]).code == .untrusted)
    }

    @Test(arguments: ["P-384", "P-521", "secp256k1"])
    func `an EC key on another curve is refused`(curve: String) throws {
        let refusal = try refusal([try LibcryptoKey(.ec(curve)).signer()])
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("on the curve P-256"))
    }

    @Test(arguments: [1024, 2040])
    func `an RSA key that is too small is refused`(bits: Int) throws {
        let refusal = try refusal([try LibcryptoKey(.rsa(bits)).signer()])
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("2048 to 8192 bits"))
    }

    @Test func `a key of another kind than its scheme is refused`() throws {
        let (ec, rsa) = (try LibcryptoKey(.ec("P-256")), try LibcryptoKey.rsa.get())
        let pss = try LibcryptoKey(.rsaPSSAlone(2048))
        for form in [
            try ec.form(try rsa.pem()), try rsa.form(try ec.pem()), try rsa.form(try pss.pem()),
        ] {
            #expect(try refusal([try ec.signer(form)]).code == .malformed)
        }
    }

    @Test func `what is no public key in PEM is refused`() throws {
        let key = try LibcryptoKey(.ec("P-256"))
        let pem = try key.pem()
        var flipped = Array(pem.utf8)
        flipped[60] ^= 3
        let texts = [
            "", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", String(pem.dropLast(40)),
            pem.replacing("PUBLIC", with: "SECRET"), try key.secretPEM(),
            pem.replacing("M", with: "!"), String(repeating: " ", count: 8192) + pem,
            String(decoding: flipped, as: UTF8.self),
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        ]
        for text in texts {
            let refusal = try refusal([try key.signer(try key.form(text))])
            #expect(refusal.code == .malformed, "\(text.prefix(80))")
        }
    }

    @Test func `one ECDSA key in several forms counts once`() throws {
        let key = try LibcryptoKey(.ec("P-256"))
        let plain = try key.pem()
        let first = try key.signer(try key.form(plain))
        for text in [
            try key.pem(point: "compressed"), try key.pem(point: "hybrid"),
            "Some words before it.\n" + plain, plain + "\n\n",
            plain.replacing("\n", with: "\r\n"),
        ] {
            let second = try key.signer(try key.form(text))
            #expect(first.id != second.id)
            let refusal = try refusal([first, second], threshold: 2)
            #expect(refusal.message.contains("counted already"), "\(text)")
        }
    }

    @Test func `an EC key whose curve is written out is refused`() throws {
        let key = try LibcryptoKey(.ec("P-256"))
        let form = try key.form(try key.pem(parameters: "explicit"))
        let refusal = try refusal([try key.signer(form)])
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("on the curve P-256"))
    }

    @Test func `one RSA key in two texts counts once`() throws {
        let key = try LibcryptoKey.rsa.get()
        let plain = try key.pem()
        let second = try key.signer(try key.form("\n" + plain))
        let refusal = try refusal([try key.signer(), second], threshold: 2)
        #expect(refusal.message.contains("counted already"))
    }

    @Test func `a key whose type does not go with its scheme is kept and counts for nothing`()
        throws
    {
        let ec = try LibcryptoKey(.ec("P-256"))
        let ed = try TestKey(2)
        let odd = JSONValue.members([
            ("keytype", .string("rsa")),
            ("keyval", .members([("public", .string(Hex.encode(ed.publicKey.bytes)))])),
            ("scheme", .string("ed25519")),
        ])
        let oddly = Signer(id: try SHA256.digest(of: try odd.canonical()).hex, form: odd) {
            ed.sign($0)
        }
        for signer in [
            try ec.signer(try ec.form(type: "rsa")), try ec.signer(try ec.form(scheme: "ecdsa")),
            oddly,
        ] {
            let refusal = try refusal([signer])
            #expect(refusal.code == .untrusted)
            #expect(refusal.message.contains("unknown key"))
        }
    }

    @Test func `an Ed25519 key of another length or spelling is refused`() throws {
        let key = try TestKey(2)
        let hex = Hex.encode(key.publicKey.bytes)
        for text in [
            "", String(hex.dropLast(2)), hex + "00", hex.uppercased(), "zz" + hex.dropFirst(2),
        ] {
            let form = JSONValue.members([
                ("keytype", .string("ed25519")),
                ("keyval", .members([("public", .string(text))])), ("scheme", .string("ed25519")),
            ])
            let id = try SHA256.digest(of: try form.canonical()).hex
            let refusal = try refusal([Signer(id: id, form: form) { key.sign($0) }])
            #expect(refusal.code == .malformed)
        }
    }
}
