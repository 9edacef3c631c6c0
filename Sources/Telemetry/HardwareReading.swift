internal import DurableFiles
internal import Glibc

/// How the machine itself fares, from where Linux keeps it; what cannot be read is left out.
public struct HardwareReading: Sendable, Equatable {
    /// Degrees Celsius by thermal zone.
    public var temperatures: [String: Double] = [:]
    /// Bytes of memory that programs may still have; `nil` where unknown.
    public var memoryAvailable: Double?
    /// Bytes of memory in all.
    public var memoryTotal: Double?
    /// The load of the last minute.
    public var load: Double?
    /// Seconds since the machine started.
    public var uptime: Double?
    /// The share of the last minute in which something waited, by resource.
    public var pressure: [String: Double] = [:]
    /// How often the processor was slowed down for its heat; `nil` where it does not say.
    public var throttles: Double?
    /// The share of its life that flash has used, by device.
    public var wear: [String: Double] = [:]

    /// Directories that are read, for who confines the process.
    public static let places = [
        "/proc/loadavg", "/proc/uptime", "/proc/meminfo", "/proc/pressure", "/sys/class/thermal",
        "/sys/block", "/sys/devices",
    ]

    /// Nothing was read.
    public init() {}

    /// Reads it.
    ///
    /// - Parameter root: where `proc` and `sys` are; for tests another than the machine's.
    /// - Returns: what could be read.
    public static func read(root: String = "") -> HardwareReading {
        var reading = HardwareReading()
        let files = Files(root: root)
        reading.load = files.words("/proc/loadavg").first.flatMap(Double.init)
        reading.uptime = files.words("/proc/uptime").first.flatMap(Double.init)
        for line in files.text("/proc/meminfo").split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            guard words.count >= 2, let kibibytes = Double(words[1]) else { continue }
            switch words[0] {
            case "MemTotal": reading.memoryTotal = kibibytes * 1024
            case "MemAvailable": reading.memoryAvailable = kibibytes * 1024
            default: break
            }
        }
        for resource in ["cpu", "memory", "io"] {
            let words = files.words("/proc/pressure/\(resource)")
            guard words.first == "some",
                let average = words.first(where: { $0.hasPrefix("avg60=") }),
                let percent = Double(average.dropFirst(6))
            else { continue }
            reading.pressure[resource] = percent / 100
        }
        reading.readTemperatures(files)
        reading.readThrottles(files)
        reading.readWear(files)
        return reading
    }

    private mutating func readTemperatures(_ files: Files) {
        for zone in files.names("/sys/class/thermal") where zone.hasPrefix("thermal_zone") {
            let place = "/sys/class/thermal/\(zone)"
            guard let thousandths = files.words("\(place)/temp").first.flatMap(Double.init),
                // What no chip survives is a sensor that does not work.
                (-100_000...300_000).contains(thousandths)
            else { continue }
            let kind = files.words("\(place)/type").first ?? ""
            let number = zone.dropFirst("thermal_zone".count)
            temperatures[kind.isEmpty ? zone : "\(kind)-\(number)"] = thousandths / 1000
        }
    }

    private mutating func readThrottles(_ files: Files) {
        let processors = "/sys/devices/system/cpu"
        for processor in files.names(processors) where processor.hasPrefix("cpu") {
            let file = "\(processors)/\(processor)/thermal_throttle/core_throttle_count"
            guard let count = files.words(file).first.flatMap(Double.init) else { continue }
            throttles = (throttles ?? 0) + count
        }
    }

    /// eMMC says in tenths how much of the life of each kind of its cells is used (JESD84-B51).
    private mutating func readWear(_ files: Files) {
        for device in files.names("/sys/block") {
            let tenths = files.words("/sys/block/\(device)/device/life_time").compactMap { word in
                word.hasPrefix("0x") ? Int(word.dropFirst(2), radix: 16) : nil
            }
            guard let most = tenths.max(), (1...11).contains(most) else { continue }
            wear[device] = Double(most) / 10
        }
    }
}

/// Small files below a root.
private struct Files {
    let root: String

    func text(_ path: String) -> String {
        // The kernel's own files say that they are empty; they are read until they end.
        guard let place = try? FilePlace(root + path),
            let directory = try? Directory.open(path: place.parent),
            let bytes = (try? directory.read(place.name, limit: 64 << 10)) ?? nil
        else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    func words(_ path: String) -> [String] {
        text(path).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    func names(_ path: String) -> [String] {
        guard let directory = try? Directory.open(path: root + path) else { return [] }
        return ((try? directory.names(limit: 4096)) ?? []).sorted()
    }
}
