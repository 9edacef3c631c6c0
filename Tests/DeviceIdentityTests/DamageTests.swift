import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// Directories that hold no whole pair stand in nobody's way, and take no whole one's place.
@Suite struct DamageTests {
    @Test(arguments: [["key.pem"], ["certificate.pem"], []])
    func `a stray directory with a number is not the pair before`(files: [String]) throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let folder = try Directory.open(path: rig.home)
            let stray = try folder.make("2", mode: 0o700)
            for file in files {
                let bytes = try FilePlace.read(old.path + "/" + file, limit: 10_000)
                try stray.replace(file, with: bytes, mode: 0o600)
            }
            let responder = try ESTResponder(rig.certificates)
            guard
                case .renewed(from: old, let new) = try rig.renew(
                    try rig.surroundings(responder), force: true)
            else {
                Issue.record("not renewed")
                return
            }
            #expect(try rig.names() == ["1", "\(new.generation)", "current"])
            let directory = try IdentityDirectory.open(rig.home)
            let back = try directory.rollBack()
            #expect(back.now.chain == old.chain)
            #expect(try rig.current()?.chain == old.chain)
        }
    }

    @Test func `a file with a number for its name is no pair either`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            try Directory.open(path: rig.home).replace("2", with: [1])
            let responder = try ESTResponder(rig.certificates)
            _ = try rig.renew(try rig.surroundings(responder), force: true)
            #expect(try rig.names() == ["1", "2", "current"])
            let directory = try IdentityDirectory.open(rig.home)
            let previous = try directory.previousPair()
            #expect(previous == old)
        }
    }

    @Test func `a broken pair before the whole one is removed, and the whole one kept`() throws {
        try IdentityRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            try rig.enrol()
            _ = try rig.renew(try rig.surroundings(responder), force: true)
            let whole = try #require(try rig.current())
            // Three becomes current, two is kept; then the link of a technician skips a number.
            _ = try rig.renew(try rig.surroundings(responder), force: true)
            let folder = try Directory.open(path: rig.home)
            try folder.rename("3", to: "7")
            try folder.replaceLink("current", target: "7")
            let stray = try folder.make("5", mode: 0o700)
            try stray.replace("key.pem", with: Array("half a".utf8), mode: 0o600)
            let directory = try IdentityDirectory.open(rig.home)
            let before = try directory.previousPair()
            #expect(before == whole)
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(responder), force: true)
            else {
                Issue.record("not renewed")
                return
            }
            #expect(new.generation == 8)
            #expect(try rig.names() == ["7", "8", "current"])
        }
    }

    @Test(
        arguments: [
            ("request.pem", nil), ("request.pem", 100), ("key.pem", nil), ("key.pem", 100),
            ("request.pem", 0), ("certificate.pem", 100),
        ] as [(String, Int?)])
    func `a renewal removes what waits damaged, says so, and goes on`(
        file: String, length: Int?
    ) throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            _ = try rig.renew(try rig.surroundings(responder, label: "sometime"))
            let pending = try #require(try rig.pending())
            let folder = try Directory.open(path: pending.path)
            if let length {
                let from = file == "certificate.pem" ? old.path : pending.path
                let bytes = try FilePlace.read("\(from)/\(file)", limit: 10_000)
                try folder.replace(file, with: Array(bytes.prefix(length)), mode: 0o600)
            } else {
                try folder.remove(file)
            }
            var notes: [String] = []
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(
                        responder, tell: { if $0.name == "note" { notes.append($0.text) } }))
            else {
                Issue.record("not renewed")
                return
            }
            #expect(notes.count == 1 && notes[0].contains("damaged"), "\(notes)")
            #expect(try rig.current() == new && rig.names() == ["1", "2", "current"])
            // Where the certificate alone is damaged, key and request serve on.
            let key = try IdentityFiles.openKey(new.key, in: new.path)
            let isSame = pending.request.belongs(to: key)
            #expect(isSame == (file == "certificate.pem"))
        }
    }

    @Test func `what waits whole is left to the person, also where the key is to be elsewhere`()
        throws
    {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let directory = try IdentityDirectory.open(rig.home)
            let pending = try IdentityEnrolment(try rig.surroundings()).request(
                try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
            let got = try fault {
                _ = try rig.renew(
                    try rig.surroundings(responder, token: "pkcs11:token=none;object=own"))
            }
            #expect(got.code == .configuration && got.message.contains("elsewhere"), "\(got)")
            #expect(try rig.pending() == pending && rig.current() == old)
            // A key that others can read is told, not removed.
            chmod(pending.path + "/key.pem", 0o644)
            let open = try fault { _ = try rig.renew(try rig.surroundings(responder)) }
            #expect(open.code == .permission, "\(open)")
            #expect(try rig.pending() == pending)
        }
    }
}
