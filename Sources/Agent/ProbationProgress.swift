internal import DurableFiles
internal import Faults
internal import Glibc
internal import Sealing
internal import Slots
internal import StrictJSON

/// How far the probation of a version has come, kept so that it goes on after a restart of the agent
/// or the machine.
struct ProbationProgress: Equatable {
    static let file = "probation.json"
    static let limit = 4096

    /// The slot in trial.
    var slot: SlotName
    /// The tree in it.
    var tree: Digest
    /// The bundle that it came from.
    var bundle: String
    /// When it was swapped in, in seconds since 1970; for people only.
    var began: Int64
    /// For how long it was seen healthy, in milliseconds of `CLOCK_BOOTTIME`, over all boots.
    var watched: Int64 = 0
    /// For how long it was not, once it had been.
    var unhealthy: Int64 = 0
    /// The boot in which this was written.
    var boot: String
    /// When it was swapped in, in microseconds of `CLOCK_MONOTONIC` of the boot in ``boot``; 0 for an
    /// earlier boot.
    var swapped: UInt64
    /// Whether the application was restarted since, in that boot.
    var restarted = false
    /// How often systemd restarted its unit in this probation.
    var restarts = 0
    /// The unit's own count when it was last looked at.
    var seenRestarts = 0

    /// Begins one, right after the swap.
    init(_ slot: SlotName, _ record: SlotRecord) {
        self.slot = slot
        tree = record.identity.tree
        bundle = record.bundle
        began = Int64(time(nil))
        boot = ProbationProgress.bootNow
        swapped = ProbationProgress.monotonicNow
    }

    /// Reads what was kept.
    ///
    /// - Parameter bytes: the file, at most ``limit`` bytes.
    /// - Throws: a `Fault` of code `malformed`.
    init(reading bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: ProbationProgress.limit, depth: 4, values: 64)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "probation")
        let _: Int = try fields.integer("format", in: 1...1)
        guard let slot = SlotName(rawValue: try fields.string("slot", limit: 1)),
            let tree = Digest(hex: try fields.string("tree", limit: 64))
        else { throw Fault(.malformed, "“probation” names no slot or no tree.") }
        self.slot = slot
        self.tree = tree
        bundle = try fields.string("bundle", limit: 64)
        began = try fields.integer("began", in: 0...Int64.max)
        watched = try fields.integer("watched", in: 0...Int64(1) << 40)
        unhealthy = try fields.integer("unhealthy", in: 0...Int64(1) << 40)
        boot = try fields.string("boot", limit: 64)
        swapped = try fields.integer("swapped", in: 0...UInt64.max)
        restarted = try fields.bool("restarted")
        restarts = try fields.integer("restarts", in: 0...Int(Int32.max))
        seenRestarts = try fields.integer("seenRestarts", in: 0...Int(Int32.max))
    }

    var json: JSONValue {
        .members([
            ("format", .integer(1)), ("slot", .string(slot.rawValue)),
            ("tree", .string(tree.hex)), ("bundle", .string(bundle)),
            ("watched", .integer(watched)), ("unhealthy", .integer(unhealthy)),
            ("began", .integer(began)), ("boot", .string(boot)), ("swapped", .integer(swapped)),
            ("restarted", .bool(restarted)), ("restarts", .integer(restarts)),
            ("seenRestarts", .integer(seenRestarts)),
        ])
    }

    /// Goes on with what was kept of a slot's trial, in this boot; `nil` where it is of another, or
    /// cannot be read.
    static func load(
        _ slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) -> ProbationProgress? {
        guard let bytes = (try? store.readState(file, limit: limit)) ?? nil,
            var kept = try? ProbationProgress(reading: bytes), kept.slot == slot,
            kept.tree == record.identity.tree, kept.bundle == record.bundle
        else { return nil }
        guard kept.boot != bootNow else { return kept }
        // systemd began to count anew, and whatever was started since then runs this version.
        kept.boot = bootNow
        kept.swapped = 0
        kept.restarted = false
        kept.seenRestarts = 0
        return kept
    }

    /// Counts the unit's restarts since it was last looked at.
    mutating func count(_ now: Int) {
        // A restart by hand sets the unit's own count back.
        restarts = min(
            Int(Int32.max), restarts + (now >= seenRestarts ? now - seenRestarts : now))
        seenRestarts = now
    }

    /// Whether the unit surely runs the version in trial already.
    func isRunning(_ report: UnitReport) -> Bool {
        let states =
            swapped == 0 ? ["active", "reloading", "activating"] : ["active", "reloading"]
        return states.contains(report.activeState)
            && (swapped == 0 || report.activeSince > swapped)
    }

    /// The id of this boot.
    static var bootNow: String {
        guard let directory = try? Directory.open(path: "/proc/sys/kernel/random"),
            let bytes = (try? directory.read("boot_id", limit: 64)) ?? nil
        else { return "" }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// Now, in microseconds of the clock by which systemd tells when a unit became active.
    static var monotonicNow: UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    }
}
