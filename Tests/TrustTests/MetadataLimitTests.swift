import Faults
import Sealing
import StrictJSON
import Testing

@testable import Trust

/// The limits of what is read, each met and then passed by one.
@Suite struct MetadataLimitTests {
    /// The one key of a role as a repository sketch has it.
    private func role(_ seed: UInt8) throws -> RoleKeys {
        let key = try TestKey(seed)
        return RoleKeys(
            members: [.init(id: key.id, publicKey: .ed25519(key.publicKey))], threshold: 1)
    }

    private func targets(_ bytes: [UInt8]) throws -> TargetsMetadata {
        try TargetsMetadata(bytes, role: "targets", by: try role(4), accepting: .ed25519Alone)
    }

    private func bytes(_ bend: (inout RepositorySketch) throws -> Void) throws -> [UInt8] {
        var sketch = try RepositorySketch()
        try bend(&sketch)
        return try sketch.targets.bytes()
    }

    @Test func `a snapshot has at most 2 MiB`() throws {
        let good = try #require(try RepositorySketch().files()["1.snapshot.json"])
        let role = try role(3)
        _ = try SnapshotMetadata(good + spaces((2 << 20) - good.count), by: role)
        let long = good + spaces((2 << 20) + 1 - good.count)
        #expect(
            try fault { _ = try SnapshotMetadata(long, by: role) }.message.contains("2097153 bytes")
        )
    }

    @Test func `targets metadata has at most 5 MiB`() throws {
        let good = try bytes { _ in }
        _ = try targets(good + spaces((5 << 20) - good.count))
        let long = good + spaces((5 << 20) + 1 - good.count)
        #expect(try fault { _ = try targets(long) }.message.contains("5242881 bytes"))
    }

    @Test func `a snapshot names at most 40,000 roles`() throws {
        let entry = try JSONFields(.members([("version", .integer(1))]), path: "x").value
        func table(_ count: Int) throws -> Int {
            let meta = JSONValue.object(
                (0..<count).map { JSONValue.Member("\($0).json", entry) })
            return try MetaFile.table(
                try JSONFields(meta, path: "meta"), limit: SnapshotMetadata.roles
            ).count
        }
        #expect(SnapshotMetadata.roles == 40_000)
        #expect(try table(40_000) == 40_000)
        #expect(try fault { _ = try table(40_001) }.code == .malformed)
    }

    @Test func `targets metadata lists at most 50,000 targets`() throws {
        #expect(TargetsMetadata.targetLimit == 50_000)
        let entry = JSONValue.number("1")
        let many = try bytes { sketch in
            sketch.targets["targets"] = .members((0...50_000).map { ("\($0)", entry) })
        }
        #expect(
            try fault { _ = try targets(many) }.message.contains("more than 50000 targets"))
    }

    @Test func `a target's path has 1 to 4096 bytes`() throws {
        let entry = try Entry.target([1])
        for (length, fits) in [(4096, true), (4097, false), (0, false)] {
            let bytes = try bytes { sketch in
                sketch.targets["targets"] = .members([
                    (String(repeating: "p", count: length), entry)
                ])
            }
            if fits {
                #expect(try targets(bytes).files.count == 1)
            } else {
                #expect(try fault { _ = try targets(bytes) }.message.contains("\(length) bytes"))
            }
        }
    }

    @Test func `the name of a file in a snapshot has at most 1024 bytes`() throws {
        let entry = JSONValue.members([("version", .integer(1))])
        for (length, fits) in [(1024, true), (1025, false)] {
            let name = String(repeating: "n", count: length - 5) + ".json"
            let fields = try JSONFields(.members([(name, entry)]), path: "meta")
            if fits {
                #expect(try MetaFile.table(fields, limit: 9).count == 1)
            } else {
                #expect(try fault { _ = try MetaFile.table(fields, limit: 9) }.code == .malformed)
            }
        }
    }

    @Test func `a role delegates to at most 4096 others`() throws {
        #expect(Delegations.limit == 4096)
        let many = try bytes { sketch in
            sketch.targets["delegations"] = .members([
                ("keys", .members([])),
                ("roles", .array(Array(repeating: .number("1"), count: 4097))),
            ])
        }
        #expect(try fault { _ = try targets(many) }.message.contains("at most 4096"))
    }

    @Test func `a table has at most 512 keys, and a role at most 64`() throws {
        let keys = try (0..<513).map { number in
            let form = JSONValue.members([
                ("keytype", .string("later")), ("number", .integer(number)),
                ("keyval", .members([])),
            ])
            return (try SHA256.digest(of: try form.canonical()).hex, form as JSONValue?)
        }
        for (count, fits) in [(512, true), (513, false)] {
            let fields = try JSONFields(.members(Array(keys.prefix(count))), path: "keys")
            if fits {
                #expect(try KeyTable(fields, accepting: .all).forms.count == 512)
            } else {
                #expect(
                    try fault { _ = try KeyTable(fields, accepting: .all) }.message.contains("512"))
            }
        }
        for (count, fits) in [(64, true), (65, false)] {
            let fields = try JSONFields(
                .members([
                    ("keyids", .array(keys.prefix(count).map { .string($0.0) })),
                    ("threshold", .integer(1)),
                ]), path: "role")
            if fits {
                #expect(try KeyTable.list(fields).ids.count == 64)
            } else {
                #expect(try fault { _ = try KeyTable.list(fields) }.message.contains("at most 64"))
            }
        }
    }

    @Test func `a file has at most 256 signatures`() throws {
        let signed = try RepositorySketch().targets
        let canonical = try signed.signed.canonical()
        let honest = try Signer.number(4)
        for (count, fits) in [(256, true), (257, false)] {
            let strangers = (1..<count).map { (id: "\($0)", bytes: [UInt8]()) }
            let bytes = try RoleSketch.file(
                signed.signed,
                strangers + [(id: honest.id, bytes: try honest.sign(canonical))])
            if fits {
                _ = try targets(bytes)
            } else {
                #expect(try fault { _ = try targets(bytes) }.message.contains("at most 256"))
            }
        }
    }

    @Test func `a key's text has at most 8192 bytes`() throws {
        let pem = try LibcryptoKey(.ec("P-256")).pem()
        let fits = String(repeating: "\n", count: 8192 - pem.utf8.count) + pem
        #expect(EncodedPublicKey(pem: fits, algorithm: .ecdsaP256) != nil)
        #expect(EncodedPublicKey(pem: "\n" + fits, algorithm: .ecdsaP256) == nil)
    }

    @Test func `nesting and the number of values are bounded before anything is verified`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        func values(_ count: Int) -> [UInt8] {
            Array(("[" + String(repeating: "1,", count: count) + "1]").utf8)
        }
        let (timestamp, snapshot) = (try role(2), try role(3))
        for bytes in [nested(17), values(2000)] {
            let refusal = try fault { _ = try TimestampMetadata(bytes, by: timestamp) }
            #expect(refusal.message.contains("nested deeper") || refusal.message.contains("values"))
        }
        for bytes in [nested(17), nested(100_000), values(200_000)] {
            let refusal = try fault { _ = try SnapshotMetadata(bytes, by: snapshot) }
            #expect(refusal.message.contains("nested deeper") || refusal.message.contains("values"))
        }
        for bytes in [nested(33), nested(100_000), values(600_000)] {
            let refusal = try fault { _ = try targets(bytes) }
            #expect(refusal.message.contains("nested deeper") || refusal.message.contains("values"))
        }
        for bytes in [nested(17), values(20_000)] {
            let refusal = try fault { _ = try RootMetadata(bytes) }
            #expect(refusal.message.contains("nested deeper") || refusal.message.contains("values"))
        }
    }
}
