/// What systemd says of a unit, as `systemctl show` prints it.
struct UnitReport: Equatable {
    /// The properties that are asked for; nothing else is taken.
    static let properties = [
        "ActiveState", "SubState", "NRestarts", "MemoryCurrent", "ActiveEnterTimestampMonotonic",
    ]
    private static let limit = 4096

    /// Whether it runs: `active`, `activating`, `failed` and others.
    var activeState: String
    /// More of the same: `running`, `auto-restart` and others.
    var subState: String
    /// How often systemd restarted it by itself; `nil` for a unit that is no service.
    var restarts: Int?
    /// What its processes have charged, page cache with it, in bytes; `nil` where that is not counted.
    var memory: Int64?
    /// When it last became active, in microseconds of `CLOCK_MONOTONIC`; 0 for never since the boot.
    var activeSince: UInt64

    /// Reads an answer: `NAME=VALUE` lines in any order, each name once; `nil` for anything else.
    ///
    /// - Parameter text: the answer, 4096 bytes at most.
    init?(reading text: String) {
        guard text.utf8.count <= UnitReport.limit else { return nil }
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { return nil }
            let name = String(line[..<equals])
            guard UnitReport.properties.contains(name), values[name] == nil else { return nil }
            values[name] = String(line[line.index(after: equals)...])
        }
        guard let activeState = values["ActiveState"], UnitReport.isWord(activeState),
            let subState = values["SubState"], UnitReport.isWord(subState)
        else { return nil }
        self.activeState = activeState
        self.subState = subState
        switch values["NRestarts"] {
        case nil: restarts = nil
        case .some(let text):
            guard let number = Int(text), (0...Int(Int32.max)).contains(number) else { return nil }
            restarts = number
        }
        // “[not set]”, and the largest number of its type in earlier releases of systemd.
        memory = values["MemoryCurrent"].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
        guard let since = UInt64(values["ActiveEnterTimestampMonotonic"] ?? "0") else { return nil }
        activeSince = since
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 32
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// Why the unit does not run, in words; `nil` where it does.
    var problem: String? {
        ["active", "reloading"].contains(activeState)
            ? nil : "the unit is \(activeState) (\(subState))"
    }

    /// In words, for evidence.
    var text: String {
        "\(activeState) (\(subState))" + (restarts.map { ", \($0) restarts" } ?? "")
            + (memory.map { ", \($0) bytes of memory" } ?? "")
    }
}
