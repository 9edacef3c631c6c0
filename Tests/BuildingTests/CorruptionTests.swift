import Building
import Bundle
import Faults
import Testing

/// Real bundles, bent in every section and cut at every edge: each one is refused in words.
@Suite struct CorruptionTests {
    private struct Sections {
        let edges: [Int]
        let keyIDs: [Range<Int>]

        init(_ shop: Workshop) throws {
            let preamble = try BundleSurvey.read(path: shop.at("app.nacelle")).preamble
            edges = [
                0, Preamble.length, Int(preamble.recipientsOffset), Int(preamble.indexOffset),
                Int(preamble.packOffset), Int(preamble.fileLength),
            ]
            // A key id is a hint that decides nothing, so a flip in it may pass.
            let bytes = try shop.read("app.nacelle")
            let mark = Array("\"keyid\":\"".utf8)
            keyIDs = bytes.indices.compactMap { start in
                bytes[start...].starts(with: mark) ? start..<start + mark.count + 66 : nil
            }
        }
    }

    private func verify(
        _ bytes: [UInt8], _ shop: Workshop, key: String?
    ) throws -> Fault? {
        try shop.write("bent.nacelle", bytes)
        return fault { try shop.verify("bent.nacelle", key: key) }
    }

    @Test(arguments: [nil, "device"])
    func `a flipped byte is refused in every section and at random`(key: String?) throws {
        try Workshop.run { shop in
            try shop.build(recipients: key.map { [$0] } ?? [])
            try shop.verify(key: key)
            let good = try shop.read("app.nacelle")
            let sections = try Sections(shop)
            var places = sections.edges.dropLast() + sections.edges.dropFirst().map { $0 - 1 }
            for (start, end) in zip(sections.edges, sections.edges.dropFirst()) where start < end {
                places += (0..<40).map { _ in Int.random(in: start..<end) }
            }
            for place in places
            where !sections.keyIDs.contains(where: { $0.contains(place) }) {
                var bytes = good
                bytes[place] ^= UInt8(1 << Int.random(in: 0..<8))
                let refused = try verify(bytes, shop, key: key)
                #expect(refused != nil, "a flip at byte \(place) passed")
                #expect(
                    [.malformed, .unsupported, .untrusted, .notRecipient, nil]
                        .contains(refused?.code))
            }
        }
    }

    @Test(arguments: [nil, "device"])
    func `a bundle cut short or with something appended is refused`(key: String?) throws {
        try Workshop.run { shop in
            try shop.build(recipients: key.map { [$0] } ?? [])
            let good = try shop.read("app.nacelle")
            for edge in try Sections(shop).edges {
                for length in [edge - 1, edge, edge + 1] where (0..<good.count).contains(length) {
                    let refused = try verify(Array(good[..<length]), shop, key: key)
                    #expect(refused?.code == .malformed, "cut to \(length) bytes")
                }
            }
            #expect(try verify(good + [0], shop, key: key)?.code == .malformed)
        }
    }

    @Test func `sections of two good bundles do not go together`() throws {
        try Workshop.run { shop in
            try shop.build("app.nacelle", recipients: ["device"])
            let first = try shop.read("app.nacelle")
            let sections = try Sections(shop)
            try shop.build("app.nacelle", recipients: ["device"])
            let second = try shop.read("app.nacelle")
            try #require(first.count == second.count)
            for (start, end) in zip(sections.edges, sections.edges.dropFirst()).dropFirst() {
                let mixed = first[..<start] + second[start..<end] + first[end...]
                #expect(try verify(Array(mixed), shop, key: "device")?.code == .malformed)
            }
        }
    }
}
