import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import Slots
import StrictJSON
import Telemetry
import Trust

@testable import Agent

/// A trial of a version that has a reference, and an application that counts.
struct HealthRig {
    var rig: TrialRig
    private let socket: String

    /// The counts of a page after so many predictions, as the reference has them.
    static func counts(_ thousands: UInt64) -> ModelCounts {
        var counts = ModelCounts()
        counts.predictions = ["a": 500 * thousands, "b": 500 * thousands]
        counts.inferences = 1000 * thousands
        let even = [250 * thousands, 250 * thousands]
        counts.confidence = IntervalCounts([0.9], ["a": even, "b": even])
        counts.inputs = [
            ModelCounts.Feature("x", "rms"): IntervalCounts([1], ["a": even, "b": even])
        ]
        return counts
    }

    /// Makes everything in a directory.
    ///
    /// - Parameters:
    ///   - scratch: where.
    ///   - answers: what the application does at each look: `good`, `worse`, `dead`, `few`, `mute`.
    ///   - limits: what the manifest allows.
    ///   - digest: the model's digest in the manifest; the application says `ab`.
    /// - Throws: where something of it cannot be made.
    init(
        _ scratch: String, _ answers: String, _ limits: DriftLimits = DriftLimits(),
        digest: String = "ab"
    ) throws {
        rig = try TrialRig(scratch)
        socket = scratch + "/app.sock"
        rig.probe = ProbeSettings(kind: .socket(socket, path: "/ready"), timeout: 2000)
        rig.health.settings.page = .socket(socket, path: "/metrics")
        rig.health.settings.interval = 1
        try rig.write("app.py", HealthRig.program)
        try rig.inBackground("exec python3 -B app.py \(socket) \(answers)")
        for _ in 0..<400 where unsafe access(socket, F_OK) != 0 { usleep(25_000) }
        try addReference(limits, digest)
    }

    /// Gives the version in slot b an envelope with a reference, as its install would have.
    private func addReference(_ limits: DriftLimits, _ model: String) throws {
        let store = try rig.store()
        var record = try TrialRig.record(.b, .ready)
        let digest = record.identity.tree
        let manifest = Manifest(
            bundle: [UInt8](repeating: 1, count: 16), application: "bearing", version: "1.1.0",
            releaseCounter: 11, summary: "", compatible: ["turbine"],
            requirements: Manifest.Requirements(),
            tree: Manifest.Tree(digest: digest, entries: 1, bytes: 1, diskBytes: 4096),
            stream: Manifest.Stream(length: 1, digest: digest),
            index: Manifest.Index(length: 1, pages: 1, chunks: 1, paths: 0, table: digest),
            packLength: 1, commitment: nil,
            smoke: .command(SmokeCommand(program: SmokeProgram(path: "bin/check"))),
            probation: ProbationSpecification(),
            reference: ModelReference(HealthRig.counts(2), digest: model, limits: limits).json)
        let envelope = try DSSEEnvelope(type: .manifest, payload: manifest.json.compact).encode()
        try store.writeEnvelope(of: .b, envelope)
        record.envelope = try SHA256.digest(of: envelope).hex
        try store.write(record, of: .b)
    }

    /// What was kept of the model's health.
    func health() throws -> HealthState? {
        let store = try rig.store()
        guard let record = try store.snapshot().record(.b) else { return nil }
        return HealthLook.kept(
            runtime: rig.health.runtime, store, tree: record.identity.tree.hex, DriftLimits())
    }

    private static let program = """
        import http.server, socketserver, sys, time
        path, kind = sys.argv[1:3]
        began, looks = time.time(), 0

        class Answer(http.server.BaseHTTPRequestHandler):
            def log_message(self, *words):
                pass

            def address_string(self):
                return "local"

            def do_GET(self):
                global looks
                page = b""
                if self.path == "/metrics":
                    looks += 1
                    if kind == "mute":
                        self.send_response(404)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                        return
                    n = looks * (5 if kind == "few" else 500)
                    low = 0 if kind == "worse" else n // 2
                    lines = [f'inference_info{{model="m",version="1",digest="ab"}} 1',
                             f"inference_start_time_seconds {began}",
                             f"inference_latency_seconds_count {2 * n}",
                             f"inference_inputs_constant_total {n if kind == 'dead' else 0}"]
                    for name in "ab":
                        lines += [f'inference_predictions_total{{class="{name}"}} {n}']
                        for edge, count in (("0.9", n // 2), ("+Inf", n)):
                            lines += [f'inference_confidence_bucket{{class="{name}",le="{edge}"}} {count}']
                        for edge, count in (("1", low), ("+Inf", n)):
                            lines += ['inference_input_bucket{input="x",statistic="rms",'
                                      f'class="{name}",le="{edge}"}} {count}']
                    page = ("\\n".join(lines) + "\\n").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        server = Server(path, Answer)
        server.timeout = 60
        end = time.time() + 60
        while time.time() < end:
            server.timeout = 1
            server.handle_request()
        """
}
