import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// Whatever a crash leaves, the old pair or the new one is current, whole.
@Suite struct CrashTests {
    @Test func `a swap that was cut short before the link is finished`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            guard case .renewed(_, let new) = try rig.renew(try rig.surroundings(responder)) else {
                return
            }
            // As it stood between the two renames.
            try Directory.open(path: rig.home).replaceLink("current", target: "1")
            #expect(try rig.current() == old)
            var steps: [String] = []
            let outcome = try rig.renew(
                try rig.surroundings(responder, tell: { steps.append($0.name) }))
            guard case .notDue(new, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(steps == ["recovered"])
            #expect(try rig.current() == new && rig.names() == ["1", "2", "current"])
        }
    }

    @Test func `a first certificate whose link was cut short becomes current`() throws {
        try IdentityRig.with { rig in
            let pair = try rig.enrol()
            try Directory.open(path: rig.home).remove("current")
            #expect(try rig.current() == nil)
            let directory = try IdentityDirectory.open(rig.home)
            #expect(try directory.recover() == pair)
            #expect(try rig.current() == pair)
        }
    }

    @Test func `drafts, links and removals that were cut short are cleared`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let folder = try Directory.open(path: rig.home)
            for name in [".pending.new", ".dropped.new"] {
                let draft = try folder.make(name, mode: 0o700)
                try draft.replace("key.pem", with: Array("half a".utf8), mode: 0o600)
            }
            symlink("9", rig.home + "/.current.new")
            #expect(try rig.current() == old)
            let responder = try ESTResponder(rig.certificates)
            guard case .renewed = try rig.renew(try rig.surroundings(responder)) else {
                Issue.record("not renewed")
                return
            }
            #expect(try rig.names() == ["1", "2", "current"])
        }
    }

    @Test func `a certificate that came before a crash is proved, not asked for again`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let directory = try IdentityDirectory.open(rig.home)
            let pending = try IdentityEnrolment(try rig.surroundings()).request(
                try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
            try rig.sign(pending, as: "came")
            try directory.putPending(try rig.read(rig.certificates.path("came")))
            var steps: [String] = []
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(responder, tell: { steps.append($0.name) }))
            else { return }
            #expect(steps == ["proved"])
            #expect(new.chain == (try rig.read(rig.certificates.path("came"))))
        }
    }

    @Test func `a certificate that grew old while it waited is asked for again`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let directory = try IdentityDirectory.open(rig.home)
            let pending = try IdentityEnrolment(try rig.surroundings()).request(
                try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
            try rig.sign(pending, as: "came", from: -9 * IdentityRig.day, until: -60)
            try directory.putPending(try rig.read(rig.certificates.path("came")))
            var steps: [String] = []
            guard
                case .renewed = try rig.renew(
                    try rig.surroundings(responder, tell: { steps.append($0.name) }))
            else { return }
            #expect(steps == ["note", "enrolling", "received", "proved"])
        }
    }

    @Test(arguments: ["", "3", "../1", "1/key.pem", "one", "01", "999999999999"])
    func `a link that names no pair is told, and nothing is guessed`(target: String) throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let folder = try Directory.open(path: rig.home)
            if target.isEmpty {
                try folder.remove("current")
                try folder.replace("current", with: [1])
            } else {
                try folder.replaceLink("current", target: target)
            }
            let directory = try IdentityDirectory.open(rig.home)
            let got = try fault { _ = try directory.currentPair() }
            #expect([.storeDamaged, .storage].contains(got.code), "\(got)")
            #expect(try FilePlace.info(rig.home + "/1/key.pem").mode == 0o600)
        }
    }

    @Test func `torn files of the current pair are told, and nothing is removed`() throws {
        try IdentityRig.with { rig in
            for file in ["key.pem", "certificate.pem"] {
                let pair = try rig.enrolAnew()
                let path = pair.path + "/" + file
                let bytes = try FilePlace.read(path, limit: 10_000)
                let folder = try Directory.open(path: pair.path)
                for length in stride(from: 0, to: bytes.count - 30, by: 23) {
                    try folder.replace(file, with: Array(bytes[..<length]), mode: 0o600)
                    let got = try fault { _ = try rig.current() }
                    #expect([.keys, .tls].contains(got.code), "\(file) \(length): \(got)")
                }
                try folder.remove(file)
                let gone = try fault { _ = try rig.current() }
                #expect([.storeDamaged, .notFound].contains(gone.code), "\(gone)")
            }
        }
    }

    @Test func `keys and directories that others can use are refused`() throws {
        try IdentityRig.with { rig in
            let pair = try rig.enrol()
            chmod(pair.keyName, 0o644)
            let key = try fault { try pair.checkFiles() }
            #expect(key.code == .permission && key.advice.contains("chmod 600"))
            chmod(rig.home, 0o777)
            let directory = try fault { _ = try rig.current() }
            #expect(directory.code == .permission && directory.advice.contains("chmod 700"))
        }
    }

    @Test func `a directory that holds something else is not made an identity's`() throws {
        try IdentityRig.with { rig in
            mkdir(rig.home, 0o755)
            try Directory.open(path: rig.home).replace("precious", with: [1])
            let got = try fault { _ = try IdentityDirectory.openOrMake(rig.home, owner: nil) }
            #expect(got.code == .storeDamaged && got.message.contains("precious"))
            #expect(try FilePlace.info(rig.home + "/precious").size == 1)
        }
    }

    @Test func `one command at a time changes an identity`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let directory = try IdentityDirectory.open(rig.home)
            let lock = try directory.takeLock("a test")
            defer { _ = lock }
            let got = try fault { _ = try IdentityDirectory.open(rig.home).takeLock("another") }
            #expect(got.code == .busy && got.message.contains("a test"))
        }
    }
}
