internal import DurableFiles
internal import Glibc

/// What this machine is, for admission.
public struct Machine: Sendable, Equatable {
    /// The names by which bundles call it.
    public var names: [String]
    /// The application that the configuration names; `nil` where it names none.
    public var application: String?
    /// The architecture as `uname -m` says it.
    public var architecture: String
    /// The processor's features as `/proc/cpuinfo` names them.
    public var processorFeatures: Set<String>
    /// Bytes of main memory.
    public var memory: Int64
    /// The accelerators that the configuration lists.
    public var accelerators: [String]

    /// Looks at this machine.
    public static func here(_ settings: MachineSettings) -> Machine {
        Machine(
            names: settings.names, application: settings.application,
            architecture: architecture, processorFeatures: processorFeatures(cpuinfo()),
            memory: Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE))),
            accelerators: settings.accelerators)
    }

    /// The machine's host name; `localhost` where it has none.
    static var hostName: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let status: Int32 = unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return -1 }
            return unsafe gethostname(
                start.assumingMemoryBound(to: CChar.self), buffer.count - 1)
        }
        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return status == 0 && !name.isEmpty ? name : "localhost"
    }

    private static var architecture: String {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return "unknown" }
        return unsafe withUnsafeBytes(of: name.machine) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func cpuinfo() -> String {
        guard let proc = try? Directory.open(path: "/proc"),
            let file = try? proc.openFile("cpuinfo")
        else { return "" }
        // One processor's entry is enough, and is shorter than this on every machine known.
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = (try? file.read(at: 0, into: &bytes, count: bytes.count, "cpuinfo")) ?? 0
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The words of the first `flags` (x86) or `Features` (Arm) line.
    static func processorFeatures(_ cpuinfo: String) -> Set<String> {
        for line in cpuinfo.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].filter { $0 != " " && $0 != "\t" }
            if name == "flags" || name == "Features" {
                return Set(line[line.index(after: colon)...].split(separator: " ").map(String.init))
            }
        }
        return []
    }
}
