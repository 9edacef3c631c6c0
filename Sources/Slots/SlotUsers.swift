internal import DurableFiles
internal import Faults
internal import Glibc

/// Processes that still use a slot, found in `/proc` as far as permitted.
public enum SlotUsers {
    private static let shown = 10

    /// Who works in a slot, runs a program from it, or has one of its files open or mapped.
    ///
    /// - Parameter store: the store's path; its links are resolved, as the kernel shows none.
    /// - Returns: for each slot `pid (name)` of each, at most ten.
    public static func find(below store: String) -> [SlotName: [String]] {
        var users: [SlotName: [String]] = [:]
        for (tree, names) in find(SlotName.allCases.map(\.tree), below: store) {
            if let slot = tree.slot { users[slot] = names }
        }
        return users
    }

    /// Who uses the factory tree, likewise.
    public static func ofFactory(below store: String) -> [String] {
        find([.factory], below: store)[.factory] ?? []
    }

    private static func find(_ trees: [TreeName], below store: String) -> [TreeName: [String]] {
        guard let store = resolved(store), let proc = try? Directory.open(path: "/proc"),
            let names = try? proc.names()
        else { return [:] }
        var users: [TreeName: [String]] = [:]
        for name in names where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let process = try? proc.open(name) else { continue }
            for tree in used(by: process, trees, below: store) {
                let comm = (try? process.read("comm", limit: 256)) ?? []
                let program = String(decoding: comm.prefix { $0 != 0x0A }, as: UTF8.self)
                if users[tree, default: []].count < shown {
                    users[tree, default: []].append("\(name) (\(program))")
                }
            }
        }
        return users
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    private static func used(
        by process: borrowing Directory, _ trees: [TreeName], below store: String
    ) -> [TreeName] {
        var paths: [String] = []
        for link in ["cwd", "exe", "root"] {
            if let target = try? process.linkTarget(link) { paths.append(target) }
        }
        if let descriptors = try? process.open("fd"), let names = try? descriptors.names() {
            for name in names {
                if let target = try? descriptors.linkTarget(name) { paths.append(target) }
            }
        }
        let maps = mappings(of: process)
        return trees.filter { tree in
            let place = "\(store)/\(tree.linkTarget)"
            return maps.contains(" \(place)/")
                || paths.contains { $0 == place || $0.hasPrefix(place + "/") }
        }
    }

    /// The process's mappings; what is beyond the first megabyte of them is found otherwise.
    private static func mappings(of process: borrowing Directory) -> String {
        guard let file = try? process.openFile("maps") else { return "" }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 1 << 20,
            let count = try? file.read(into: &piece, count: piece.count, "maps"), count > 0
        {
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
