internal import Bundle
internal import DurableFiles
internal import Faults
internal import Glibc
internal import Sealing
internal import Slots
internal import StrictJSON
internal import Telemetry

/// Looks at what the application counts, and keeps it from one look to the next.
///
/// What is kept stands in the runtime directory, which a reboot forgets, and every ten minutes and at
/// the end of each window in the store.
struct HealthLook: ~Copyable {
    /// The file's name in both places.
    static let file = "health.json"
    /// Seconds between two writes to the store that nothing hurries.
    private static let durableInterval: Int64 = 600

    private let place: HealthPlace
    /// The tree that is looked at.
    private let tree: String
    /// What its release counted over its validation data; `nil` where the manifest has none.
    let reference: ModelReference?
    /// Why the reference that the manifest has cannot be read; `nil` where it can, or has none.
    let problem: String?
    private var page: LocalPage?

    /// Prepares looks at a version.
    ///
    /// - Parameters:
    ///   - place: where it is read and kept.
    ///   - slot: the slot that the version runs in.
    ///   - record: its record.
    ///   - store: the store, which has its envelope.
    /// - Throws: a `Fault` where the place cannot be used.
    init(
        _ place: HealthPlace, _ slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) throws(Fault) {
        self.place = place
        tree = record.identity.tree.hex
        do throws(Fault) {
            reference = try HealthLook.reference(of: slot, record, store)
            problem = nil
        } catch {
            // It was admitted; what watches it must not keep it from running.
            (reference, problem) = (nil, error.message)
        }
        page = try place.settings.page.map { (page) throws(Fault) in
            try LocalPage(page, timeout: place.settings.timeout)
        }
    }

    /// Whether there is anything to look at.
    var isPossible: Bool { place.settings.isOn && page != nil }

    /// The manifest's reference, of the envelope that the record names; `nil` where there is none.
    ///
    /// - Throws: a `Fault` where it cannot be read, or is not what was signed.
    static func reference(
        of slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) throws(Fault) -> ModelReference? {
        guard let value = try KeptManifest.read(of: slot, record, store)?.reference else {
            return nil
        }
        return try ModelReference(value)
    }

    /// Forgets what was seen of whatever version: the next one begins anew.
    static func forget(_ place: HealthPlace, _ store: borrowing Store) throws(Fault) {
        if let runtime = try? Directory.open(path: place.runtime) { try? runtime.remove(file) }
        try store.removeState(file)
    }

    /// What was kept of this version; a new beginning where nothing was.
    func kept(_ store: borrowing Store) -> HealthState {
        HealthLook.kept(runtime: place.runtime, store, tree: tree, reference?.limits)
            ?? HealthState(tree: tree, reference?.limits, at: Int64(time(nil)))
    }

    /// The newest of what was kept of a version; `nil` where nothing was.
    static func kept(
        runtime: String, _ store: borrowing Store, tree: String, _ limits: DriftLimits?
    ) -> HealthState? {
        let recent = try? FilePlace.read("\(runtime)/\(file)", limit: HealthState.limit)
        let durable = (try? store.readState(file, limit: HealthState.limit)) ?? nil
        return [recent, durable].compactMap { $0 }
            .compactMap { try? HealthState(reading: $0, limits) }
            .filter { $0.tree == tree }.max { $0.lookedAt < $1.lookedAt }
    }

    /// Looks once.
    ///
    /// - Parameters:
    ///   - store: the store.
    ///   - least: the least length of a window, in seconds; `nil` for the configured one.
    ///   - command: who looks, for the lock.
    ///   - checkpoint: when it throws, the application's answer is no longer waited for.
    /// - Returns: the health of now.
    /// - Throws: a `Fault` where the look could not be kept, or what `checkpoint` throws.
    mutating func look(
        _ store: borrowing Store, least: Int64? = nil, command: String,
        checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> HealthState {
        let lock = try store.lockHealth(command)
        var state = kept(store)
        let now = max(0, Int64(time(nil)))
        if isPossible {
            let answer = try page?.get(limit: MetricText.limit, checkpoint: checkpoint)
            switch answer {
            case .page(let bytes): take(bytes, &state, now)
            case .problem(let words): state.miss(words, at: now)
            case nil: break
            }
        }
        let rule = HealthState.WindowRule(
            samples: reference?.limits.samples ?? DriftLimits().samples,
            least: least ?? place.settings.window)
        let ended = state.closeWindow(rule, against: reference, at: now)
        try keep(state, store, durably: ended)
        _ = consume lock
        return state
    }

    private func take(_ bytes: [UInt8], _ state: inout HealthState, _ now: Int64) {
        do throws(Fault) {
            let reading = try ModelReading(MetricText.read(bytes))
            if let expected = reference?.digest, !expected.isEmpty, !reading.digest.isEmpty,
                expected != reading.digest
            {
                state.miss(
                    "another model answers (\(reading.digest.prefix(12))…) than this version's "
                        + "(\(expected.prefix(12))…)", at: now)
                return
            }
            state.take(reading, at: now)
        } catch {
            state.miss(error.message, at: now)
        }
    }

    private func keep(
        _ state: HealthState, _ store: borrowing Store, durably: Bool
    ) throws(Fault) {
        let bytes = state.json.compact
        let isRecent: Bool
        do throws(Fault) {
            try Directory.open(path: place.runtime).replace(HealthLook.file, with: bytes)
            isRecent = true
        } catch {
            isRecent = false
        }
        if !durably, isRecent,
            let kept = (try? store.readState(HealthLook.file, limit: HealthState.limit)) ?? nil,
            let old = try? HealthState(reading: kept, nil), old.tree == state.tree,
            (0..<HealthLook.durableInterval).contains(state.lookedAt - old.lookedAt)
        {
            return
        }
        do throws(Fault) { try store.writeState(HealthLook.file, bytes) } catch {
            // A full disk costs what was counted before the next power cut, and no look.
            guard isRecent else { throw error }
        }
    }
}
