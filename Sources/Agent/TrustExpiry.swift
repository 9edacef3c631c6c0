internal import DurableFiles
internal import Faults
internal import Slots
internal import StrictJSON
internal import Trust

/// When what a machine keeps of its trust ends, for people who are to renew it in time.
///
/// Nothing is decided by it: the files were verified when they were stored, and are again when they are
/// used.
enum TrustExpiry {
    private static let limit = 8 << 20

    /// The end of each role's metadata, in seconds since 1970; without what cannot be read.
    ///
    /// - Parameters:
    ///   - store: where later roots and metadata are kept.
    ///   - shipped: the file of the root that the machine was given; `nil` where none is configured.
    /// - Returns: the ends by role.
    static func read(_ store: borrowing Store, shipped: String?) -> [String: Int64] {
        var ends: [String: Int64] = [:]
        if let directory = try? store.metadataDirectory() {
            for role in ["timestamp", "snapshot", "targets"] {
                let bytes = (try? directory.read("\(role).json", limit: limit)) ?? nil
                ends[role] = bytes.flatMap(end)
            }
        }
        var root = shipped.flatMap { try? FilePlace.read($0, limit: limit) }
        if let roots = try? store.rootsDirectory() {
            let numbers = ((try? roots.names(limit: 4096)) ?? []).compactMap { name in
                name.hasSuffix(".root.json") ? Int(name.dropLast(".root.json".count)) : nil
            }
            if let newest = numbers.max() {
                root = ((try? roots.read("\(newest).root.json", limit: limit)) ?? nil) ?? root
            }
        }
        ends["root"] = root.flatMap(end)
        return ends
    }

    private static func end(_ bytes: [UInt8]) -> Int64? {
        guard let json = try? JSONReader.read(bytes, limits: JSONLimits(bytes: limit)),
            case .string(let text)? = json["signed"]?["expires"]
        else { return nil }
        return UTCTime.seconds(text)
    }
}
