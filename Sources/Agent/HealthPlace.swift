public import Faults
internal import Telemetry

/// Where the model's health is read, and where it is kept.
public struct HealthPlace: Sendable {
    /// What the configuration says.
    public var settings: TelemetrySettings
    /// The runtime directory.
    public var runtime: String
}

extension Configuration {
    /// Where the model's health is read and kept.
    public func healthPlace() throws(Fault) -> HealthPlace {
        HealthPlace(settings: try telemetry(), runtime: try smoke().runtimeDirectory)
    }
}
