import Bundle
import DurableFiles
import Faults
import Signing
import StrictJSON
import TestKit
import Testing
import Trust

@testable import Building

@Suite struct DeltaListFileTests {
    /// A shop with three versions, of which the last is `new.nacelle`.
    private func threeVersions(
        recipients: [String] = [], _ body: (Workshop) throws -> Void
    ) throws {
        try Workshop.run { shop in
            for (number, name) in ["old", "middle", "new"].enumerated() {
                try shop.makeTree(name)
                try shop.write("\(name)/notes/version", "\(number)")
                try shop.write("\(name).yaml", shop.description(tree: "tree: \(name)"))
                try shop.build(
                    "\(name).nacelle", description: "\(name).yaml", recipients: recipients)
            }
            try body(shop)
        }
    }

    private func put(
        _ result: DeltaBuilder.Result, _ file: String, in shop: Workshop, keys: [String] = ["one"]
    ) throws -> Int {
        try DeltaListFile.put(
            result, file: shop.at(file), beside: shop.at("new.nacelle"), root: shop.at("root.json"),
            signingKeys: keys.map { shop.at("\($0).key") })
    }

    private func list(in shop: Workshop) throws -> DeltaList {
        try DeltaListFile.read(
            try shop.read("new.nacelle.deltas"), root: shop.at("root.json"))
    }

    @Test func `a list grows by each base, and one from the same base is replaced`() throws {
        try threeVersions { shop in
            let first = try shop.delta("old.nacelle", to: "a.nacelle")
            #expect(try put(first, "a.nacelle", in: shop) == 1)
            let second = try shop.delta("middle.nacelle", to: "b.nacelle")
            #expect(try put(second, "b.nacelle", in: shop) == 2)
            #expect(try put(first, "c.nacelle", in: shop) == 2)
            let list = try list(in: shop)
            #expect(list.belongs(to: first.full))
            let entry = try #require(list.delta(from: first.base.baseTree))
            #expect(entry.file == "c.nacelle")
            #expect(entry.length == Int64(try shop.read("a.nacelle").count))
            #expect(entry.bundle == first.bundle.manifest.bundle)
            #expect(entry.pack == first.bundle.manifest.packLength)
            #expect(list.delta(from: second.base.baseTree)?.file == "b.nacelle")
        }
    }

    @Test func `a list of another bundle of that name gives way`() throws {
        try threeVersions { shop in
            let first = try shop.delta("old.nacelle", to: "a.nacelle")
            #expect(try put(first, "a.nacelle", in: shop) == 1)
            let second = try shop.delta("old.nacelle", "middle.nacelle", to: "b.nacelle")
            #expect(try put(second, "b.nacelle", in: shop) == 1)
            #expect(try list(in: shop).belongs(to: second.full))
        }
    }

    @Test func `a list that nobody vouches for is not signed again`() throws {
        try threeVersions { shop in
            let first = try shop.delta("old.nacelle", to: "a.nacelle")
            for content in [
                Array("no envelope".utf8),
                try PayloadSigner.sign(
                    DeltaList(of: first.full).json.compact, type: .deltaList,
                    keyFiles: [shop.at("two.key")]
                ).encode(),
                try PayloadSigner.sign(
                    first.full.json.compact, type: .manifest, keyFiles: [shop.at("one.key")]
                ).encode(),
            ] {
                try shop.write("new.nacelle.deltas", content)
                let found = fault { _ = try put(first, "a.nacelle", in: shop) }
                #expect([.malformed, .untrusted].contains(found?.code))
                #expect(found?.advice.contains("--no-list") == true)
                #expect(try shop.read("new.nacelle.deltas") == content)
            }
        }
    }

    @Test func `files stand side by side whatever their paths look like`() throws {
        try threeVersions { shop in
            let (here, there) = (shop.at("new.nacelle"), shop.at("old/../x"))
            #expect(try DeltaListFile.areSideBySide(here, there))
            let apart = try DeltaListFile.areSideBySide(here, shop.at("old/x"))
            #expect(!apart)
        }
    }

    @Test func `with its base a delta is checked whole, and with no other bundle`() throws {
        try threeVersions(recipients: ["device"]) { shop in
            try shop.delta("old.nacelle", to: "d.nacelle", key: "device", recipients: ["device"])
            let before = try Directory.open(path: shop.path).names()
            let report = try shop.verify("d.nacelle", key: "device", base: "old.nacelle")
            #expect(report.checked.count == 5)
            #expect(report.unchecked.isEmpty)
            #expect(try Directory.open(path: shop.path).names().sorted() == before.sorted())
            let other = fault {
                try shop.verify("d.nacelle", key: "device", base: "new.nacelle")
            }
            #expect(other?.code == .source)
            #expect(other?.message.contains("the delta builds on 1.0.0") == true)
            let full = fault {
                try shop.verify("new.nacelle", key: "device", base: "old.nacelle")
            }
            #expect(full?.code == .source)
        }
    }

    @Test func `verify says what of a delta it could not check, and finds damage in the rest`()
        throws
    {
        try threeVersions(recipients: ["device"]) { shop in
            try shop.delta("old.nacelle", to: "d.nacelle", key: "device", recipients: ["device"])
            let report = try shop.verify("d.nacelle", key: "device")
            #expect(report.checked.count == 3)
            #expect(report.unchecked.count == 1)
            #expect(report.unchecked.first?.contains("1.0.0") == true)
            #expect(try shop.verify("d.nacelle").unchecked.count == 1)
            var bytes = try shop.read("d.nacelle")
            bytes[bytes.count - 1] ^= 1
            try shop.write("d.nacelle", bytes)
            #expect(fault { try shop.verify("d.nacelle", key: "device") }?.code == .malformed)
        }
    }
}
