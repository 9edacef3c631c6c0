internal import DurableFiles
internal import Faults

/// Processes that still use a slot, found in `/proc` as far as permitted.
public enum SlotUsers {
    /// Who works in a slot, runs a program from it, or has one of its files open or mapped.
    ///
    /// - Parameter slotPath: the slot's path, without links.
    /// - Returns: `pid (name)` of each, at most ten.
    public static func find(of slotPath: String) -> [String] {
        guard let proc = try? Directory.open(path: "/proc"), let names = try? proc.names() else {
            return []
        }
        var users: [String] = []
        for name in names where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard users.count < 10, let process = try? proc.open(name) else { continue }
            guard uses(process, slotPath) else { continue }
            let comm = (try? process.read("comm", limit: 256)) ?? []
            users.append("\(name) (\(String(decoding: comm.prefix { $0 != 0x0A }, as: UTF8.self)))")
        }
        return users
    }

    private static func uses(_ process: borrowing Directory, _ slot: String) -> Bool {
        for link in ["cwd", "exe", "root"] {
            if let target = try? process.linkTarget(link), isBelow(target, slot) { return true }
        }
        if let descriptors = try? process.open("fd"), let names = try? descriptors.names() {
            for name in names {
                if let target = try? descriptors.linkTarget(name), isBelow(target, slot) {
                    return true
                }
            }
        }
        // One mapping a line; a program with more than this many bytes of them is found otherwise.
        guard let file = try? process.openFile("maps") else { return false }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        guard let count = try? file.read(at: 0, into: &bytes, count: bytes.count, "maps") else {
            return false
        }
        return String(decoding: bytes[..<count], as: UTF8.self).contains(" \(slot)/")
    }

    private static func isBelow(_ path: String, _ slot: String) -> Bool {
        path == slot || path.hasPrefix(slot + "/")
    }
}
