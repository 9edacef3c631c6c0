public import DurableFiles
public import Faults
internal import Glibc
internal import StrictJSON

/// The reports that wait for the server, in the order in which they were made; each is a file.
///
/// It holds over power failures and days without a network. Several processes may add and deliver
/// at once: a lock is held for milliseconds around each change, another throughout a delivery.
public final class Outbox {
    /// The most reports that wait.
    public static let limit = 256
    /// How many names of reports that are gone are remembered.
    static let toldLimit = 64
    private static let lockFile = "outbox.lock"
    private static let deliveryLock = "delivery.lock"
    private static let toldFile = "told.json"

    let directory: Directory
    private let now: () -> Int64

    /// Opens an outbox.
    ///
    /// - Parameters:
    ///   - directory: where its files stand; for them alone.
    ///   - now: the wall clock, in milliseconds since 1970.
    public init(_ directory: consuming Directory, now: @escaping () -> Int64 = Outbox.clock) {
        self.directory = directory
        self.now = now
    }

    /// The wall clock, in milliseconds since 1970.
    public static func clock() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Milliseconds since 1970.
    var time: Int64 { max(now(), 0) }

    // MARK: Adding

    /// Adds a report, durably.
    ///
    /// Progress takes the place of progress of the same action, and goes when the action's end is
    /// added. Where there is no room, progress and steps make it, the oldest first.
    ///
    /// - Parameters:
    ///   - report: the report.
    ///   - once: a name of it that is the same when it is added again, after a crash say; a report
    ///     that waits or was delivered under this name is not added. Up to 256 bytes.
    /// - Throws: a `Fault`, of code `no-space` where only reports wait that must not be lost.
    public func add(_ report: Report, once: String? = nil) throws(Fault) {
        let lock = try lock()
        try put(report, once: once)
        _ = consume lock
    }

    private func put(_ report: Report, once: String?) throws(Fault) {
        if let action = report.action, !DDIReader.isID(action) {
            throw Fault(.internalError, "“\(action)” is no action's id.")
        }
        let entries = try entries()
        if let once {
            guard once.utf8.count <= 256 else {
                throw Fault(.internalError, "The name of a report has more than 256 bytes.")
            }
            guard !entries.contains(where: { $0.once == once }), try !told().contains(once) else {
                return
            }
        } else if report.isFinal, entries.contains(where: { $0.report == report }) {
            return
        }
        var spare = entries.filter { entry in
            entry.report.isProgress && entry.report.action == report.action
                && (report.isProgress || report.isFinal)
        }
        let kept = entries.count - spare.count
        if kept >= Outbox.limit {
            let gone = Set(spare.map(\.number))
            let droppable = entries.filter {
                $0.report.isDroppable && !gone.contains($0.number)
            }
            let oldest = droppable.first { $0.report.isProgress } ?? droppable.first
            guard let oldest else {
                if report.isDroppable { return }
                throw Fault(
                    .noSpace,
                    "\(kept) reports wait for the rollout server; no more than \(Outbox.limit) are "
                        + "kept.", advice: "See that this machine reaches the server.")
            }
            spare.append(oldest)
        }
        let number = (entries.last?.number ?? 0) + 1
        try write(OutboxEntry(number: number, report: report, at: time, once: once))
        for entry in spare { try directory.remove(entry.file) }
        if !spare.isEmpty { try directory.sync() }
    }

    // MARK: Looking

    /// How many reports wait.
    public func count() throws(Fault) -> Int { try numbers().count }

    /// The reports that wait, oldest first.
    public func waiting() throws(Fault) -> [Report] { try entries().map(\.report) }

    /// The entries, oldest first; one that cannot be read is put aside.
    func entries() throws(Fault) -> [OutboxEntry] {
        var entries: [OutboxEntry] = []
        for number in try numbers() {
            let file = OutboxEntry.file(number)
            do throws(Fault) {
                guard let bytes = try directory.read(file, limit: OutboxEntry.limit) else {
                    continue
                }
                entries.append(try OutboxEntry(number: number, reading: bytes))
            } catch  where error.code == .malformed {
                // Kept for a person; of several the last.
                try directory.rename(file, to: "damaged.json")
            }
        }
        return entries
    }

    private func numbers() throws(Fault) -> [Int] {
        try directory.names(limit: 4096).compactMap(OutboxEntry.number)
    }

    // MARK: Delivering

    /// Takes the lock of a delivery: of two at once, one would tell everything twice.
    func lockDelivery() throws(Fault) -> FileLock {
        try FileLock.take(
            Outbox.deliveryLock, in: directory, holder: "nacelle contact", patience: 2000)
    }

    private func lock() throws(Fault) -> FileLock {
        try FileLock.take(Outbox.lockFile, in: directory, holder: "nacelle", patience: 10_000)
    }

    /// Writes what is new of an entry, durably; one that went in the meantime stays gone.
    ///
    /// - Returns: whether it is still there.
    func update(_ entry: OutboxEntry) throws(Fault) -> Bool {
        let lock = try lock()
        guard try directory.info(entry.file) != nil else { return false }
        try write(entry)
        _ = consume lock
        return true
    }

    /// Lets an entry go, and remembers its name.
    func remove(_ entry: OutboxEntry) throws(Fault) {
        let lock = try lock()
        if let once = entry.once {
            let names = (try told() + [once]).suffix(Outbox.toldLimit)
            let json = JSONValue.members([("told", .array(names.map { .string($0) }))])
            try directory.replace(Outbox.toldFile, with: json.pretty)
        }
        try directory.remove(entry.file)
        try directory.sync()
        _ = consume lock
    }

    private func write(_ entry: OutboxEntry) throws(Fault) {
        try directory.replace(entry.file, with: entry.json.pretty, mode: 0o600)
    }

    /// The names of reports that are gone; where they cannot be read, none.
    private func told() throws(Fault) -> [String] {
        let limit = 64 << 10
        guard let bytes = try directory.read(Outbox.toldFile, limit: limit),
            let json = try? JSONReader.read(bytes, limits: JSONLimits(bytes: limit, depth: 4)),
            let fields = try? JSONFields(json, path: "told"),
            let names = try? fields.strings("told", limit: Outbox.toldLimit, length: 256)
        else { return [] }
        return names
    }
}
