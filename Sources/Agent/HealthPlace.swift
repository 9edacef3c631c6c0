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

    /// The same; switched off, and said, where the configuration of it cannot be used: what watches a
    /// model must never keep a machine from going on.
    ///
    /// - Parameter warn: told why.
    /// - Returns: the place.
    /// - Throws: a `Fault` where not even the runtime directory is known.
    func healthPlace(_ warn: (String) -> Void) throws(Fault) -> HealthPlace {
        do throws(Fault) { return try healthPlace() } catch {
            warn("The model's health is not looked at: \(error.description)")
            var settings = TelemetrySettings()
            settings.isOn = false
            return HealthPlace(settings: settings, runtime: try smoke().runtimeDirectory)
        }
    }
}
