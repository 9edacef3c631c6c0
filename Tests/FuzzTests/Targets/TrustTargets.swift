import Faults
import Repository
import Sealing
import Signing
import StrictJSON

@testable import Trust

/// A repository's metadata.
///
/// What a role signs is signed here, so that its fields are reached.
enum TrustTargets {
    static let all = [
        FuzzTarget("root", "root metadata, with its own keys", longest: 8192, read: root),
        FuzzTarget("root-next", "what a root signs for its successor", longest: 8192) {
            _ = try FuzzKeys.get().root.successor(signed($0))
        },
        FuzzTarget("metadata", "the signatures around metadata", longest: 8192, read: metadata),
        FuzzTarget("timestamp", "what timestamp signs", read: timestamp),
        FuzzTarget("snapshot", "what snapshot signs", read: snapshot),
        FuzzTarget("targets", "what targets sign, with delegations", longest: 8192, read: targets),
        FuzzTarget("refresh", "a repository's answers, one after the other", longest: 8192) {
            try refresh($0)
        },
        FuzzTarget("path-pattern", "the patterns of delegations", longest: 512, read: pattern),
        FuzzTarget("utc-time", "the times in metadata", longest: 32, read: time),
    ]

    private static func role() throws -> RoleKeys { try FuzzKeys.get().role }

    /// A metadata file over an object that a fuzzer made, signed by key 100.
    private static func signed(_ input: [UInt8]) throws -> [UInt8] {
        let object = try JSONReader.read(input, limits: JSONLimits(bytes: 1 << 20, depth: 28))
        let keys = try FuzzKeys.get()
        let signature = SignedMetadata.Signature(
            keyID: keys.keyID, bytes: try keys.key.sign(object.canonical()))
        return try SignedMetadata(signed: object, signatures: [signature]).encoded
    }

    private static func root(_ input: [UInt8]) throws {
        let root = try RootMetadata(input, accepting: .all)
        for role in TrustRole.allCases {
            let list = root.list(role)
            try hold(
                root.roleKeys(role).members.count <= list.keyIDs.count, "a role has more keys")
            try hold(list.threshold >= 1, "a threshold of \(list.threshold)")
        }
        let second = try again("the root") {
            try RootMetadata(root.file.encoded, accepting: .all)
        }
        try hold(second.file.canonical == root.file.canonical, "it is written in another way")
        _ = try? VerifiedRoot.load(input)
    }

    private static func metadata(_ input: [UInt8]) throws {
        let limits = JSONLimits(bytes: 1 << 20, depth: 16)
        let file = try SignedMetadata(input, limits: limits, what: "metadata")
        let second = try again("the file") {
            try SignedMetadata(file.encoded, limits: limits, what: "metadata")
        }
        try hold(second.canonical == file.canonical, "another text is signed")
        try hold(second.signatures.count == file.signatures.count, "signatures were lost")
        _ = try? file.verify(by: role(), "The input")
    }

    private static func timestamp(_ input: [UInt8]) throws {
        let timestamp = try TimestampMetadata(signed(input), by: role())
        try hold(timestamp.snapshot.version >= 1, "a version of \(timestamp.snapshot.version)")
        _ = try timestamp.snapshot.objection(to: input)
    }

    private static func snapshot(_ input: [UInt8]) throws {
        let snapshot = try SnapshotMetadata(signed(input), by: role())
        try hold(snapshot.files.count <= SnapshotMetadata.roles, "too many roles")
        for (name, _) in snapshot.files {
            try hold(!MetadataName.stored(name.text).contains("/"), "a stored name with a slash")
        }
    }

    private static func targets(_ input: [UInt8]) throws {
        let targets = try TargetsMetadata(
            signed(input), role: "targets", by: role(), accepting: .all)
        for file in targets.files {
            try hold(targets.target(file.path) == file, "a target is not found")
            _ = file.storedPath(consistentSnapshot: true)
            _ = try? file.check(input)
            _ = try? targets.delegations?.roles(for: file.path)
            if let target = (try? BundleTarget(custom: file.custom)) ?? nil {
                let second = try again("the hint") { try BundleTarget(custom: target.custom) }
                try hold(second == target, "a hint is written in another way")
            }
        }
        for path in ["", "a", "a/b.nacelle", "bundles/bearing-1.0.0.nacelle"] {
            _ = try? targets.delegations?.roles(for: path)
        }
    }

    /// What each role signs, a line each, in whatever order the repository gives it.
    private static func refresh(_ input: [UInt8]) throws {
        var feed = Feed(input)
        var refresh = MetadataRefresh(
            root: try FuzzKeys.get().wholeRoot, rules: RepositoryRules(time: 1_795_000_000))
        var answer: [UInt8]?
        var steps = 0
        while true {
            let step = try refresh.next(answer)
            steps += 1
            try hold(steps <= 64, "a refresh without an end")
            answer = nil
            switch step {
            case .done:
                try hold(refresh.trusted != nil, "it ends without metadata")
                return
            case .load, .fetch:
                guard let line = feed.line(), !line.isEmpty else { continue }
                answer = try signed(line)
                if case .fetch(let name, let limit) = step {
                    try hold(limit <= TargetsMetadata.limit, "\(limit) bytes of \(name)")
                    guard let answer, answer.count <= limit else { return }
                }
            case .store(let name, _), .remove(let name):
                try hold(!name.contains("/") && name.first != ".", "the file “\(name)”")
            }
        }
    }

    private static func pattern(_ input: [UInt8]) throws {
        var feed = Feed(input)
        guard let pattern = feed.line().flatMap({ text($0) }), let path = text(feed.remaining)
        else { return }
        let found = PathPattern(text: pattern).matches(path)
        if !pattern.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) {
            try hold(
                found == pattern.utf8.elementsEqual(path.utf8), "a plain pattern is not itself")
        }
        try hold(
            PathPattern(text: path.isEmpty ? "" : "*").matches(path)
                || path.utf8.contains(UInt8(ascii: "/")), "a star is not everything")
    }

    private static func time(_ input: [UInt8]) throws {
        guard let text = text(input), let seconds = UTCTime.seconds(text) else { return }
        try hold(UTCTime.text(seconds) == text, "it is \(UTCTime.text(seconds))")
    }
}
