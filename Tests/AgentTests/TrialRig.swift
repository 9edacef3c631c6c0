import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import Slots
import StrictJSON

@testable import Agent

/// A store with a good version in slot a and a ready one in slot b, and a systemd that is a script.
struct TrialRig {
    let scratch: String
    var activation = ActivationSettings()
    var probe: ProbeSettings?
    var specification = ProbationSpecification(
        duration: 150, interval: 20, startTimeout: 2000, failures: 3)
    var health: HealthPlace
    let reporter = Told()

    /// Makes everything in a directory.
    init(_ scratch: String) throws {
        self.scratch = scratch
        try Directory.open(path: scratch).make("run").sync()
        health = HealthPlace(settings: TelemetrySettings(), runtime: scratch + "/run")
        let store = try Store.openOrMake(path: scratch + "/store", owner: nil)
        for (slot, state) in [(SlotName.a, SlotRecord.State.good), (.b, .ready)] {
            try store.write(try TrialRig.record(slot, state), of: slot)
            // An empty directory is no version.
            try store.emptySlot(slot).replace("program", with: [1])
        }
        try store.setCurrent(.a)
        // It knows three calls, of one unit; any other is noted and refused.
        try script(
            "systemctl",
            """
            echo "$*" >> calls
            show=ActiveState,SubState,NRestarts,MemoryCurrent,ActiveEnterTimestampMonotonic
            case "$*" in
            "--no-ask-password reset-failed app.service") ;;
            "--no-ask-password restart app.service")
                [ -e hang ] && sleep 60
                [ -e fail ] && { echo "Job for app.service failed."; exit 1; }
                # A tick is a hundredth of a second.
                awk '{ printf "%.0f\\n", $1 * 1000000 + 20000 }' /proc/uptime > since ;;
            "--no-ask-password show -p $show app.service")
                [ -e mute ] && exit 1
                echo "ActiveState=$(cat state)"
                echo "SubState=running"
                echo "NRestarts=$(cat restarts)"
                echo "MemoryCurrent=$(cat memory)"
                echo "ActiveEnterTimestampMonotonic=$(cat since)" ;;
            *) echo "$*" >> trap; exit 99 ;;
            esac
            """)
        try write("state", "active\n")
        try write("restarts", "0\n")
        try write("memory", "1000000\n")
        try write("since", "0\n")
        activation.systemctl = scratch + "/systemctl"
    }

    static func record(_ slot: SlotName, _ state: SlotRecord.State) throws -> SlotRecord {
        SlotRecord(
            state: state,
            identity: VersionIdentity(
                application: "bearing", version: slot == .a ? "1.0.0" : "1.1.0",
                releaseCounter: slot == .a ? 10 : 11,
                tree: try SHA256.digest(of: Array(slot.rawValue.utf8))),
            bundle: "0123456789abcdef0123456789abcdef", whole: true)
    }

    /// The operation.
    var trial: Trial {
        Trial(
            activation: Activation(activation), probe: probe, health: health, reporter: reporter,
            command: "test", leavesOnSignal: true)
    }

    /// Has a shell do something beside the test.
    func inBackground(_ line: String) throws {
        let whole = "cd '\(scratch)' && (\(line)) > /dev/null 2>&1 &"
        guard unsafe system(whole) == 0 else {
            throw Fault(.internalError, "“\(line)” could not be started.")
        }
    }

    /// The store.
    func store() throws -> Store { try Store.open(path: scratch + "/store") }

    /// Swaps slot b in and watches it.
    @discardableResult
    func swap() throws -> VersionIdentity {
        try trial.swap(.b, try store(), specification)
    }

    /// Goes on with the trial, as far as it was kept.
    func resume() throws {
        let store = try store()
        guard let record = try store.snapshot().record(.b) else { return }
        _ = try trial.watch(
            .b, store, specification, progress: ProbationProgress.load(.b, record, store))
    }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try Directory.open(path: scratch).replace(name, with: Array(text.utf8), mode: mode)
    }

    /// Writes a script that works in the rig's directory; returns its path.
    @discardableResult
    func script(_ name: String, _ text: String) throws -> String {
        try write(name, "#!/bin/sh\ncd \(scratch)\n\(text)\n", mode: 0o755)
        return scratch + "/" + name
    }

    func text(_ name: String) throws -> String? {
        try Directory.open(path: scratch).read(name, limit: 1 << 20).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// How many processes run with such a command line.
    func lines(of command: String) throws -> Int {
        let processes = try Directory.open(path: "/proc")
        return try processes.names(limit: 100_000).count { name in
            guard Int(name) != nil, let process = try? processes.open(name),
                let file = try? process.openFile("cmdline")
            else { return false }
            var bytes = [UInt8](repeating: 0, count: 4096)
            guard let count = try? file.read(into: &bytes, count: 4096, name) else { return false }
            return String(decoding: bytes[..<count], as: UTF8.self).contains(command)
        }
    }

    func remove(_ name: String) throws { try Directory.open(path: scratch).remove(name) }

    /// How often the unit was restarted by us.
    func restarts() throws -> Int {
        try (text("calls") ?? "").split(separator: "\n").count { $0.contains(" restart ") }
    }

    func evidence() throws -> FailureEvidence? { FailureEvidence.kept(in: try store()) }

    /// What was said, for the tests.
    final class Told: Reporter {
        private(set) var events: [(event: String, text: String)] = []

        func progress(_ phase: String, done: Int64, total: Int64) {}

        func say(_ text: String, event: String, facts: [(String, JSONValue?)]) {
            events.append((event, text))
        }

        func said(_ event: String) -> String? { events.first { $0.event == event }?.text }
    }
}
