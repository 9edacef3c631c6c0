internal import DurableFiles
internal import Faults
internal import Glibc

/// Resident memory of a tree of processes at one moment, as `/proc/PID/status` has it.
public struct ProcessMemory: Sendable, Equatable {
    /// The sum of their resident memory now (`VmRSS`), in bytes; shared pages count in each.
    public var resident = 0
    /// The highest peak of any one of them (`VmHWM`), in bytes.
    public var highest = 0
    /// How many processes there are.
    public var processes = 0

    /// The larger of the two: what a limit is held against.
    public var peak: Int { max(resident, highest) }

    /// Adds up the tree below a process.
    ///
    /// - Parameters:
    ///   - root: the process that the tree hangs from.
    ///   - withRoot: whether it counts itself.
    /// - Returns: the sums; zero where no process is left.
    /// - Throws: a fault where `/proc` does not show the root to this process.
    static func of(tree root: pid_t, withRoot: Bool) throws(Fault) -> ProcessMemory {
        guard read("/proc/\(root)/stat") != nil else {
            if errno == ENOENT, kill(root, 0) != 0, errno == ESRCH { return ProcessMemory() }
            throw systemFault("cannot measure the memory of process \(root) in /proc")
        }
        var memory = ProcessMemory()
        var waiting = [root]
        // A process that ends or starts meanwhile is missed or not; the next sample has it.
        while let pid = waiting.popLast(), memory.processes < 10_000 {
            waiting += children(of: pid)
            guard pid != root || withRoot, let status = read("/proc/\(pid)/status") else {
                continue
            }
            memory.processes += 1
            memory.resident += kibibytes("VmRSS:", in: status) * 1024
            memory.highest = max(memory.highest, kibibytes("VmHWM:", in: status) * 1024)
        }
        return memory
    }

    /// The children of every thread of a process.
    private static func children(of pid: pid_t) -> [pid_t] {
        guard let tasks = try? Directory.open(path: "/proc/\(pid)/task"),
            let threads = try? tasks.names(limit: 10_000)
        else { return [] }
        var children: [pid_t] = []
        for thread in threads {
            guard let list = read("/proc/\(pid)/task/\(thread)/children") else {
                // A kernel without CONFIG_PROC_CHILDREN lists none: search all of /proc.
                return errno == ENOENT ? childrenBySearch(of: pid) : children
            }
            children += list.split(separator: 0x20).compactMap {
                pid_t(String(decoding: $0, as: UTF8.self))
            }
        }
        return children
    }

    private static func childrenBySearch(of pid: pid_t) -> [pid_t] {
        guard let processes = try? Directory.open(path: "/proc"),
            let names = try? processes.names()
        else { return [] }
        return names.compactMap { name in
            guard let other = pid_t(name), let stat = read("/proc/\(name)/stat"),
                // The second field, in parentheses, is free text: the last “)” ends it.
                let end = stat.lastIndex(of: UInt8(ascii: ")"))
            else { return nil }
            let fields = stat[(end + 1)...].split(separator: 0x20)
            guard fields.count > 1, pid_t(String(decoding: fields[1], as: UTF8.self)) == pid
            else { return nil }
            return other
        }
    }

    static func kibibytes(_ field: String, in status: [UInt8]) -> Int {
        for line in status.split(separator: 0x0A) where line.starts(with: field.utf8) {
            let digits = line.filter { (0x30...0x39).contains($0) }.prefix(15)
            return Int(String(decoding: digits, as: UTF8.self)) ?? 0
        }
        return 0
    }

    /// A small file of `/proc`; `nil` with `errno` where it cannot be read.
    private static func read(_ path: String) -> [UInt8]? {
        let raw = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        let file = Descriptor(owning: raw)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 16 {
            guard let count = try? file.read(into: &buffer, count: buffer.count, path) else {
                return nil
            }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
