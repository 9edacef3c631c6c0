public import Agent
internal import Faults
public import Telemetry

extension ServiceStatus {
    /// What is shown of the service and the update under way; nothing where that cannot be read.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration.
    ///   - store: the store's path where the command names one.
    /// - Returns: the families.
    public static func metrics(
        _ configuration: Configuration, store: String?
    ) -> [MetricFamily] {
        do throws(Fault) {
            return try read(configuration, path: configuration.storePath(store)).metrics
        } catch {
            return []
        }
    }

    /// What is shown of the service and the update under way.
    var metrics: [MetricFamily] {
        var families: [MetricFamily] = [
            .one(
                "nacelle_service_running", .gauge, "Whether the service runs.",
                holder == nil ? 0 : 1)
        ]
        if let state = state {
            let labels = ["state": state, "version": workVersion]
            families.append(
                MetricFamily(
                    "nacelle_update_state", .gauge, "Where an update stands.",
                    [MetricSample("nacelle_update_state", labels, 1)]))
        }
        if let contact = view?.contact, contact > 0 {
            families.append(
                .one(
                    "nacelle_last_contact_timestamp_seconds", .gauge,
                    "When repository or rollout server answered last.", Double(contact)))
        }
        return families
    }
}
