import Faults
import Install
import StrictJSON
import TestKit
import Testing
import Transport

@testable import Fleet

/// What is offered, on the disk and as a place to install from.
@Suite struct OfferTests {
    private func artifact(_ name: String, _ size: Int64 = 1) -> Artifact {
        Artifact(file: name, size: size, href: "https://a.example/\(name)")
    }

    @Test func `the bundle is what a list of deltas names, else the largest, else what is wrapped`()
    {
        func chosen(_ files: Artifact...) -> String? { OfferShelf.bundle(files)?.file }
        let full = artifact("b-1.1.nacelle", 9)
        let delta = artifact("b-1.1-from-1.0.nacelle", 3)
        #expect(chosen(delta, full) == "b-1.1.nacelle")
        #expect(chosen(full, delta) == "b-1.1.nacelle")
        let list = artifact("b-1.1.nacelle.deltas")
        #expect(chosen(artifact("big.nacelle", 99), delta, list, full) == "b-1.1.nacelle")
        #expect(chosen(artifact("b.swu", 999), full) == "b-1.1.nacelle")
        #expect(chosen(artifact("readme.txt"), artifact("b.SWU")) == "b.SWU")
        #expect(chosen(artifact("readme.txt")) == nil)
        #expect(chosen() == nil)
    }

    @Test func `an offer on the disk is read again, and altered ones are refused`() throws {
        let server = try FleetServer("https://hawkbit.example/DEFAULT/controller/v1/turbine-7/")
        let deployment = try Deployment(reading: bytes(DocumentTests.deployment), from: server)
        let offer = try Offer(deployment, from: server)
        #expect(offer.server.hasSuffix("turbine-7"))
        let again = try Offer(reading: offer.json.pretty)
        #expect(again == offer)
        for seed in SeededGenerator.seeds(8) {
            let got = readAltered(
                offer.json.compact, seed: seed, codes: [.storeDamaged]
            ) { _ = try Offer(reading: $0) }
            #expect(got.wrong == nil)
            #expect(got.refused > 100)
        }
    }

    @Test func `files are found by their names, and nothing is asked for those that are not`()
        throws
    {
        try FleetRig.with { rig in
            try rig.serve("b.nacelle", bytes("bundle"))
            try rig.serve("b.nacelle.deltas", bytes("list"))
            try rig.serve("d.nacelle", bytes("delta"))
            let files = ["b.nacelle", "b.nacelle.deltas", "d.nacelle"].map {
                #"{"file": "\#($0)"}"#
            }
            try rig.script(FleetRig.deployment(file: files.joined(separator: ",")))
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            try rig.double.clear()
            let shelf = try OfferShelf(offer, HTTPClient(rig.settings))
            #expect(shelf.file == "b.nacelle" && shelf.name.contains("action 8"))
            #expect(try shelf.read("b.nacelle.deltas", limit: 100) == bytes("list"))
            #expect(try shelf.read("2.root.json", limit: 100) == nil)
            let delta = try shelf.open("d.nacelle")
            let got = try delta.read(at: 0, count: 5)
            #expect(got == bytes("delta"))
            #expect(try fault { _ = try shelf.open("none") }.code == .notFound)
            #expect(try rig.requests() == ["GET /files/b.nacelle.deltas", "GET /files/d.nacelle"])
        }
    }

    @Test(arguments: [404, 410, 403])
    func `a file that goes while it is fetched ends the fetching`(status: Int) throws {
        try FleetRig.with { rig in
            var generator = SeededGenerator(seed: 8)
            try rig.serve("b.nacelle", generator.bytes(3_000_000))
            let gone =
                #"{"match": "GET /files/.*", "after": 2, "times": 1000, "status": \#(status)}"#
            try rig.script(
                FleetRig.deployment(file: #"{"file": "b.nacelle"}"#) + #", "troubles": [\#(gone)]"#)
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            let source = try OfferShelf(offer, HTTPClient(rig.settings)).bundle()
            let got = try fault { _ = try source.read(at: 0, count: 3_000_000) }
            #expect(got.code == .serverRefused && got.message.contains("\(status)"), "\(got)")
            #expect(try rig.requests().count { $0.contains("/files/") } < 10)
        }
    }

    @Test func `a file is fetched in ranges of one state of it, whatever breaks`() throws {
        try FleetRig.with { rig in
            var generator = SeededGenerator(seed: 7)
            let content = generator.bytes(3_000_000)
            try rig.serve("b.nacelle", content)
            try rig.script(
                FleetRig.deployment(file: #"{"file": "b.nacelle"}"#) + #", "cut": 3"#)
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            rig.settings.backOff.attempts = 6
            let source = try OfferShelf(offer, HTTPClient(rig.settings)).bundle()
            let got = try source.read(at: 0, count: content.count)
            #expect(got == content)
            guard case .array(let log)? = try rig.double.seen()["log"] else { return }
            let ranges = log.filter { if case .string? = $0["range"] { true } else { false } }
            #expect(ranges.count > 3)
            // All but the first say which state they want.
            #expect(
                ranges.dropFirst().allSatisfy {
                    if case .string? = $0["condition"] { true } else { false }
                })
            // Another file in its place is noticed.
            let other = try OfferShelf(offer, HTTPClient(rig.settings)).bundle()
            try rig.serve("b.nacelle", generator.bytes(3_000_000))
            let changed = try fault { _ = try other.read(at: 100_000, count: 1_000_000) }
            #expect(changed.code == .serverChanged, "\(changed)")
        }
    }
}
