import DurableFiles
import Faults
import Publishing
import TestKit
import Testing

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
}
