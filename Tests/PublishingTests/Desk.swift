import Archive
import Building
import DurableFiles
import Faults
import Glibc
import Publishing
import Signing
import TestKit
import Trust

/// A directory with keys, roots, bundles and a repository: who publishes.
struct Desk: Sendable {
    /// When these tests take place, in seconds since 1970.
    static let now: Int64 = 1_900_000_000
    static let day: Int64 = 86_400

    let path: String

    /// Runs a test on a fresh one.
    static func run(_ body: (Desk) throws -> Void) throws {
        try withScratch { directory in
            try ArchiveLocale.require()
            let desk = Desk(path: directory.path)
            try desk.furnish()
            try body(desk)
        }
    }

    /// Makes keys and a root.
    func furnish() throws {
        for name in ["ann", "ci", "eva", "online", "online2"] {
            _ = try KeyMaker.make(.signing, at: at(name))
        }
        _ = try KeyMaker.make(.group, at: at("escrow"))
        _ = try KeyMaker.make(.device, at: at("device"))
        try makeRoot()
    }

    func at(_ name: String) -> String { "\(path)/\(name)" }
    var repository: String { at("repo") }

    func keys(_ targets: [String] = ["ci"], online: [String] = ["online"]) -> PublishingKeys {
        PublishingKeys(
            targets: targets.map { at("\($0).key") }, online: online.map { at("\($0).key") })
    }

    func makeRoot(
        targets: [String] = ["ci"], threshold: Int = 1, expires: Int64 = 4_000_000_000
    ) throws {
        var changes = RootCeremony.Changes(expires: expires)
        changes.additions = [(.root, at("ann.pub"))] + targets.map { (.targets, at("\($0).pub")) }
        changes.additions += [(.snapshot, at("online.pub")), (.timestamp, at("online.pub"))]
        changes.thresholds = [(.targets, threshold)]
        let file = try Directory.open(path: path)
        try file.remove("root.json")
        _ = try RootCeremony.begin(changes, keyFiles: [at("ann.key")], output: at("root.json"))
    }

    /// The root that follows another one.
    func extendRoot(
        _ old: String = "root.json", _ new: String = "root-2.json",
        add: [(role: TrustRole, path: String)] = [], remove: [(role: TrustRole, key: String)] = [],
        expires: Int64 = 4_000_000_000
    ) throws {
        var changes = RootCeremony.Changes(expires: expires)
        changes.additions = add.map { ($0.role, at($0.path + ".pub")) }
        changes.removals = remove.map { ($0.role, at($0.key + ".pub")) }
        let state = try RootCeremony.extend(
            at(old), changes, keyFiles: [at("ann.key")], output: at(new))
        if let missing = state.missing { throw missing }
    }

    /// Builds a bundle of a small tree; other `content` gives another tree.
    @discardableResult
    func build(
        _ version: String, release: Int, content: UInt8 = 0, file: String? = nil,
        sealedTo recipients: [String] = [], machines: String = "bench", signers: [String] = ["ci"]
    ) throws -> String {
        let tree = "tree-\(content)"
        let root = try Directory.open(path: path)
        let directory = try root.openOrMake(tree)
        var generator = SeededGenerator(seed: 21)
        var bytes = generator.bytes(120_000)
        bytes[60_000] = content
        try directory.replace("model", with: bytes)
        let script = Array("#!/bin/sh\nexit 0\n".utf8)
        try directory.replace("check", with: script, mode: 0o755)
        let description = """
            application: demo
            version: \(version)
            release-counter: \(release)
            compatible: [\(machines)]
            tree: \(tree)
            chunks: {average: 16KiB}
            compression: {level: 3}
            smoke:
              kind: command
              program: check
            """
        try root.replace("\(version).yaml", with: Array(description.utf8))
        var options = BuildOptions()
        options.signingKeys = signers.map { at("\($0).key") }
        options.recipients = try recipients.map { try KeyReading.recipient(at("\($0).pub")) }
        options.isSealed = !recipients.isEmpty
        options.workers = 1
        let output = at(file ?? "\(version).nacelle")
        _ = try BundleBuilder(
            try BuildDescription.read(path: at("\(version).yaml")), options: options
        ).build(to: output)
        return output
    }

    @discardableResult
    func delta(_ old: String, _ new: String) throws -> String {
        var options = DeltaOptions(root: at("root.json"))
        options.signingKeys = [at("ci.key")]
        options.workers = 1
        let output = at("\(new)-from-\(old).nacelle")
        _ = try DeltaBuilder(options: options).build(
            from: at("\(old).nacelle"), to: at("\(new).nacelle"), at: output)
        return output
    }

    func publisher(
        now: Int64 = Desk.now, lifetimes: Lifetimes = Lifetimes(),
        checkpoint: @escaping (String) throws(Fault) -> Void = { _ throws(Fault) in }
    ) -> RepositoryPublisher {
        RepositoryPublisher(
            path: repository, now: now, lifetimes: lifetimes, checkpoint: checkpoint)
    }

    /// A repository with nothing in it.
    func open() throws {
        _ = try publisher().create(root: at("root.json"), keys: keys())
    }

    @discardableResult
    func add(_ names: String..., now: Int64 = Desk.now) throws -> RepositoryOutcome {
        try publisher(now: now).add(names.map { at("\($0).nacelle") }, keys: keys())
    }

    func check(now: Int64 = Desk.now, key: String? = nil) throws -> RepositoryReport {
        try RepositoryCheck(path: repository, now: now, key: key.map { at("\($0).key") }).run()
    }

    /// Every file of the repository that readers see, by its path.
    func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        func walk(_ directory: borrowing Directory, _ prefix: String) throws {
            for name in try directory.names() where !name.hasPrefix(".") {
                if try directory.info(name)?.kind == .directory {
                    let inner = try directory.open(name)
                    try walk(inner, "\(prefix)\(name)/")
                } else {
                    files[prefix + name] = try directory.read(name, limit: 1 << 24)
                }
            }
        }
        let directory = try Directory.open(path: repository)
        try walk(directory, "")
        return files
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let place = try FilePlace(at(name))
        try Directory.open(path: place.parent).replace(place.name, with: bytes)
    }

    func remove(_ name: String) throws {
        let place = try FilePlace(at(name))
        try Directory.open(path: place.parent).removeTree(place.name)
    }

    func read(_ name: String) throws -> [UInt8] { try FilePlace.read(at(name), limit: 1 << 24) }
}

/// The fault that `body` ends with; `nil` where it ends with none.
func fault(_ body: () throws -> Void) -> Fault? {
    do {
        try body()
        return nil
    } catch {
        return error as? Fault
    }
}
