internal import DurableFiles
internal import Faults
internal import Repository

/// The names of a repository's top-level metadata.
enum MetadataNames {
    static let timestamp = "timestamp.json"

    static func numbered(_ role: String, _ version: Int) -> String { "\(version).\(role).json" }

    /// The version in a name `N.ROLE.json`; `nil` for other names.
    static func version(in name: String, of role: String) -> Int? {
        guard name.hasSuffix(".\(role).json") else { return nil }
        let digits = name.utf8.dropLast(role.utf8.count + 6)
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 16,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The versions of a role that stand in a repository's folder, ascending.
    static func versions(of role: String, in folder: String) throws(Fault) -> [Int] {
        let root = try Directory.open(path: folder)
        guard let directory = try root.openIfPresent(String(RepositoryLayout.metadata.dropLast()))
        else { return [] }
        return try directory.names().compactMap { version(in: $0, of: role) }.sorted()
    }

    /// The version that comes next: above the present one, and above what a crash has left there, as
    /// what a cache may have seen never changes.
    static func next(_ role: String, after present: Int?, in folder: String) throws(Fault) -> Int {
        max(present ?? 0, try versions(of: role, in: folder).last ?? 0) + 1
    }
}
