internal import DurableFiles
public import Faults
internal import Sealing
internal import Slots
public import Telemetry

/// What this machine shows of itself to who watches a fleet; docs/telemetry.md lists the names.
public struct MachinePage: Sendable {
    /// All families, in the order of the documentation.
    public let families: [MetricFamily]
    /// The health of the model that runs; `nil` where none was looked at.
    public let health: HealthState?

    /// Reads what is there; looks at no application and changes nothing.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration.
    ///   - store: the store's path where the command names one.
    ///   - more: tells what others know of this machine; asked once all was read that needs root.
    /// - Returns: the page.
    /// - Throws: a `Fault` where there is no store.
    public static func read(
        _ configuration: Configuration, store: String?, with more: () -> [MetricFamily] = { [] }
    ) throws(Fault) -> MachinePage {
        let facts = MachineFacts(configuration)
        let open = try Store.open(path: try configuration.storePath(store))
        return try MachinePage(facts, open, with: more())
    }

    /// Makes the page of what was read before, and the store.
    init(
        _ facts: MachineFacts, _ store: borrowing Store, with more: [MetricFamily]
    ) throws(Fault) {
        let snapshot = try store.presentSnapshot()
        var health: HealthState?
        if let place = facts.health, let slot = snapshot.current, let record = snapshot.running {
            health = HealthLook.kept(
                runtime: place.runtime, store, tree: record.identity.tree.hex,
                ((try? HealthLook.reference(of: slot, record, store)) ?? nil)?.limits)
        }
        self.health = health
        families =
            MachinePage.versions(snapshot, store) + more
            + (health.map { ModelPage.families($0) } ?? [])
            + MachinePage.hardware(.read()) + MachinePage.space(store)
            + MachinePage.expiry(facts, store)
            + MachinePage.queue(store)
    }

    private static func versions(
        _ snapshot: StoreSnapshot, _ store: borrowing Store
    ) -> [MetricFamily] {
        var families: [MetricFamily] = []
        if let running = snapshot.running, let named = snapshot.named {
            let labels = [
                "application": running.identity.application,
                "version": running.identity.version,
                "release": "\(running.identity.releaseCounter)", "slot": named.rawValue,
                "state": running.state.rawValue, "agent": NacelleVersion.current,
            ]
            families = [
                MetricFamily(
                    "nacelle_info", .gauge, "What runs.",
                    [MetricSample("nacelle_info", labels, 1)]),
                .one(
                    "nacelle_version_since_timestamp_seconds", .gauge, "Since when it stands so.",
                    Double(running.changed)),
            ]
        }
        let fallback = SlotName.allCases.contains {
            $0.tree != snapshot.named && snapshot.isFallback($0)
        }
        let denied = (try? store.denials().count) ?? nil
        return families + [
            .one(
                "nacelle_fallback_available", .gauge,
                "Whether there is a whole version to go back to.", fallback ? 1 : 0),
            .one(
                "nacelle_denied_versions", .gauge, "Versions that this machine refuses.",
                denied.map(Double.init)),
            .one(
                "nacelle_fallbacks_total", .counter,
                "Versions that were left because they failed here.",
                Double(store.count(of: ["fell-back", "failed-and-stays"]))),
        ]
    }

    private static func hardware(_ reading: HardwareReading) -> [MetricFamily] {
        func labelled(
            _ name: String, _ label: String, _ help: String, _ values: [String: Double]
        ) -> MetricFamily {
            MetricFamily(
                name, .gauge, help,
                values.sorted { $0.key < $1.key }.map {
                    MetricSample(name, [label: $0.key], $0.value)
                })
        }
        return [
            labelled(
                "nacelle_temperature_celsius", "zone", "Thermal zones.", reading.temperatures),
            .one(
                "nacelle_memory_available_bytes", .gauge, "Memory that programs may still have.",
                reading.memoryAvailable),
            .one("nacelle_memory_total_bytes", .gauge, "Memory.", reading.memoryTotal),
            .one("nacelle_load1", .gauge, "Load of the last minute.", reading.load),
            labelled(
                "nacelle_pressure_ratio", "resource",
                "Share of the last minute in which something waited.", reading.pressure),
            .one(
                "nacelle_throttles_total", .counter,
                "How often the processor was slowed down for its heat.", reading.throttles),
            .one(
                "nacelle_uptime_seconds", .gauge, "Since the machine started.", reading.uptime),
            labelled(
                "nacelle_storage_wear_ratio", "device", "Share of its life that flash has used.",
                reading.wear),
        ]
    }

    private static func space(_ store: borrowing Store) -> [MetricFamily] {
        let space = try? store.fileSystemSpace()
        return [
            .one(
                "nacelle_store_free_bytes", .gauge, "Free on the file system of the store.",
                space.map { Double($0.bytes) }),
            .one(
                "nacelle_store_size_bytes", .gauge, "Size of the file system of the store.",
                space.map { Double($0.total) }),
        ]
    }

    private static func expiry(
        _ facts: MachineFacts, _ store: borrowing Store
    ) -> [MetricFamily] {
        let roles = TrustExpiry.read(store, shipped: facts.root).sorted { $0.key < $1.key }
        return [
            .one(
                "nacelle_certificate_expiry_timestamp_seconds", .gauge,
                "End of the machine's certificate.", facts.certificateEnd.map(Double.init)),
            MetricFamily(
                "nacelle_trust_expiry_timestamp_seconds", .gauge,
                "End of each of the repository's metadata that is kept.",
                roles.map {
                    MetricSample(
                        "nacelle_trust_expiry_timestamp_seconds", ["role": $0.key],
                        Double($0.value))
                }),
        ]
    }

    private static func queue(_ store: borrowing Store) -> [MetricFamily] {
        guard let state = PushState.load(store) else { return [] }
        let dropped = [
            ("age", state.dropped.age), ("size", state.dropped.size),
            ("refused", state.dropped.refused),
        ]
        return [
            .one(
                "nacelle_telemetry_queue_bytes", .gauge, "What waits to be pushed.",
                Double(state.waiting)),
            MetricFamily(
                "nacelle_telemetry_dropped_total", .counter, "Samples that were given up.",
                dropped.map {
                    MetricSample(
                        "nacelle_telemetry_dropped_total", ["reason": $0.0], Double($0.1))
                }),
        ]
    }
}
