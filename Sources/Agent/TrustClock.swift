internal import Faults
internal import Glibc
internal import Trust

/// The time by which expiry is judged, and whether this machine's clock can be right.
///
/// It cannot say less than when this release was made, nor less than the last trusted time: the start
/// of the last refresh whose whole metadata had not expired then. That time is never further ahead than
/// the metadata's own expiry, so a clock that once jumped keeps a machine back no longer than that.
struct TrustClock {
    /// How far a clock may lie behind the last trusted time, in seconds: it is set back a little when
    /// time comes from a network.
    static let slack: Int64 = 300

    /// What the clock says, in seconds since 1970.
    var now: Int64
    /// The last trusted time; `nil` where there is none.
    var floor: Int64?
    /// When this release was made.
    var released = NacelleVersion.released

    /// The clock now.
    init(floor: Int64?) {
        now = Int64(time(nil))
        self.floor = floor
    }

    /// A clock for tests.
    init(now: Int64, floor: Int64?, released: Int64) {
        self.now = now
        self.floor = floor
        self.released = released
    }

    /// The time to judge by.
    ///
    /// - Throws: a `Fault` of code `clock` where the clock is wrong.
    func trustedTime() throws(Fault) -> Int64 {
        guard now >= released else {
            throw refusal("this release was made at \(UTCTime.text(released))")
        }
        guard let floor else { return now }
        guard now >= floor - TrustClock.slack else {
            throw refusal("a repository was current at \(UTCTime.text(floor))")
        }
        return max(now, floor)
    }

    private func refusal(_ why: String) -> Fault {
        Fault(
            .clock,
            "This machine's clock says \(UTCTime.text(now)), and \(why): what expires cannot be "
                + "judged.",
            advice: "Set the clock; it goes on by itself once the time is right. A bundle file can "
                + "be installed meanwhile.")
    }
}
