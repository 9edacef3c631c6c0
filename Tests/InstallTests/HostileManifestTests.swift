import Bundle
import Faults
import Install
import Sealing
import TestKit
import Testing
import Trust

/// Signatures, manifests and recipients that must not be believed.
@Suite struct HostileManifestTests {
    @Test func `a signature by an unknown key is untrusted`() throws {
        var maker = BundleMaker()
        maker.signers = [2]
        #expect(try refusal(of: maker).code == .untrusted)
        maker.signers = []
        #expect(try refusal(of: maker).code == .untrusted)
    }

    @Test func `too few signatures for the threshold are untrusted`() throws {
        var maker = BundleMaker()
        let fault = try refusal(of: maker, trusting: [1, 2], threshold: 2)
        #expect(fault.code == .untrusted)
        maker.signers = [1, 2]
        try unpack(MemorySource(try maker.make().bytes), trusting: [1, 2], threshold: 2)
    }

    @Test func `a payload of another type is refused, though it is signed`() throws {
        var maker = BundleMaker()
        maker.payloadType = .deltaList
        let fault = try refusal(of: maker)
        #expect(fault.code == .malformed)
        #expect(fault.message.contains(PayloadType.manifest.rawValue))
    }

    @Test func `an envelope of another bundle is refused`() throws {
        var other = BundleMaker()
        other.entries.append(BundleMaker.file("zz", [1]))
        let envelope = try #require(try other.make().section("envelope"))
        var maker = BundleMaker()
        maker.bendEnvelope = { $0 = envelope }
        #expect(try refusal(of: maker).code == .malformed)
    }

    @Test func `an altered payload under a right damage check is untrusted`() throws {
        var maker = BundleMaker()
        maker.bendEnvelope = { bytes in
            // "payload":"ey… to "payload":"eY…: another first key of the manifest.
            if let place = bytes.firstIndex(of: UInt8(ascii: "y")) { bytes[place + 12] ^= 1 }
        }
        #expect([.untrusted, .malformed].contains(try refusal(of: maker).code))
        maker.bendEnvelope = { $0 = Array("{}".utf8) }
        #expect(try refusal(of: maker).code == .malformed)
        maker.bendEnvelope = { $0 = [] }
        #expect(try refusal(of: maker).code == .malformed)
    }

    @Test func `lengths in the manifest that are not the preamble's are refused`() throws {
        for change in [
            { (manifest: inout Manifest) in manifest.packLength += 1 },
            { (manifest: inout Manifest) in manifest.packLength = 0 },
            { (manifest: inout Manifest) in manifest.index.length -= 1 },
            { (manifest: inout Manifest) in manifest.index.length = 1 << 32 },
        ] {
            var maker = BundleMaker()
            maker.bendManifest = change
            let fault = try refusal(of: maker)
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("the file says"))
        }
    }

    @Test func `recipients without a seal, and a seal without recipients, are refused`() throws {
        var maker = BundleMaker()
        maker.recipients = [7]
        #expect(try refusal(of: maker).message.contains("nothing is sealed"))
        maker = .sealed
        maker.recipients = []
        #expect(try refusal(of: maker).message.contains("no recipients"))
    }

    @Test func `a seal that the manifest does not name is refused`() throws {
        var maker = BundleMaker.sealed
        maker.recipients = []
        maker.bendManifest = { $0.commitment = nil }
        let fault = try refusal(of: maker)
        #expect(fault.code == .malformed)
    }

    @Test func `a machine that is no recipient is told so`() throws {
        let fault = try refusal(of: .sealed, device: 8)
        #expect(fault.code == .notRecipient)
        #expect(try refusal(of: .sealed, device: nil).code == .notRecipient)
    }

    @Test func `a content key that the manifest does not commit to is refused`() throws {
        var maker = BundleMaker.sealed
        maker.recipientsKey = 51
        let fault = try refusal(of: maker)
        #expect(fault.code == .malformed)
        #expect(fault.message.contains("commits to"))
    }

    @Test func `a forged commitment opens no page`() throws {
        var maker = BundleMaker.sealed
        maker.recipientsKey = 51
        maker.bendManifest = { manifest in
            let keys = try ContentKeys(
                contentKey: try TestKeys.secret(51), bundle: manifest.bundle)
            manifest.commitment = keys.commitment
        }
        #expect(try refusal(of: maker).message.contains("Page 0 of the index does not open"))
    }

    @Test func `recipients, index and pack of another bundle do not open in this one`() throws {
        var maker = BundleMaker.sealed
        maker.bendManifest = { manifest in
            // The same key under another id: everything is sealed for the id of the maker.
            manifest.bundle = [UInt8](repeating: 9, count: 16)
            let keys = try ContentKeys(
                contentKey: try TestKeys.secret(50), bundle: manifest.bundle)
            manifest.commitment = keys.commitment
        }
        #expect(try refusal(of: maker).message.contains("does not open"))
    }

    @Test func `a tree of other numbers than the archive's is refused`() throws {
        for change in [
            { (manifest: inout Manifest) in manifest.tree.entries += 1 },
            { (manifest: inout Manifest) in manifest.tree.bytes += 1 },
        ] {
            var maker = BundleMaker()
            maker.bendManifest = change
            let fault = try refusal(of: maker)
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("the signed manifest says"))
        }
        for change in [
            { (manifest: inout Manifest) in manifest.tree.entries -= 1 },
            { (manifest: inout Manifest) in manifest.tree.bytes -= 1 },
            { (manifest: inout Manifest) in manifest.tree.bytes = 0 },
        ] {
            var maker = BundleMaker()
            maker.bendManifest = change
            #expect(try refusal(of: maker).code == .unsafeArchive)
        }
    }

    @Test func `a smoke program outside the slot is refused`() throws {
        var maker = BundleMaker()
        maker.bendManifest = {
            $0.smoke = .command(SmokeCommand(program: SmokeProgram(path: "../../bin/sh")))
        }
        #expect(try refusal(of: maker).code == .malformed)
    }
}
