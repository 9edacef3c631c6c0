public import Faults

/// Several weekly windows, of which one must be open; none at all are always open.
public struct MaintenanceWindows: Sendable, Equatable {
    /// The most windows of one list.
    public static let limit = 64
    /// How far ahead is looked: past a week in which clocks leave a window out.
    static let horizon: Int64 = 5 * 7 * 86_400

    /// Windows that are always open.
    public static let always = MaintenanceWindows([])

    /// The windows.
    public let windows: [MaintenanceWindow]

    /// Makes a list of windows.
    public init(_ windows: [MaintenanceWindow]) { self.windows = windows }

    /// Reads windows as people write them.
    ///
    /// - Parameter texts: the windows, at most ``limit``.
    /// - Throws: a `Fault` of code `configuration` for the first that is wrong.
    public init(parsing texts: [String]) throws(Fault) {
        guard texts.count <= MaintenanceWindows.limit else {
            throw Fault(
                .configuration,
                "There are \(texts.count) maintenance windows; at most "
                    + "\(MaintenanceWindows.limit) are accepted.")
        }
        var windows: [MaintenanceWindow] = []
        for text in texts { windows.append(try MaintenanceWindow(parsing: text)) }
        self.windows = windows
    }

    /// Whether a window is open, and when that changes.
    ///
    /// - Parameters:
    ///   - moment: seconds since 1970, by the machine's clock.
    ///   - zone: whose clocks `local` windows mean.
    /// - Returns: the state.
    public func state(at moment: Int64, zone: some ZoneRule) -> WindowState {
        guard !windows.isEmpty else { return .open(until: nil) }
        let isOpen = isOpen(at: moment, zone)
        var next = moment
        while next < moment + MaintenanceWindows.horizon {
            next = change(after: next, zone)
            if self.isOpen(at: next, zone) != isOpen {
                return isOpen ? .open(until: next) : .closed(opens: next)
            }
        }
        return isOpen ? .open(until: nil) : .closed(opens: next)
    }

    private func isOpen(at moment: Int64, _ zone: some ZoneRule) -> Bool {
        windows.contains { window in
            let offset = window.basis == .utc ? 0 : zone.offset(at: moment)
            return window.contains(second: MaintenanceWindows.second(moment + offset))
        }
    }

    /// The second of the week of a civil time; 1970 began on a Thursday.
    private static func second(_ civil: Int64) -> Int {
        let week = Int64(MaintenanceWindow.week)
        return Int(((civil + 3 * Int64(MaintenanceWindow.day)) % week + week) % week)
    }

    /// The next moment at which anything can change: a window's edge, or the setting of the clocks.
    private func change(after moment: Int64, _ zone: some ZoneRule) -> Int64 {
        let offset = zone.offset(at: moment)
        var wait = MaintenanceWindow.week
        for window in windows {
            let now = MaintenanceWindows.second(moment + (window.basis == .utc ? 0 : offset))
            for edge in window.edges {
                let until = (edge - now + MaintenanceWindow.week) % MaintenanceWindow.week
                if until > 0 { wait = min(wait, until) }
            }
        }
        // No zone sets its clocks twice within a quarter of an hour.
        var from = moment
        while from < moment + Int64(wait) {
            let to = min(from + 900, moment + Int64(wait))
            if zone.offset(at: to) != offset {
                return MaintenanceWindows.setting(from, to, offset, zone)
            }
            from = to
        }
        return moment + Int64(wait)
    }

    /// The first moment of another offset between two moments, by halving.
    private static func setting(
        _ from: Int64, _ to: Int64, _ offset: Int64, _ zone: some ZoneRule
    ) -> Int64 {
        var before = from
        var after = to
        while after - before > 1 {
            let middle = before + (after - before) / 2
            if zone.offset(at: middle) == offset { before = middle } else { after = middle }
        }
        return after
    }
}
