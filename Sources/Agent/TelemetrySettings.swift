public import Telemetry

/// What the configuration says of the model's health: where it is read, and who is told.
public struct TelemetrySettings: Sendable, Equatable {
    /// A server of time series.
    public struct Push: Sendable, Equatable {
        /// Where to post.
        public var url: String
        /// In which form.
        public var format = Uplink.Format.remoteWrite
        /// Seconds between two samples.
        public var every: Int64 = 300
        /// For how long a sample waits, in seconds.
        public var keep: Int64 = 14 * 86_400
        /// The most bytes that wait.
        public var bytes: Int64 = 8 << 20

        /// Pushes to an address.
        public init(url: String) { self.url = url }
    }

    /// Whether anything is read at all.
    public var isOn = true
    /// What this machine is called in what is pushed; its host name unless configured.
    public var name = ""
    /// Where the application's page is; `nil` where it has none.
    public var page: ProbeSettings.Kind?
    /// How long one answer may take, in milliseconds.
    public var timeout: Int64 = 2000
    /// Seconds between two looks.
    public var interval: Int64 = 60
    /// The least length of a window outside of a probation, in seconds.
    public var window: Int64 = 900
    /// For how long a probation may go on for want of predictions, in milliseconds; `nil` for as long as
    /// the manifest says.
    public var longest: Int64?
    /// What a version counts as of which too little was seen; `nil` for what the manifest says.
    public var undecided: DriftLimits.Undecided?
    /// The file for node_exporter's textfile collector; `nil` for none.
    public var textfile: String?
    /// Whom samples are pushed to; `nil` for nobody.
    public var push: Push?

    /// Makes the default settings.
    public init() {}
}
