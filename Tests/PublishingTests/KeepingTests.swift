import Building
import DurableFiles
import Faults
import Publishing
import Repository
import Sealing
import Signing
import StrictJSON
import Testing
import Transport
import Trust

@testable import Publishing

/// What time, removal and rotation do to a repository.
@Suite struct KeepingTests {
    @Test func `init makes what its root's chain leads to, once`() throws {
        try Desk.run { desk in
            try desk.extendRoot()
            let outcome = try desk.publisher().create(
                root: desk.at("root-2.json"), chain: [desk.at("root.json")], keys: desk.keys())
            #expect(outcome.versions.root == 2 && outcome.versions.targets == 1)
            #expect(
                Set(try desk.files().keys) == [
                    "metadata/1.root.json", "metadata/2.root.json", "metadata/1.targets.json",
                    "metadata/1.snapshot.json", "metadata/timestamp.json",
                ])
            #expect(fault { try desk.open() }?.code == .source)
            #expect(try desk.check().findings.isEmpty)
        }
    }

    @Test func `roots that do not follow each other are refused, and nothing is made`() throws {
        try Desk.run { desk in
            try desk.extendRoot()
            try desk.extendRoot("root-2.json", "root-3.json")
            let refusal = fault {
                _ = try desk.publisher().create(
                    root: desk.at("root-3.json"), chain: [desk.at("root.json")], keys: desk.keys())
            }
            #expect(refusal?.code == .untrusted)
            #expect(fault { _ = try desk.files() }?.code == .notFound)
            try desk.makeRoot(expires: Desk.now - 1)
            #expect(fault { try desk.open() }?.code == .expired)
            try desk.makeRoot(targets: ["ci", "eva"], threshold: 2)
            let few = fault { try desk.open() }
            #expect(few?.code == .untrusted && few?.message.contains("needs 2") == true)
            #expect(fault { _ = try desk.files() }?.code == .notFound)
        }
    }

    @Test func `a refresh needs the online key alone, and only when there is something to gain`()
        throws
    {
        try Desk.run { desk in
            try desk.open()
            let online = desk.keys([], online: ["online"])
            let before = try desk.files()
            #expect(try !desk.publisher().refresh(keys: online).isPublished)
            #expect(try desk.files() == before)
            let later = Desk.now + 2 * Desk.day
            let outcome = try desk.publisher(now: later).refresh(keys: online)
            #expect(outcome.versions.timestamp == 2 && outcome.versions.snapshot == 1)
            #expect(outcome.until == later + 7 * Desk.day)
            let changed = try desk.files().filter { before[$0.key] != $0.value }.map(\.key)
            #expect(changed == ["metadata/timestamp.json"])
            // The snapshot of 30 days is renewed once fewer than 14 are left.
            let last = Desk.now + 20 * Desk.day
            #expect(try desk.publisher(now: last).refresh(keys: online).versions.snapshot == 2)
            // Even a repository that has run out comes back.
            let out = Desk.now + 100 * Desk.day
            #expect(try desk.check(now: out).findings.map(\.fault.code) == [.expired])
            _ = try desk.publisher(now: out).refresh(keys: online)
            #expect(try desk.check(now: out).findings.isEmpty)
        }
    }

    @Test func `refreshes at the same time do no harm`() async throws {
        let parent = try Directory.open(path: "/tmp")
        let name = "nacelle-test-refreshes-\(UInt64.random(in: 0...UInt64.max))"
        _ = try parent.make(name)
        defer { try? Directory.open(path: "/tmp").removeTree(name) }
        let desk = Desk(path: "/tmp/\(name)")
        try desk.furnish()
        try desk.open()
        await withTaskGroup(of: Fault?.self) { group in
            for number in 1...8 {
                group.addTask {
                    fault {
                        let online = desk.keys([], online: ["online"])
                        let now = Desk.now + Int64(number) * 120
                        _ = try desk.publisher(now: now).refresh(keys: online)
                    }
                }
            }
            for await fault in group { #expect(fault == nil) }
        }
        #expect(try desk.check().findings.isEmpty)
        let outcome = try desk.publisher(now: Desk.now).refresh(keys: desk.keys([]))
        #expect((2...9).contains(outcome.versions.timestamp))
    }

    @Test func `targets that devices would not take are refused before they are there`() throws {
        try Desk.run { desk in
            try desk.open()
            let state = try PresentState.read(desk.repository)
            let publication = Publication(
                present: state, judges: [state.root], keys: desk.keys(),
                publisher: desk.publisher())
            let made = try publication.targets().signed.setting(
                "x-large", to: .string(String(repeating: "x", count: TargetsMetadata.limit)))
            let signed = try desk.keys().sign(
                try SignedMetadata(signed: made, signatures: []), .targets, under: [state.root])
            let folder = try desk.publisher().open("a test")
            let refusal = fault {
                try publication.publish(try publication.files(targets: signed), in: folder)
            }
            #expect(refusal?.code == .source)
            #expect(refusal?.message.contains("at most \(TargetsMetadata.limit)") == true)
            #expect(try desk.check().outcome.versions.targets == 1)
        }
    }

    @Test func `what the online key cannot mend is said`() throws {
        try Desk.run { desk in
            try desk.open()
            let soon = Desk.now + 350 * Desk.day
            let online = desk.keys([], online: ["online"])
            #expect(try desk.publisher(now: soon).refresh(keys: online).warnings.count == 1)
            let late = Desk.now + 366 * Desk.day
            let before = try desk.files()
            let refusal = fault { _ = try desk.publisher(now: late).refresh(keys: online) }
            #expect(refusal?.code == .expired)
            #expect(refusal?.advice.contains("--targets-key") == true)
            #expect(try desk.files() == before)
            let outcome = try desk.publisher(now: late).refresh(keys: desk.keys())
            #expect(outcome.versions.targets == 2)
            #expect(try desk.check(now: late).findings.isEmpty)
        }
    }

    @Test func `a removed bundle takes its deltas, and its files go after the time of grace`()
        throws
    {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.delta("1.0.0", "1.1.0")
            try desk.add("1.0.0")
            let before = Set(try desk.files().keys)
            try desk.add("1.1.0", "1.1.0-from-1.0.0")
            let outcome = try desk.publisher().remove(
                .version("1.1.0", application: nil), keys: desk.keys())
            #expect(outcome.changes.map(\.kind) == [.removed, .removed])
            #expect(try desk.check().bundles.map(\.version) == ["1.0.0"])
            #expect(try desk.check().orphans.count == 6)
            let early = try desk.publisher(now: Desk.now + 6 * Desk.day).prune()
            #expect(early.deleted.isEmpty)
            let late = try desk.publisher(now: Desk.now + 7 * Desk.day).prune()
            #expect(late.deleted.count == 6 + 6)
            let left = Set(try desk.files().keys)
            #expect(
                left.subtracting(before) == ["metadata/4.targets.json", "metadata/4.snapshot.json"])
            #expect(try desk.check().orphans.isEmpty && desk.check().findings.isEmpty)
            #expect(
                fault {
                    _ = try desk.publisher().remove(
                        .version("1.1.0", application: nil), keys: desk.keys())
                }?.code == .notFound)
            #expect(
                fault { _ = try desk.publisher().remove(.bundle("12"), keys: desk.keys()) }?.code
                    == .notFound)
        }
    }

    @Test func `objects that two bundles share stay until both are gone`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.0.1", release: 2)
            try desk.add("1.0.0", "1.0.1")
            #expect(try desk.files().keys.filter { $0.hasPrefix("objects/") }.count == 2)
            _ = try desk.publisher().remove(
                .version("1.0.0", application: "demo"), keys: desk.keys())
            _ = try desk.publisher(now: Desk.now + 9 * Desk.day).prune()
            #expect(try desk.files().keys.filter { $0.hasPrefix("objects/") }.count == 2)
            #expect(try desk.check().findings.isEmpty)
        }
    }

    @Test func `another online key comes by a root, without a moment of refusal`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            let swap: [TrustRole] = [.snapshot, .timestamp]
            try desk.extendRoot(
                add: swap.map { ($0, "online2") }, remove: swap.map { ($0, "online") })
            let before = try desk.files()
            let alone = fault {
                _ = try desk.publisher().rotate(
                    to: [desk.at("root-2.json")], keys: desk.keys([], online: ["online2"]))
            }
            #expect(alone?.code == .untrusted && alone?.advice.contains("--allow-gap") == true)
            #expect(try desk.files() == before)
            var versions: [Int] = []
            let root = try VerifiedRoot.load(try desk.read("root.json"))
            let both = desk.keys([], online: ["online", "online2"])
            let outcome = try desk.publisher { _ throws(Fault) in
                // A device in between, with the root of old.
                let tree = FolderTree(path: desk.repository)
                let view = try DeviceView(from: root, at: Desk.now) { (name, limit) throws(Fault) in
                    try tree.read("metadata/\(name)", limit: limit)
                }
                versions.append(view.trusted.root.version)
            }.rotate(to: [desk.at("root-2.json")], keys: both)
            #expect(outcome.versions.root == 2 && versions.count > 3)
            #expect(try desk.check().findings.isEmpty)
            // From now on the new key is enough, and the old one is none.
            let later = Desk.now + Desk.day
            #expect(
                fault { _ = try desk.publisher(now: later).refresh(keys: desk.keys([])) }?.code
                    == .keys)
            _ = try desk.publisher(now: later).refresh(keys: desk.keys([], online: ["online2"]))
            #expect(try desk.check(now: later).findings.isEmpty)
        }
    }

    @Test func `where the old online key is lost, a gap has to be allowed`() throws {
        try Desk.run { desk in
            try desk.open()
            let swap: [TrustRole] = [.snapshot, .timestamp]
            try desk.extendRoot(
                add: swap.map { ($0, "online2") }, remove: swap.map { ($0, "online") })
            var leave = RepositoryPublisher.RotationLeave()
            leave.allowsGap = true
            _ = try desk.publisher().rotate(
                to: [desk.at("root-2.json")], keys: desk.keys([], online: ["online2"]), leave: leave
            )
            #expect(try desk.check().findings.isEmpty)
        }
    }

    @Test func `where everything has expired, a new root and a refresh bring it back`() throws {
        try Desk.run { desk in
            let day = Desk.day
            try desk.makeRoot(expires: Desk.now + 10 * day)
            try desk.open()
            let swap: [TrustRole] = [.snapshot, .timestamp]
            try desk.extendRoot(
                add: swap.map { ($0, "online2") }, remove: swap.map { ($0, "online") })
            let late = Desk.now + 20 * day
            let new = desk.keys([], online: ["online2"])
            let refusal = fault { _ = try desk.publisher(now: late).refresh(keys: desk.keys([])) }
            #expect(refusal?.code == .expired)
            #expect(refusal?.advice.contains("repo rotate") == true)
            _ = try desk.publisher(now: late).rotate(to: [desk.at("root-2.json")], keys: new)
            #expect(try desk.check(now: late).findings.isEmpty)
            // A root alone, when timestamp and snapshot have expired as well.
            try desk.extendRoot("root-2.json", "root-3.json")
            let later = Desk.now + 90 * day
            let outcome = try desk.publisher(now: later).rotate(
                to: [desk.at("root-3.json")], keys: PublishingKeys())
            #expect(outcome.isPublished && outcome.warnings.count == 1)
            _ = try desk.publisher(now: later).refresh(keys: new)
            #expect(try desk.check(now: later).findings.isEmpty)
        }
    }

    @Test func `several roots come at once, also where one between has expired`() throws {
        try Desk.run { desk in
            try desk.open()
            let swap: [TrustRole] = [.snapshot, .timestamp]
            try desk.extendRoot(
                add: swap.map { ($0, "online2") }, remove: swap.map { ($0, "online") },
                expires: Desk.now - 1)
            try desk.extendRoot("root-2.json", "root-3.json")
            let both = desk.keys([], online: ["online", "online2"])
            let two = [desk.at("root-2.json"), desk.at("root-3.json")]
            #expect(
                fault { _ = try desk.publisher().rotate(to: [two[0]], keys: both) }?.code
                    == .expired)
            let root = try VerifiedRoot.load(try desk.read("root.json"))
            let outcome = try desk.publisher { _ throws(Fault) in
                let tree = FolderTree(path: desk.repository)
                _ = try DeviceView(from: root, at: Desk.now) { (name, limit) throws(Fault) in
                    try tree.read("metadata/\(name)", limit: limit)
                }
            }.rotate(to: two, keys: both)
            #expect(outcome.versions.root == 3)
            #expect(try desk.check().findings.isEmpty)
        }
    }

    @Test func `a root that only lives longer is published alone`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.extendRoot()
            let before = try desk.files()
            let outcome = try desk.publisher().rotate(
                to: [desk.at("root-2.json")], keys: PublishingKeys())
            #expect(outcome.versions.root == 2 && outcome.versions.timestamp == 1)
            let new = try desk.files().filter { before[$0.key] != $0.value }.map(\.key)
            #expect(new == ["metadata/2.root.json"])
            let again = try desk.publisher().rotate(
                to: [desk.at("root-2.json")], keys: PublishingKeys())
            #expect(!again.isPublished)
            #expect(
                fault {
                    _ = try desk.publisher().rotate(
                        to: [desk.at("root.json")], keys: PublishingKeys())
                }?.code == .untrusted)
        }
    }

    @Test func `a root whose targets keys have not signed the bundles is refused`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.0.0", "1.1.0")
            try desk.extendRoot(add: [(.targets, "eva")], remove: [(.targets, "ci")])
            let keys = desk.keys(["ci", "eva"])
            let refusal = fault {
                _ = try desk.publisher().rotate(to: [desk.at("root-2.json")], keys: keys)
            }
            #expect(refusal?.code == .untrusted)
            #expect(refusal?.message.contains("2 bundles") == true)
            _ = try BundleEditor(path: desk.at("1.1.0.nacelle")).sign(
                keyFiles: [desk.at("eva.key")])
            try desk.add("1.1.0")
            var leave = RepositoryPublisher.RotationLeave()
            leave.dropsBundles = true
            let outcome = try desk.publisher().rotate(
                to: [desk.at("root-2.json")], keys: keys, leave: leave)
            #expect(outcome.changes.map(\.bundle.version) == ["1.0.0"])
            let report = try desk.check()
            #expect(report.findings.isEmpty && report.bundles.map(\.version) == ["1.1.0"])
        }
    }

    @Test func `a threshold is met at once, or one key after the other`() throws {
        try Desk.run { desk in
            try desk.makeRoot(targets: ["ci", "eva"], threshold: 2)
            _ = try desk.publisher().create(
                root: desk.at("root.json"), keys: desk.keys(["ci", "eva"]))
            try desk.build("1.0.0", release: 1, signers: ["ci", "eva"])
            try desk.build("1.1.0", release: 2, content: 1, signers: ["ci", "eva"])
            let bundle = [desk.at("1.0.0.nacelle")]
            let metadata = try desk.files().filter { $0.key.hasPrefix("metadata/") }
            let staged = try desk.publisher().add(bundle, keys: desk.keys(["ci"]))
            #expect(!staged.isPublished && staged.missing?.message.contains("1 of 2") == true)
            #expect(try desk.files().filter { $0.key.hasPrefix("metadata/") } == metadata)
            #expect(try desk.check().bundles.isEmpty && desk.check().findings.isEmpty)
            #expect(fault { try desk.add("1.1.0") }?.code == .busy)
            // What waits is in use.
            let late = Desk.now + 30 * Desk.day
            for now in [Desk.now, late] { _ = try desk.publisher(now: now).prune() }
            // Away from the repository.
            try desk.write("carried.json", try desk.read("repo/.staging/targets.json"))
            let count = try StagedDocument(desk.at("carried.json")).sign(
                keyFiles: [desk.at("eva.key")])
            #expect(count == 2)
            try desk.write("repo/.staging/targets.json", try desk.read("carried.json"))
            let outcome = try desk.publisher().sign(keys: desk.keys([]))
            #expect(outcome.isPublished && outcome.changes.map(\.kind) == [.added])
            #expect(try desk.check().bundles.count == 1 && desk.check().findings.isEmpty)
            // And at the repository, or given up.
            let next = [desk.at("1.1.0.nacelle")]
            _ = try desk.publisher().add(next, keys: desk.keys(["eva"]))
            #expect(try desk.publisher().discardStaged().changes.map(\.kind) == [.added])
            _ = try desk.publisher().add(next, keys: desk.keys(["eva"]))
            #expect(try desk.publisher().sign(keys: desk.keys(["ci"])).isPublished)
            #expect(try desk.check().bundles.count == 2)
            #expect(fault { _ = try desk.publisher().sign(keys: desk.keys()) }?.code == .notFound)
        }
    }

    @Test func `what is about to be signed is shown, and only the role's keys sign it`() throws {
        try Desk.run { desk in
            try desk.makeRoot(targets: ["ci", "eva"], threshold: 2)
            _ = try desk.publisher().create(
                root: desk.at("root.json"), keys: desk.keys(["ci", "eva"]))
            try desk.build("1.0.0", release: 1, signers: ["ci", "eva"])
            _ = try desk.publisher().add([desk.at("1.0.0.nacelle")], keys: desk.keys(["ci"]))
            let staged = desk.at("repo/.staging/targets.json")
            let bytes = try desk.read("repo/.staging/targets.json")
            try desk.write("carried.json", bytes)
            // At home the changes can be told and the root is there; away it has to be named.
            let home = try StagedDocument(staged)
            let away = try StagedDocument(desk.at("carried.json"), root: desk.at("root.json"))
            let alone = try StagedDocument(desk.at("carried.json"))
            #expect(home.changes?.map(\.kind) == [.added] && away.changes == nil)
            #expect(home.isJudged && away.isJudged && !alone.isJudged)
            for document in [home, away, alone] {
                #expect(document.version == 2 && document.others.isEmpty)
                #expect(document.expires == UTCTime.text(Desk.now + 365 * Desk.day))
                #expect(document.bundles.map(\.bundle.version) == ["1.0.0"])
            }
            for document in [home, away] {
                let refusal = fault { _ = try document.sign(keyFiles: [desk.at("online.key")]) }
                #expect(refusal?.code == .keys)
            }
            #expect(try desk.read("repo/.staging/targets.json") == bytes)
            #expect(try away.sign(keyFiles: [desk.at("eva.key")]) == 2)
            #expect(try home.sign(keyFiles: [desk.at("eva.key")]) == 2)
            #expect(try desk.publisher().sign(keys: desk.keys([])).isPublished)
            try desk.write("carried.json", Array(bytes.dropLast(9)))
            let refusal = fault { _ = try StagedDocument(desk.at("carried.json")) }
            #expect(refusal?.message.contains("carried.json") == true)
        }
    }

    @Test func `what other tools have written is kept`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            try desk.addForeignThings()
            #expect(try desk.check().findings.isEmpty)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.1.0")
            _ = try desk.publisher().remove(
                .version("1.0.0", application: nil), keys: desk.keys())
            for now in [Desk.now, Desk.now + 8 * Desk.day] {
                _ = try desk.publisher(now: now).prune()
            }
            let report = try desk.check()
            #expect(report.findings.isEmpty && report.bundles.map(\.version) == ["1.1.0"])
            let text = String(
                decoding: try desk.read("repo/metadata/5.targets.json"), as: UTF8.self)
            for kept in ["other/readme.txt", "x-other-tool", "\"delegations\"", "x-note"] {
                #expect(text.contains(kept))
            }
            let snapshot = try desk.read("repo/metadata/5.snapshot.json")
            #expect(String(decoding: snapshot, as: UTF8.self).contains("team.json"))
        }
    }

    @Test func `a check names what is wrong`() throws {
        try Desk.run { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.0.0", "1.1.0")
            for (path, bytes) in try desk.files() where !path.hasSuffix("root.json") {
                var bad = bytes
                bad[bad.count / 2] ^= 1
                try desk.write("repo/\(path)", bad)
                // A snapshot or targets of before are not read any more.
                let isOld = path.hasPrefix("metadata/1.")
                let report = try? desk.check()
                #expect((report?.findings.isEmpty ?? false) == isOld, "\(path)")
                try desk.write("repo/\(path)", bytes)
            }
            try desk.write("repo/objects/stray", [1])
            let report = try desk.check()
            #expect(report.findings.isEmpty)
            #expect(report.orphans.contains("objects/stray"))
            let early = Desk.now + 5 * Desk.day
            #expect(try desk.check(now: early).warnings.count == 1)
        }
    }
}

extension Desk {
    /// Adds what other tools write: a target, fields, a delegated role; signed by the present keys.
    func addForeignThings() throws {
        let state = try PresentState.read(repository)
        let content = Array("hello\n".utf8)
        let digest = try SHA256.digest(of: content)
        let directory = try Directory.open(path: at("repo/targets")).openOrMake("other")
        try directory.replace("\(digest.hex).readme.txt", with: content)
        let entry = JSONValue.members([
            ("length", .integer(content.count)),
            ("hashes", .members([("sha256", .string(digest.hex))])), ("x-note", .string("é")),
        ])
        let eva = try KeyFiles.signerPublicKey(at("eva.pub"))
        let delegations = JSONValue.members([
            ("keys", .members([(try eva.keyID().hex, eva.metadataForm)])),
            (
                "roles",
                .array([
                    .members([
                        ("name", .string("team")),
                        ("keyids", .array([.string(try eva.keyID().hex)])),
                        ("threshold", .integer(1)), ("terminating", .bool(false)),
                        ("paths", .array([.string("team/*")])),
                    ])
                ])
            ),
        ])
        var publication = Publication(
            present: state, judges: [state.root], keys: keys(), publisher: publisher())
        let team = try MetadataWriter.targets(nil, version: 1, expires: Desk.now + 400 * Desk.day)
        let teamKeys = PublishingKeys(targets: [at("eva.key")])
        let teamRoot = try TestRoot.of(eva)
        let teamFile = try teamKeys.sign(
            try SignedMetadata(signed: team, signatures: []), .targets, under: [teamRoot])
        try write("repo/metadata/1.team.json", teamFile.encoded)
        let made = try publication.targets().signed
        let targets = (made["targets"] ?? .object([])).setting("other/readme.txt", to: entry)
        let signed = made.setting("targets", to: targets)
            .setting("delegations", to: delegations).setting("x-other-tool", to: .integer(3))
        let file = try keys().sign(
            try SignedMetadata(signed: signed, signatures: []), .targets, under: [state.root])
        // The snapshot names the delegated role too.
        let meta = (state.snapshot.signed["meta"] ?? .object([])).setting(
            "team.json", to: .members([("version", .integer(1))]))
        let snapshot = try SignedMetadata(
            signed: state.snapshot.signed.setting("meta", to: meta), signatures: [])
        publication = Publication(
            present: state.with(snapshot: snapshot), judges: [state.root], keys: keys(),
            publisher: publisher())
        let files = try publication.files(targets: file)
        for file in files { try write("repo/\(file.path)", file.bytes) }
    }
}

extension PresentState {
    fileprivate func with(snapshot: SignedMetadata) -> PresentState {
        PresentState(
            roots: roots, trusted: trusted, timestamp: timestamp, snapshot: snapshot,
            targets: targets)
    }
}

/// A root in which one key has the role `targets`.
enum TestRoot {
    static func of(_ key: Ed25519PublicKey) throws -> VerifiedRoot {
        var builder = RootBuilder(expires: 4_000_000_000)
        let own = try Ed25519SigningKey.generate()
        for role in TrustRole.allCases where role != .targets {
            try builder.add(own.publicKey, to: role)
        }
        try builder.add(key, to: .targets)
        return try builder.unsigned().signed(by: own).checked(after: nil)
    }
}
