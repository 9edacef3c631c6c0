import DurableFiles
import Faults
import Publishing
import Repository
import StrictJSON
import TestKit
import Testing
import Trust

@testable import Publishing

/// Files that rotted, were copied by halves, or were never what their names say.
@Suite struct DamageTests {
    /// A desk where two signatures are needed, and a bundle waits for the second.
    private func waiting(_ body: (Desk) throws -> Void) throws {
        try Desk.run { desk in
            try desk.makeRoot(targets: ["ci", "eva"], threshold: 2)
            _ = try desk.publisher().create(
                root: desk.at("root.json"), keys: desk.keys(["ci", "eva"]))
            try desk.build("1.0.0", release: 1, signers: ["ci", "eva"])
            _ = try desk.publisher().add([desk.at("1.0.0.nacelle")], keys: desk.keys(["ci"]))
            try body(desk)
        }
    }

    @Test
    func `staged targets that cannot be read are named, and stop neither refresh nor discard`()
        throws
    {
        try waiting { desk in
            let staged = "repo/.staging/targets.json"
            let whole = try desk.read(staged)
            for bytes in [Array("garbage".utf8), [], Array(whole[..<(whole.count / 2)])] {
                try desk.write(staged, bytes)
                let later = desk.publisher(now: Desk.now + 2 * Desk.day)
                for operation in [
                    { _ = try later.add([desk.at("1.0.0.nacelle")], keys: desk.keys()) },
                    { _ = try later.sign(keys: desk.keys(["eva"])) },
                ] {
                    let refusal = fault(operation)
                    #expect(refusal?.code == .malformed)
                    #expect(refusal?.message.contains(desk.at(staged)) == true)
                    #expect(refusal?.advice.contains("--discard") == true)
                }
                #expect(try desk.check().warnings.contains { $0.contains("cannot be read") })
                _ = try later.refresh(keys: desk.keys([]))
                let outcome = try later.discardStaged()
                #expect(outcome.warnings.contains { $0.contains(desk.at(staged)) })
                #expect(fault { _ = try later.discardStaged() }?.code == .notFound)
            }
        }
    }

    @Test func `a journal that cannot be read is set aside where readers need nothing of it`()
        throws
    {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            for bytes in [Array("garbage".utf8), [], Array("{\"files\":[{\"path\":1}]}".utf8)] {
                try desk.write("repo/.staging/publication.json", bytes)
                #expect(try desk.check().warnings.contains { $0.contains("publication.json") })
                var warnings: [String] = []
                let publisher = RepositoryPublisher(
                    path: desk.repository, now: Desk.now, warn: { warnings.append($0) })
                _ = try publisher.add([desk.at("1.0.0.nacelle")], keys: desk.keys())
                #expect(warnings.count == 1 && warnings[0].contains("publication.json"))
                #expect(try desk.check().findings.isEmpty && desk.check().warnings.isEmpty)
            }
            // Where the metadata is not whole, it may be what is missing.
            let snapshot = "repo/metadata/2.snapshot.json"
            try desk.remove(snapshot)
            try desk.write("repo/.staging/publication.json", [1])
            let refusal = fault { try desk.add("1.0.0") }
            #expect(refusal?.code == .malformed)
            #expect(refusal?.message.contains("publication.json") == true)
            #expect(try desk.read("repo/.staging/publication.json") == [1])
        }
    }

    @Test func `files that are not what they should be are named`() throws {
        try Desk.run { desk in
            try desk.write("wrong.json", Array("garbage".utf8))
            let wrong = fault {
                _ = try desk.publisher().create(root: desk.at("wrong.json"), keys: desk.keys())
            }
            #expect(wrong?.message.contains(desk.at("wrong.json")) == true)
            try desk.open()
            let keys = PublishingKeys(targets: [desk.at("ci.pub")], online: [desk.at("online.key")])
            let refusal = fault { _ = try desk.publisher().refresh(keys: keys) }
            #expect(refusal?.code == .keys)
            #expect(refusal?.message.contains("is a public key") == true)
            for bytes in [Array("garbage".utf8), [], try desk.read("root.json")] {
                try desk.write("repo/metadata/2.root.json", bytes)
                let refusal = fault { _ = try desk.publisher().refresh(keys: desk.keys([])) }
                #expect(refusal?.message.contains("repo/metadata/2.root.json") == true)
                let check = fault { _ = try desk.check() }
                #expect(check?.message.contains("repo/metadata/2.root.json") == true)
            }
        }
    }

    @Test func `a refresh and the deletion after it are one outcome`() throws {
        try Desk.run { desk in
            try desk.open()
            let later = desk.publisher(now: Desk.now + 20 * Desk.day)
            let refreshed = try later.refresh(keys: desk.keys([]))
            let both = refreshed.followed(by: try later.prune())
            #expect(both.isPublished && both.versions == refreshed.versions)
            #expect(
                both.warnings == [
                    "1 files that nothing leads to stay for 168 hours from when "
                        + "that was first seen."
                ])
        }
    }

    @Test func `notes of what is unused that cannot be read begin anew`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            try desk.write("repo/.staging/unreferenced.json", [1])
            #expect(try desk.publisher().prune().deleted.isEmpty)
            let late = desk.publisher(now: Desk.now + 8 * Desk.day)
            #expect(try late.prune().deleted.count == 2)
        }
    }

    @Test func `a clock before the program's release changes nothing`() throws {
        try Desk.run { desk in
            let slow = desk.publisher(now: NacelleVersion.released - 1)
            let first = fault { _ = try slow.create(root: desk.at("root.json"), keys: desk.keys()) }
            #expect(first?.code == .clock)
            #expect(fault { _ = try desk.files() }?.code == .notFound)
            try desk.open()
            try desk.build("1.0.0", release: 1)
            let before = try desk.files()
            for operation in [
                { _ = try slow.add([desk.at("1.0.0.nacelle")], keys: desk.keys()) },
                { _ = try slow.refresh(keys: desk.keys()) }, { _ = try slow.prune() },
            ] {
                #expect(fault(operation)?.code == .clock)
            }
            #expect(try desk.files() == before)
            let earlier = desk.publisher(now: Desk.now - 3 * Desk.day)
            let outcome = try earlier.add([desk.at("1.0.0.nacelle")], keys: desk.keys())
            #expect(outcome.warnings.contains { $0.contains("clock") })
        }
    }

    @Test func `objects and envelopes that rotted are replaced by an added bundle's`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            let before = try desk.files()
            for (path, bytes) in before
            where path.hasPrefix("objects/") || path.hasSuffix("envelope") {
                var rotted = bytes
                rotted[bytes.count - 3] ^= 1
                for bad in [rotted, Array(bytes.dropLast())] {
                    try desk.write("repo/\(path)", bad)
                    #expect(try desk.check().findings.count == 1)
                    let outcome = try desk.add("1.0.0")
                    #expect(outcome.changes.map(\.kind) == [.parts])
                    #expect(outcome.warnings.count == 1)
                    #expect(outcome.warnings.first?.contains(path) == true)
                    #expect(try desk.files() == before)
                }
            }
            // Nor is the bundle blamed once it was removed.
            let pack = try #require(before.keys.first { $0.hasSuffix(".pack") })
            _ = try desk.publisher().remove(
                .version("1.0.0", application: nil), keys: desk.keys())
            try desk.write("repo/\(pack)", Array(repeating: 7, count: before[pack]?.count ?? 0))
            #expect(try desk.add("1.0.0").warnings.contains { $0.contains(pack) })
            #expect(try desk.check().findings.isEmpty)
            // A damaged bundle replaces nothing.
            var file = try desk.read("1.0.0.nacelle")
            file[file.count - 3] ^= 1
            try desk.write("bad.nacelle", file)
            #expect(fault { try desk.add("bad") }?.code == .malformed)
            #expect(try desk.read("repo/\(pack)") == before[pack])
        }
    }

    @Test func `a sealed pack is replaced only by one that was verified`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1, sealedTo: ["escrow"])
            try desk.add("1.0.0")
            let before = try desk.files()
            let pack = try #require(before.keys.first { $0.hasSuffix(".pack") })
            var bad = try #require(before[pack])
            bad[bad.count / 2] ^= 1
            try desk.write("repo/\(pack)", bad)
            let refusal = fault { try desk.add("1.0.0") }
            #expect(refusal?.code == .storage && refusal?.advice.contains("--key") == true)
            #expect(try desk.read("repo/\(pack)") == bad)
            let outcome = try desk.publisher().add(
                [desk.at("1.0.0.nacelle")], keys: desk.keys(), key: desk.at("escrow.key"))
            #expect(outcome.changes.map(\.kind) == [.parts])
            #expect(try desk.files() == before)
        }
    }

    @Test func `a target that speaks wrongly of a bundle is named, and can be taken out`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.build("1.2.0", release: 3, content: 2)
            try desk.add("1.0.0", "1.1.0")
            let path = try desk.spoil("1.0.0")
            let report = try desk.check()
            #expect(report.findings.map(\.path) == [path])
            #expect(report.bundles.map(\.version) == ["1.1.0"])
            let refusal = fault { try desk.add("1.2.0") }
            #expect(refusal?.code == .malformed)
            #expect(refusal?.message.contains(path) == true)
            #expect(refusal?.advice.contains("--target \(path)") == true)
            let other = try desk.publisher().remove(
                .version("1.1.0", application: nil), keys: desk.keys())
            #expect(other.warnings.contains { $0.contains(path) })
            #expect(try desk.publisher().remove(.target(path), keys: desk.keys()).isPublished)
            #expect(try desk.check().findings.isEmpty)
            #expect(try desk.add("1.2.0").isPublished)
        }
    }

    @Test func `an altered envelope is named, and its bundle goes by id`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.0.0", "1.1.0")
            let envelope = try #require(
                try desk.files().keys.first { $0.hasSuffix(".envelope") && $0.contains("1.0.0") })
            try desk.write("repo/\(envelope)", Array("garbage".utf8))
            let report = try desk.check()
            #expect(report.findings.count == 1 && report.bundles.count == 1)
            #expect(report.warnings.contains { $0.contains(envelope) })
            #expect(
                fault { _ = try desk.publisher().prune() }?.message.contains(envelope) == true)
            let outcome = try desk.publisher().remove(
                .version("1.1.0", application: nil), keys: desk.keys())
            #expect(outcome.warnings.contains { $0.contains(envelope) })
            let gone = try desk.publisher().remove(
                .version("1.0.0", application: nil), keys: desk.keys())
            #expect(gone.warnings.isEmpty)
            #expect(try desk.check().findings.isEmpty)
        }
    }
}

extension Desk {
    /// Publishes targets that say of a version's bundle what is none; the path of its target.
    func spoil(_ version: String) throws -> String {
        let state = try PresentState.read(repository)
        let offer = try #require(try state.offers().first { $0.bundle.version == version })
        let publication = Publication(
            present: state, judges: [state.root], keys: keys(), publisher: publisher())
        let made = try publication.targets().signed
        let targets = made["targets"] ?? .object([])
        let entry = (targets[offer.target.path] ?? .object([])).setting(
            "custom", to: .members([("nacelle", .members([("version", .integer(1))]))]))
        let file = try keys().sign(
            try SignedMetadata(
                signed: made.setting("targets", to: targets.setting(offer.target.path, to: entry)),
                signatures: []), .targets, under: [state.root])
        let files = try publication.files(targets: file)
        for file in files { try write("repo/\(file.path)", file.bytes) }
        return offer.target.path
    }
}
