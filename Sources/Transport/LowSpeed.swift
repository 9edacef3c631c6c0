/// How slow a transfer may be, and how long, before it is given up and tried again.
public struct LowSpeed: Sendable {
    /// The least speed, in bytes a second, over all transfers together.
    public var bytesPerSecond: Int64
    /// How long it may be missed; only time in which bytes are waited for counts.
    public var time: Duration

    /// Makes a bound.
    public init(bytesPerSecond: Int64 = 64, time: Duration = .seconds(60)) {
        self.bytesPerSecond = bytesPerSecond
        self.time = time
    }

    /// How many bytes the time must bring.
    var bytes: Int64 { Int64(Double(bytesPerSecond) * time.inSeconds) }
}
