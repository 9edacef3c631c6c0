import Building
import Faults
import Testing
import Trust

@Suite struct RootCeremonyTests {
    @Test func `a root that needs two signatures is signed offline, one after the other`() throws {
        try Workshop.run { shop in
            var changes = RootCeremony.Changes(expires: 4_000_000_000)
            changes.additions = [
                (.root, shop.at("one.pub")), (.root, shop.at("two.pub")),
                (.targets, shop.at("three.pub")),
            ]
            changes.thresholds = [(.root, 2)]
            let begun = try RootCeremony.begin(
                changes, keyFiles: [shop.at("two.key")], output: shop.at("new.json"))
            #expect(begun.missing?.code == .untrusted)
            let signed = try RootCeremony.sign(
                shop.at("new.json"), keyFiles: [shop.at("one.key")], previous: nil)
            #expect(signed.missing == nil)
            #expect(
                signed.metadata.list(.timestamp).keyIDs == signed.metadata.list(.targets).keyIDs)
        }
    }

    @Test func `a new version needs the old keys and the new ones`() throws {
        try Workshop.run { shop in
            var changes = RootCeremony.Changes(expires: 4_000_000_000)
            changes.additions = [(.root, shop.at("two.pub")), (.targets, shop.at("two.pub"))]
            changes.removals = [(.root, shop.at("one.pub")), (.targets, shop.at("one.pub"))]
            let begun = try RootCeremony.extend(
                shop.at("root.json"), changes, keyFiles: [shop.at("two.key")],
                output: shop.at("root-2.json"))
            #expect(begun.metadata.version == 2)
            #expect(begun.missing?.code == .untrusted)
            let signed = try RootCeremony.sign(
                shop.at("root-2.json"), keyFiles: [shop.at("one.key")],
                previous: shop.at("root.json"))
            #expect(signed.missing == nil)
            let old = try VerifiedRoot.load(try shop.read("root.json"))
            #expect(try old.successor(try shop.read("root-2.json")).version == 2)
            // What the old key signed is worth nothing under the new root.
            try shop.build(keys: ["one"])
            #expect(fault { try shop.verify(root: "root-2.json") }?.code == .untrusted)
            try shop.build(keys: ["two"])
            try shop.verify(root: "root-2.json")
        }
    }

    @Test func `a threshold that the keys cannot reach is refused and nothing is written`() throws {
        try Workshop.run { shop in
            var changes = RootCeremony.Changes(expires: 4_000_000_000)
            changes.additions = [(.root, shop.at("one.pub")), (.targets, shop.at("two.pub"))]
            changes.thresholds = [(.targets, 2)]
            let refused = fault {
                _ = try RootCeremony.begin(changes, keyFiles: [], output: shop.at("new.json"))
            }
            #expect(refused?.code == .keys)
            #expect(fault { _ = try shop.read("new.json") }?.code == .notFound)
        }
    }

    @Test func `keys are never overwritten`() throws {
        try Workshop.run { shop in
            let before = try shop.read("one.key")
            #expect(fault { _ = try KeyMaker.make(.signing, at: shop.at("one")) }?.code == .keys)
            #expect(try shop.read("one.key") == before)
        }
    }
}
