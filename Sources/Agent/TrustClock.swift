internal import Faults
internal import Glibc
internal import Trust

/// The time by which expiry is judged, and whether this machine's clock can be right.
///
/// It cannot say less than when this release was made. Nor is it ever earlier than the last trusted time:
/// the start of the last refresh whose whole metadata had not expired then. Where the clock says less,
/// that time counts in its place. So a clock that once jumped ahead strands nobody: what is published
/// later also expires later.
struct TrustClock {
    /// How far a clock lies behind the last trusted time before that is told, in seconds: it is set
    /// back a little when time comes from a network.
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
            throw Fault(
                .clock,
                "This machine's clock says \(UTCTime.text(now)), and this release was made at "
                    + "\(UTCTime.text(released)): what expires cannot be judged.",
                advice:
                    "Set the clock; it goes on by itself once the time is right. Meanwhile what "
                    + "comes on a stick can be installed, unless “expired-media: refuse” is set.")
        }
        return max(now, floor ?? now)
    }

    /// What there is to tell of a clock that lies behind; `nil` for nothing.
    var warning: String? {
        guard let floor, now < floor - TrustClock.slack else { return nil }
        return "This machine's clock says \(UTCTime.text(now)), and a repository was current at "
            + "\(UTCTime.text(floor)): that time is taken for now. One of the two is wrong."
    }
}
