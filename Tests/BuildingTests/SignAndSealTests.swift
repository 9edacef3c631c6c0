import Building
import Bundle
import Faults
import Testing

@Suite struct SignAndSealTests {
    @Test func `two of three keys are enough, and may sign one after the other`() throws {
        try Workshop.run { shop in
            try shop.makeRoot(targets: ["one", "two", "three"], threshold: 2)
            let result = try shop.build(keys: ["three"])
            let refused = fault { try shop.verify() }
            #expect(refused?.code == .untrusted)
            #expect(refused?.message.contains("1 of 2") == true)
            let count = try BundleEditor(path: shop.at("app.nacelle")).sign(keyFiles: [
                shop.at("one.key")
            ])
            #expect(count == 2)
            let report = try shop.verify()
            #expect(report.signers.count == 2)
            #expect(report.manifestDigest == result.manifestDigest)
        }
    }

    @Test func `who signs first does not change the file`() throws {
        try Workshop.run { shop in
            try shop.build("a.nacelle", keys: ["one", "two"])
            try shop.build("b.nacelle", keys: ["two"])
            _ = try BundleEditor(path: shop.at("b.nacelle")).sign(keyFiles: [shop.at("one.key")])
            #expect(try shop.read("a.nacelle") == shop.read("b.nacelle"))
        }
    }

    @Test func `a key signs once`() throws {
        try Workshop.run { shop in
            try shop.build()
            let before = try shop.read("app.nacelle")
            let again = fault {
                _ = try BundleEditor(path: shop.at("app.nacelle")).sign(keyFiles: [
                    shop.at("one.key")
                ])
            }
            #expect(again?.code == .keys)
            #expect(try shop.read("app.nacelle") == before)
        }
    }

    @Test func `a signing key that cannot be used is refused before anything is packed`() throws {
        try Workshop.run { shop in
            var options = BuildOptions()
            options.isSealed = false
            options.signingKeys = [shop.at("one.pub")]
            let description = try BuildDescription.read(path: shop.at("bundle.yaml"))
            let builder = BundleBuilder(description, options: options) { phase, _, _ in
                Issue.record("“\(phase)” was begun")
            }
            #expect(fault { _ = try builder.build(to: shop.at("app.nacelle")) } != nil)
        }
    }

    @Test func `an unknown key and an unsigned bundle are refused`() throws {
        try Workshop.run { shop in
            try shop.build(keys: ["two"])
            #expect(fault { try shop.verify() }?.code == .untrusted)
            try shop.build(keys: [])
            #expect(fault { try shop.verify() }?.code == .untrusted)
        }
    }

    @Test func `a recipient is added and removed without signing again`() throws {
        try Workshop.run { shop in
            try shop.build(recipients: ["group"])
            let before = try BundleSurvey.read(path: shop.at("app.nacelle"))
            #expect(fault { try shop.verify(key: "device") }?.code == .notRecipient)
            let editor = try BundleEditor(path: shop.at("app.nacelle"))
            _ = try editor.seal(
                with: shop.at("group.key"), add: [shop.at("device.pub")], remove: [])
            try shop.verify(key: "device")
            try shop.verify(key: "group")
            let left = try BundleEditor(path: shop.at("app.nacelle")).seal(
                with: shop.at("device.key"), add: [], remove: [shop.at("group.pub")])
            #expect(left.count == 1)
            try shop.verify(key: "device")
            #expect(fault { try shop.verify(key: "group") }?.code == .notRecipient)
            let after = try BundleSurvey.read(path: shop.at("app.nacelle"))
            #expect(after.manifestDigest == before.manifestDigest)
        }
    }

    @Test func `the last recipient stays, and strangers change nothing`() throws {
        try Workshop.run { shop in
            try shop.build(recipients: ["group"])
            let before = try shop.read("app.nacelle")
            let editor = try BundleEditor(path: shop.at("app.nacelle"))
            let last = fault {
                _ = try editor.seal(
                    with: shop.at("group.key"), add: [], remove: [shop.at("group.pub")])
            }
            #expect(last?.code == .keys)
            let stranger = fault {
                _ = try editor.seal(
                    with: shop.at("stranger.key"), add: [shop.at("device.pub")], remove: [])
            }
            #expect(stranger?.code == .notRecipient)
            #expect(try shop.read("app.nacelle") == before)
        }
    }

    @Test func `without a key the outside of a sealed bundle is checked and the rest named`() throws
    {
        try Workshop.run { shop in
            try shop.build(recipients: ["device"])
            let report = try shop.verify()
            #expect(!report.unchecked.isEmpty)
            #expect(try shop.verify(key: "device").unchecked.isEmpty)
        }
    }
}
