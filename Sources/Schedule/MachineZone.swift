internal import Glibc

/// The zone that this machine's clocks are set to (`TZ`, else `/etc/localtime`), by the C library.
///
/// Summer time begins and ends as the zone's data say; a zone that is changed while the process
/// runs is noticed at the next question.
public struct MachineZone: ZoneRule {
    /// Makes the zone.
    public init() {}

    /// How far this machine's clocks are ahead of UTC at a moment; 0 for one beyond all calendars.
    public func offset(at moment: Int64) -> Int64 {
        // localtime_r looks at the zone only once; tzset again, where it has changed.
        tzset()
        var time = time_t(moment)
        var civil = unsafe tm()
        guard unsafe localtime_r(&time, &civil) != nil else { return 0 }
        return unsafe Int64(civil.tm_gmtoff)
    }
}
