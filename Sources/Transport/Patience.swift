/// What was waited for on one transfer, by time in which libcurl was driven.
///
/// Time that this program spent elsewhere is no server's fault and does not count.
struct Patience {
    /// Bytes of its body.
    var bytes: Int64 = 0
    /// When, by driven time, its request was ready to be sent.
    var asked: Duration?
    /// When, by driven time, the present measure of its speed began, and all bytes until then.
    var measured: (since: Duration, from: Int64)?

    /// Begins the measure of the speed anew.
    mutating func restart() { measured = nil }
}
