import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// Well-signed metadata whose fields are not what they must be.
@Suite struct MetadataFormTests {
    private static let types = ["timestamp", "snapshot", "targets"]

    private func attack(_ type: String, _ name: String, _ value: JSONValue?) throws -> Fault {
        let start = try RepositorySketch()
        return try TrustTests.attack(start) { sketch in
            switch type {
            case "root":
                try sketch.nextRoot()
                sketch.root[name] = value
            case "timestamp": sketch.timestamp[name] = value
            case "snapshot": sketch.snapshot[name] = value
            default: sketch.targets[name] = value
            }
        } alter: { files in
            // A version that cannot be read has no file name; the one that is asked for has it.
            for file in ["2.root.json", "2.snapshot.json", "2.targets.json"]
            where files[file] == nil {
                files[file] = files["0." + file.dropFirst(2)]
            }
        }.fault
    }

    @Test(arguments: ["root"] + types)
    func `metadata of another type is refused`(type: String) throws {
        for other in ["root", "timestamp", "snapshot", "targets", "mirrors", ""]
        where other != type {
            let refusal = try attack(type, "_type", .string(other))
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("_type"))
        }
    }

    @Test(arguments: ["root"] + types)
    func `metadata of another major version of the specification is refused`(type: String) throws {
        for version in ["2.0.0", "0.9.1", "10.0.0", "01.0.0"] {
            #expect(try attack(type, "spec_version", .string(version)).code == .unsupported)
        }
    }

    @Test(arguments: ["root"] + types)
    func `a version of the specification that is none is refused`(type: String) throws {
        for version in ["1", "", "1.0.0.0", "1.a", "1.", "1.0.-1", "1.0.0-rc"] {
            #expect(try attack(type, "spec_version", .string(version)).code == .malformed)
        }
        #expect(try attack(type, "spec_version", nil).code == .malformed)
    }

    @Test(arguments: ["root"] + types)
    func `a time of expiry that is none is refused`(type: String) throws {
        for text in [
            "", "never", "2031-02-30T00:00:00Z", "2031-05-09T00:00:00+02:00", "2031-05-09",
        ] {
            let refusal = try attack(type, "expires", .string(text))
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("expires"))
        }
        #expect(try attack(type, "expires", .integer(1_900_000_000)).code == .malformed)
        #expect(try attack(type, "expires", nil).code == .malformed)
    }

    @Test func `a version from 1 to 2⁵³ is accepted, and no other`() throws {
        for version in ["0", "-1", "9007199254740993", "99999999999999999999", "-0"] {
            let fields = try JSONFields(
                .members([
                    ("_type", .string("x")), ("spec_version", .string("1.0")),
                    ("version", .number(version)), ("expires", .string("2031-05-09T00:00:00Z")),
                ]), path: "x")
            let refusal = try fault { _ = try MetadataHeader(fields, type: "x") }
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("9007199254740992"))
            let entry = try JSONFields(.members([("version", .number(version))]), path: "x")
            #expect(try fault { _ = try MetaFile(entry) }.message.contains("9007199254740992"))
        }
        #expect(try attack("timestamp", "version", .string("2")).code == .malformed)
    }

    @Test func `a digest that is none, or none that is known, is refused`() throws {
        let hex = try SHA256.digest(of: [1]).hex
        for hashes in [
            [], [("md5", hex)], [("sha256", hex.uppercased())],
            [("sha256", String(hex.dropLast()))],
            [("sha512", hex)], [("sha256", hex + hex)], [("sha256", hex), ("sha512", "")],
        ] as [[(String, String)]] {
            let entry = JSONValue.members([
                ("length", .integer(1)),
                ("hashes", .members(hashes.map { ($0.0, .string($0.1)) })),
            ])
            let (refusal, _) = try TrustTests.attack { sketch in
                sketch.targets["targets"] = .members([("file", entry)])
            }
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("hashes"))
        }
    }

    @Test func `a target without a length or digest, or with a negative length, is refused`() throws
    {
        let hashes = try Entry.hashes([1])
        for entry in [
            [("length", .integer(1))], [("hashes", hashes)],
            [("length", .integer(-1)), ("hashes", hashes)],
            [("length", .string("1")), ("hashes", hashes)],
            [("length", .integer((Int64(1) << 53) + 1)), ("hashes", hashes)],
        ] as [[(String, JSONValue?)]] {
            let refusal = try attack("targets", "targets", .members([("file", .members(entry))]))
            #expect(refusal.code == .malformed)
        }
    }

    @Test func `an announced length below 1 or above 2³¹ is refused`() throws {
        for length in [0, -1, 1 << 31] {
            let entry = JSONValue.members([
                ("version", .integer(2)), ("length", .integer(length)),
            ])
            let refusal = try attack("timestamp", "meta", .members([("snapshot.json", entry)]))
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("length"))
        }
    }

    @Test func `paths that differ in their normalisation alone are two`() throws {
        var sketch = try RepositorySketch()
        sketch.targets["targets"] = .members([
            ("\u{E9}", try Entry.target([1])), ("e\u{301}", try Entry.target([1, 2])),
        ])
        var player = try Player(sketch)
        try player.refresh()
        #expect(try player.find("\u{E9}")?.length == 1)
        #expect(try player.find("e\u{301}")?.length == 2)
    }

    @Test func `a role that is named twice is refused`() throws {
        let (refusal, _) = try TrustTests.attack { sketch in
            sketch.targets["delegations"] = Delegation.object(
                try ["a", "a"].map { Delegation(name: $0, keys: [try .number(9)]) })
        }
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("twice"))
    }

    @Test(arguments: ["root", "timestamp", "snapshot", "targets", ""])
    func `a delegated role has no name of a top-level role`(name: String) throws {
        let (refusal, _) = try TrustTests.attack { sketch in
            sketch.targets["delegations"] = Delegation.object([
                Delegation(name: name, keys: [try .number(9)])
            ])
        }
        #expect(refusal.code == .malformed)
        #expect(refusal.message.contains("no delegated role"))
    }

    @Test func `a delegation by patterns and by digests at once, or by neither, is refused`() throws
    {
        for (paths, prefixes) in [(["*"], ["0"]), (nil, nil)] as [([String]?, [String]?)] {
            let (refusal, _) = try TrustTests.attack { sketch in
                sketch.targets["delegations"] = Delegation.object([
                    Delegation(
                        name: "role", keys: [try .number(9)], paths: paths, prefixes: prefixes)
                ])
            }
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("one of “paths” and “path_hash_prefixes”"))
        }
        let bins = Delegation.bins(4, "bin", [try .number(9)])
        for delegations in [
            .members([("keys", .members([]))]),
            .members([
                ("keys", bins["keys"]), ("succinct_roles", bins["succinct_roles"]),
                ("roles", .array([])),
            ]),
        ] as [JSONValue] {
            let refusal = try attack("targets", "delegations", delegations)
            #expect(refusal.code == .malformed)
            #expect(refusal.message.contains("one of “roles” and “succinct_roles”"))
        }
    }

    @Test func `a number that is no integer cannot be signed, nor a key stand twice`() throws {
        for (place, text) in [
            ("\"version\":1", "\"version\":1,\"x\":1.0"), ("{", "{\"version\":1,"),
        ] {
            var player = try Player(try RepositorySketch())
            let whole = String(
                decoding: try #require(player.served["timestamp.json"]), as: UTF8.self)
            let cut = try #require(whole.firstRange(of: "\"signed\":"))
            let signed = whole[cut.upperBound...]
            let first = try #require(signed.firstRange(of: place))
            player.served["timestamp.json"] = Array(
                (whole[..<cut.upperBound] + signed[..<first.lowerBound] + text
                    + signed[first.upperBound...]).utf8)
            #expect(try fault { try player.refresh() }.code == .malformed)
        }
    }
}
