import Building
import DurableFiles
import Faults
import Install
import Publishing
import Repository
import Sealing
import StrictJSON
import Testing
import Transport
import Trust

@Suite struct AddTests {
    @Test func `a device reads an added bundle, put together of its parts`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            let outcome = try desk.add("1.0.0")
            #expect(outcome.isPublished)
            #expect(outcome.changes.map(\.kind) == [.added])
            let tree = FolderTree(path: desk.repository)
            let scratch = try Directory.open(path: desk.path)
            var reader = RepositoryReader(
                tree, metadata: RepositoryLayout.metadata,
                cache: MetadataCache(in: try scratch.make("cache")),
                rules: RepositoryRules(time: Desk.now))
            let root = try VerifiedRoot.load(try desk.read("root.json"))
            let trusted = try reader.refresh(from: root)
            let path = try #require(trusted.targets.files.first?.path)
            let target = try #require(try reader.find(path))
            let bundle = try #require(try BundleTarget(custom: target.custom))
            #expect(bundle.version == "1.0.0" && bundle.machines == ["bench"])
            let stored = RepositoryLayout.targets + target.storedPath(consistentSnapshot: true)
            let envelope = try #require(try tree.read(stored, limit: 1 << 20))
            try target.check(envelope)
            // What the parts give is the file that was added, byte for byte.
            let file = try desk.read("1.0.0.nacelle")
            let objects = try desk.files().filter { $0.key.hasPrefix("objects/") }
            let index = try #require(objects.first { $0.key.hasSuffix(".index") })
            let pack = try #require(objects.first { $0.key.hasSuffix(".pack") })
            #expect(Int64(index.value.count) == bundle.index)
            #expect(Int64(pack.value.count) == bundle.pack)
            let parts = PartsSource(
                name: "parts", isRemote: false, head: Array(file[..<64]) + envelope,
                parts: [
                    PartsSource.Part(length: bundle.index) { () throws(Fault) in
                        try tree.open(index.key)
                    },
                    PartsSource.Part(length: bundle.pack) { () throws(Fault) in
                        try tree.open(pack.key)
                    },
                ])
            #expect(try parts.read(at: 0, count: file.count) == file)
            let verified = try VerifiedBundle.open(parts, root: trusted.root)
            #expect(BundleTarget(verified.manifest) == bundle)
            let report = try desk.check()
            #expect(report.findings.isEmpty && report.orphans.isEmpty && report.unchecked.isEmpty)
        }
    }

    @Test func `several bundles and their delta come in one publication, in any order`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.delta("1.0.0", "1.1.0")
            let outcome = try desk.add("1.1.0-from-1.0.0", "1.1.0", "1.0.0")
            #expect(outcome.versions.targets == 2)
            #expect(outcome.changes.count == 3)
            let report = try desk.check()
            #expect(report.findings.isEmpty)
            #expect(report.bundles.filter { $0.delta != nil }.count == 1)
        }
    }

    @Test func `what is there already changes nothing`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            let before = try desk.files()
            let outcome = try desk.add("1.0.0", now: Desk.now + 5)
            #expect(outcome.changes.map(\.kind) == [.unchanged] && !outcome.isPublished)
            #expect(try desk.files() == before)
        }
    }

    @Test func `what an interrupted command was writing goes`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            let places = ["objects/.a.pack.new", "targets/demo/.b.envelope.new", "metadata/.c.new"]
            for place in places { try desk.write("repo/\(place)", [1]) }
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.1.0")
            for place in places {
                #expect(fault { _ = try desk.read("repo/\(place)") }?.code == .notFound)
            }
        }
    }

    @Test func `another list of recipients is replaced alone, without a key`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1, sealedTo: ["escrow"])
            #expect(try desk.add("1.0.0").warnings.count == 1)
            let before = try desk.files()
            _ = try BundleEditor(path: desk.at("1.0.0.nacelle")).seal(
                with: desk.at("escrow.key"), add: [desk.at("device.pub")], remove: [])
            let outcome = try desk.publisher().add(
                [desk.at("1.0.0.nacelle")], keys: PublishingKeys(), key: desk.at("escrow.key"))
            #expect(outcome.changes.map(\.kind) == [.parts] && outcome.warnings.isEmpty)
            let after = try desk.files()
            let changed = after.filter { before[$0.key] != $0.value }.map(\.key)
            #expect(changed.count == 1 && changed[0].hasPrefix("recipients/"))
            #expect(try desk.check().unchecked.count == 1)
            let report = try desk.check(key: "device")
            #expect(report.findings.isEmpty && report.unchecked.isEmpty)
        }
    }

    @Test func `more signatures give a new envelope beside the old one`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            _ = try BundleEditor(path: desk.at("1.0.0.nacelle")).sign(
                keyFiles: [desk.at("eva.key")])
            #expect(try desk.add("1.0.0").changes.map(\.kind) == [.envelope])
            #expect(try desk.files().keys.filter { $0.hasSuffix(".envelope") }.count == 2)
            let report = try desk.check()
            #expect(report.findings.isEmpty)
            #expect(report.orphans.filter { $0.hasSuffix(".envelope") }.count == 1)
        }
    }

    @Test func `an object that is lost comes back with its bundle`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            let before = try desk.files()
            for path in before.keys where path.hasPrefix("objects/") || path.hasSuffix("envelope") {
                try desk.remove("repo/\(path)")
                #expect(try desk.check().findings.count == 1)
                #expect(try desk.add("1.0.0").changes.map(\.kind) == [.parts])
                #expect(try desk.files() == before)
            }
        }
    }

    @Test func `a counter that goes back, or is taken, is refused`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("2.0.0", release: 2)
            try desk.add("2.0.0")
            try desk.build("1.0.0", release: 1, content: 1)
            let before = try desk.files()
            #expect(fault { try desk.add("1.0.0") }?.code == .downgrade)
            try desk.build("2.0.1", release: 2, content: 2)
            #expect(fault { try desk.add("2.0.1") }?.code == .source)
            #expect(try desk.files() == before)
            // Another machine has counters of its own.
            try desk.build("1.5.0", release: 1, content: 3, machines: "other")
            try desk.add("1.5.0")
            let outcome = try desk.publisher().add(
                [desk.at("1.0.0.nacelle")], keys: desk.keys(), allowsOlder: true)
            #expect(outcome.isPublished)
            // The same files under the same counter are no contradiction.
            try desk.build("2.0.2", release: 2)
            #expect(try desk.add("2.0.2").isPublished)
            #expect(try desk.check().findings.isEmpty)
        }
    }

    @Test func `a delta without its full bundle is refused`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.delta("1.0.0", "1.1.0")
            try desk.add("1.0.0")
            let refusal = fault { try desk.add("1.1.0-from-1.0.0") }
            #expect(refusal?.code == .source)
            #expect(refusal?.message.contains("not in the repository") == true)
        }
    }

    @Test func `a damaged bundle is refused, and nothing of it stays`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("0.9.0", release: 1)
            try desk.build("1.0.0", release: 2, content: 9)
            let before = try desk.files()
            let whole = try desk.read("1.0.0.nacelle")
            for place in [whole.count - 1, whole.count - 3000, 20, 400] {
                var bytes = whole
                bytes[place] ^= 1
                try desk.write("bad.nacelle", bytes)
                let refusal = fault { try desk.add("0.9.0", "bad") }
                #expect(refusal?.code == .malformed || refusal?.code == .untrusted)
                #expect(refusal?.message.contains("bad.nacelle") == true)
            }
            try desk.write("bad.nacelle", Array(whole.dropLast(1)))
            #expect(fault { try desk.add("0.9.0", "bad") }?.code == .malformed)
            #expect(try desk.files() == before)
            let objects = try Directory.open(path: desk.at("repo/objects"))
            #expect(try objects.names().isEmpty)
        }
    }

    @Test func `a bundle that others signed is refused`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1, signers: ["eva"])
            #expect(fault { try desk.add("1.0.0") }?.code == .untrusted)
        }
    }

    @Test func `a key that signs for nothing here is refused by name`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            for keys in [desk.keys(["eva"]), desk.keys(online: ["ci"]), desk.keys(["online"])] {
                let refusal = fault {
                    _ = try desk.publisher().add([desk.at("1.0.0.nacelle")], keys: keys)
                }
                #expect(refusal?.code == .keys)
            }
            // No online key: the targets could not be published.
            let refusal = fault {
                _ = try desk.publisher().add(
                    [desk.at("1.0.0.nacelle")], keys: desk.keys(online: []))
            }
            #expect(refusal?.code == .untrusted)
            #expect(refusal?.message.contains("needs 1 signatures; 0 of its") == true)
            #expect(refusal?.advice.contains("--online-key") == true)
            let objects = try Directory.open(path: desk.at("repo/objects"))
            #expect(try objects.names().isEmpty)
        }
    }

    @Test func `the same steps at the same times give the same files`() throws {
        try Desk.run { desk in
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            func once() throws -> [String: [UInt8]] {
                try desk.open()
                try desk.add("1.0.0", now: Desk.now + 10)
                try desk.add("1.1.0", now: Desk.now + 20)
                let files = try desk.files()
                try desk.remove("repo")
                return files
            }
            #expect(try once() == once())
        }
    }
}
