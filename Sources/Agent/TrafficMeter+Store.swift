public import Faults
internal import Glibc
public import Slots
public import Transport

extension TrafficMeter {
    /// Goes over to the count of a store, with the month's bound that is configured.
    ///
    /// Months go by this machine's clock, but never behind the last trusted time, nor behind the
    /// making of this release: a machine that starts without the time has no fresh month by that.
    ///
    /// - Parameters:
    ///   - store: the store.
    ///   - configuration: has the bound.
    ///   - ignoresMonth: whether the bound is passed this once.
    ///   - command: the command, for whoever waits for the count.
    /// - Throws: a `Fault` of code `budget` where no bytes are left, or another where the
    ///   configuration or the count cannot be used.
    public func begin(
        _ store: borrowing Store, _ configuration: Configuration, ignoresMonth: Bool = false,
        command: String
    ) throws(Fault) {
        let least = max(store.clockFloor() ?? 0, NacelleVersion.released)
        let limit = try configuration.service().monthBytes
        try begin(
            in: try store.trafficDirectory(), limit: ignoresMonth ? nil : limit, holder: command
        ) { max(Int64(time(nil)), least) }
    }
}
