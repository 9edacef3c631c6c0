internal import DurableFiles
internal import Faults
internal import StrictJSON

/// The month's count on disk, changed under a lock of its own, durably.
final class TrafficFile {
    private let directory: Directory
    private let holder: String
    private let clock: () -> Int64

    /// Takes the directory that the count stands in.
    ///
    /// - Parameters:
    ///   - directory: a store's `state/`.
    ///   - holder: the command, for whoever waits for the lock.
    ///   - clock: seconds since 1970.
    init(in directory: consuming Directory, holder: String, clock: @escaping () -> Int64) {
        self.directory = directory
        self.holder = holder
        self.clock = clock
    }

    /// The month as it counts now.
    ///
    /// One whose file is damaged counts as lost.
    func month() -> TrafficMonth {
        let now = clock()
        do throws(Fault) {
            return try TrafficMonth.read(in: directory)?.turned(at: now) ?? TrafficMonth(of: now)
        } catch {
            var lost = TrafficMonth(of: now)
            lost.isLost = true
            return lost
        }
    }

    /// Changes the month, durably, where there is something to change; waits up to ten seconds for another command.
    ///
    /// - Parameter body: changes it; where it throws, nothing is written.
    /// - Throws: what `body` throws, or a `Fault`.
    func change(_ body: (inout TrafficMonth) throws(Fault) -> Void) throws(Fault) {
        let lock = try FileLock.take(
            "traffic.lock", in: directory, holder: holder, patience: 10_000)
        let before = month()
        var month = before
        try body(&month)
        if month != before { try directory.replace(TrafficMonth.file, with: month.json.pretty) }
        _ = consume lock
    }
}
