internal import DurableFiles
internal import Faults
internal import Repository
internal import Sealing

/// The files of a repository's folder that readers can see.
struct RepositoryInventory {
    /// All of them, sorted.
    let all: [String]
    /// Files that were being written when a command was interrupted.
    let remainders: [String]

    /// Those with names that this project gives, but for roots and the timestamp: what may be deleted
    /// once nothing leads to it.
    var ours: [String] { all.filter(RepositoryInventory.isOurs) }

    /// Lists a folder; what begins with a dot is left out.
    static func read(_ folder: String) throws(Fault) -> RepositoryInventory {
        let root = try Directory.open(path: folder)
        var all: [String] = []
        var remainders: [String] = []
        for part in [
            RepositoryLayout.metadata, RepositoryLayout.targets, RepositoryLayout.objects,
            RepositoryLayout.recipients,
        ] {
            guard let directory = try root.openIfPresent(String(part.dropLast())) else { continue }
            try list(directory, part, depth: 0, into: &all, &remainders)
        }
        return RepositoryInventory(
            all: all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, remainders: remainders)
    }

    private static func list(
        _ directory: borrowing Directory, _ prefix: String, depth: Int, into all: inout [String],
        _ remainders: inout [String]
    ) throws(Fault) {
        for name in try directory.names() {
            let isDirectory = try directory.info(name)?.kind == .directory
            if name.hasPrefix(".") {
                if !isDirectory, name.hasSuffix(".new") { remainders.append(prefix + name) }
                continue
            }
            guard isDirectory else {
                all.append(prefix + name)
                continue
            }
            guard depth < 32 else {
                throw Fault(.storage, "\(prefix)\(name) is nested deeper than 32 directories.")
            }
            let inner = try directory.open(name)
            try list(inner, "\(prefix)\(name)/", depth: depth + 1, into: &all, &remainders)
        }
    }

    private static func isOurs(_ path: String) -> Bool {
        let name = String(path.split(separator: "/").last ?? "")
        let parts = name.split(separator: ".").map(String.init)
        func isHex(_ text: String?, _ digits: Int) -> Bool {
            guard let text, text.utf8.count == digits else { return false }
            return Hex.decode(text) != nil
        }
        if path == RepositoryLayout.objects + name {
            return parts.count == 2 && isHex(parts[0], 64) && ["index", "pack"].contains(parts[1])
        }
        if path == RepositoryLayout.recipients + name {
            return parts.count == 2 && isHex(parts[0], 32) && parts[1] == "recipients"
        }
        if path == RepositoryLayout.metadata + name {
            return ["targets", "snapshot"].contains {
                MetadataNames.version(in: name, of: $0) != nil
            }
        }
        guard path.hasPrefix(RepositoryLayout.targets), parts.count >= 3,
            parts.last == "envelope"
        else { return false }
        return isHex(parts.first, 64) && isHex(String(parts[parts.count - 2].suffix(32)), 32)
    }
}
