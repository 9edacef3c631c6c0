internal import Faults
internal import Repository
internal import Sealing
internal import Signing
internal import StrictJSON
internal import Trust

/// Writes what timestamp, snapshot and targets sign; the same input gives the same bytes.
///
/// What the version before holds that this release does not know, such as delegations and the targets
/// of other tools, is kept.
enum MetadataWriter {
    /// The bounds within which present metadata is read again.
    static let limits = JSONLimits(bytes: 8 << 20, depth: 32, values: 1_000_000)

    /// Targets with other bundles.
    ///
    /// - Parameters:
    ///   - present: what the version before signs; `nil` for a first one.
    ///   - version: the new version.
    ///   - expires: when it expires, in seconds since 1970.
    ///   - put: bundles to add or to replace: path, envelope, description.
    ///   - removed: paths to take away.
    /// - Returns: what is to be signed.
    /// - Throws: a `Fault` where libcrypto fails.
    static func targets(
        _ present: JSONValue?, version: Int, expires: Int64,
        put: [(path: String, envelope: [UInt8], bundle: BundleTarget)] = [],
        removed: Set<String> = []
    ) throws(Fault) -> JSONValue {
        var entries = present?["targets"] ?? .object([])
        for path in removed { entries = entries.setting(path, to: nil) }
        for (path, envelope, bundle) in put {
            let entry = (entries[path] ?? .object([]))
                .setting("length", to: .integer(envelope.count))
                .setting("hashes", to: try hashes(envelope))
            let custom = (entry["custom"] ?? .object([]))
                .setting(BundleTarget.key, to: bundle.custom[BundleTarget.key])
            entries = entries.setting(path, to: entry.setting("custom", to: custom))
        }
        return header(present, "targets", version, expires).setting("targets", to: entries)
    }

    /// A snapshot that names other targets.
    ///
    /// - Parameters:
    ///   - present: what the version before signs; its entries of delegated roles stay.
    ///   - version: the new version.
    ///   - expires: when it expires, in seconds since 1970.
    ///   - targets: the file of the targets; `nil` where they are the same as before.
    /// - Returns: what is to be signed.
    /// - Throws: a `Fault` where libcrypto fails.
    static func snapshot(
        _ present: JSONValue?, version: Int, expires: Int64,
        targets: (version: Int, file: [UInt8])?
    ) throws(Fault) -> JSONValue {
        var meta = present?["meta"] ?? .object([])
        if let targets {
            meta = meta.setting(
                "targets.json", to: try entry(meta["targets.json"], targets.version, targets.file))
        }
        return header(present, "snapshot", version, expires).setting("meta", to: meta)
    }

    /// A timestamp.
    ///
    /// - Parameters:
    ///   - present: what the version before signs; `nil` for a first one.
    ///   - version: the new version.
    ///   - expires: when it expires, in seconds since 1970.
    ///   - snapshot: the file of the snapshot; `nil` where it is the same as before.
    /// - Returns: what is to be signed.
    /// - Throws: a `Fault` where libcrypto fails.
    static func timestamp(
        _ present: JSONValue?, version: Int, expires: Int64,
        snapshot: (version: Int, file: [UInt8])?
    ) throws(Fault) -> JSONValue {
        var meta = present?["meta"] ?? .object([])
        if let snapshot {
            meta = meta.setting(
                "snapshot.json",
                to: try entry(meta["snapshot.json"], snapshot.version, snapshot.file))
        }
        return header(present, "timestamp", version, expires).setting("meta", to: meta)
    }

    private static func header(
        _ present: JSONValue?, _ type: String, _ version: Int, _ expires: Int64
    ) -> JSONValue {
        (present ?? .object([]))
            .setting("_type", to: .string(type))
            .setting("spec_version", to: .string(RootBuilder.specification))
            .setting("version", to: .integer(version))
            .setting("expires", to: .string(UTCTime.text(expires)))
    }

    private static func entry(
        _ present: JSONValue?, _ version: Int, _ file: [UInt8]
    ) throws(Fault) -> JSONValue {
        (present ?? .object([]))
            .setting("version", to: .integer(version))
            .setting("length", to: .integer(file.count))
            .setting("hashes", to: try hashes(file))
    }

    private static func hashes(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
        .members([("sha256", .string(try SHA256.digest(of: bytes).hex))])
    }
}

extension JSONValue {
    /// The object with one member set, or taken away; its members in the order of their keys' bytes.
    func setting(_ key: String, to value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self else { return .members([(key, value)]) }
        members.removeAll { $0.key == key }
        if let value { members.append(Member(key, value)) }
        return .object(members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    }
}
