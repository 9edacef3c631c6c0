import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import TestKit
import Transport

/// A server of time series on this machine's loopback; it ends with its owner.
final class SeriesServer {
    let url: String
    private var child: ChildProcess
    private let client: HTTPClient

    /// VictoriaMetrics.
    static func victoria(_ scratch: borrowing Directory) throws -> SeriesServer {
        let port = try WebServer.freePort()
        return try SeriesServer(
            "victoria-metrics", port, ready: "/health",
            [
                "-storageDataPath=\(scratch.path)/victoria",
                "-httpListenAddr=127.0.0.1:\(port)", "-retentionPeriod=1y",
            ])
    }

    /// Prometheus that takes remote writes, and samples out of order as old as a window.
    static func prometheus(
        _ scratch: borrowing Directory, window: String
    ) throws -> SeriesServer {
        let port = try WebServer.freePort()
        try scratch.replace(
            "prometheus.yml",
            with: Array(
                "storage: {tsdb: {out_of_order_time_window: \(window)}}\nscrape_configs: []\n".utf8)
        )
        return try SeriesServer(
            "prometheus", port, ready: "/-/ready",
            [
                "--config.file=\(scratch.path)/prometheus.yml",
                "--storage.tsdb.path=\(scratch.path)/prometheus",
                "--storage.tsdb.retention.time=365d", "--web.listen-address=127.0.0.1:\(port)",
                "--web.enable-remote-write-receiver",
            ])
    }

    /// One that refuses with status 400 whatever has “bad” in it.
    static func refusing(_ scratch: borrowing Directory) throws -> SeriesServer {
        let port = try WebServer.freePort()
        let text = """
            import http.server, sys
            class Answer(http.server.BaseHTTPRequestHandler):
                def log_message(self, *words): pass
                def answer(self, status, text=b""):
                    self.send_response(status)
                    self.send_header("Content-Type", "text/plain")
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                def do_GET(self): self.answer(200)
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    if b"bad" in body: self.answer(400, b"this is bad\\n")
                    else: self.answer(204)
            http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
            """
        try scratch.replace("refusing.py", with: Array(text.utf8))
        return try SeriesServer(
            "python3", port, ready: "/", ["-B", "\(scratch.path)/refusing.py", "\(port)"])
    }

    private init(
        _ program: String, _ port: UInt16, ready: String, _ arguments: [String]
    ) throws {
        url = "http://127.0.0.1:\(port)"
        var settings = TransferSettings()
        settings.allowPlainHTTP = true
        settings.backOff.attempts = 1
        client = try HTTPClient(settings)
        child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find(program), arguments: arguments,
                environment: ["PATH": ExecutableSearch.standardPath, "HOME": "/nonexistent"]))
        for _ in 0..<600 {
            if let status = try child.wait(until: Deadline(after: .milliseconds(50))) {
                throw Fault(
                    .internalError, "\(program) \(status).",
                    cause: child.outputTail)
            }
            if (try? get(ready)) != nil { return }
        }
        throw Fault(.internalError, "\(program) is not ready within 30 s.")
    }

    deinit { _ = try? child.end() }

    /// The bytes at a path.
    private func get(_ path: String) throws -> [UInt8] {
        let answer = try client.exchange(WebRequest(.get, url + path, limit: 64 << 20))
        guard answer.isSuccess else {
            throw Fault(.internalError, "\(path): \(answer.status)")
        }
        return answer.body
    }

    /// The times of a metric's samples as VictoriaMetrics exports them, raw, in milliseconds.
    func exported(_ metric: String) throws -> [Int64] {
        _ = try get("/internal/force_flush")
        let bytes = try get("/api/v1/export?match=\(metric)")
        var times: [Int64] = []
        for line in bytes.split(separator: 0x0A) {
            let json = try JSONReader.read(
                Array(line), limits: JSONLimits(bytes: 64 << 20, values: 1_000_000))
            guard case .array(let values)? = json["timestamps"] else { continue }
            for case .number(let text) in values { times.append(Int64(text) ?? -1) }
        }
        return times.sorted()
    }

    /// The times of a series' raw samples in the last days, as Prometheus has them, in milliseconds.
    func queried(_ series: String, days: Int) throws -> [Int64] {
        let query = (series + "[\(days)d]").utf8.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
        let json = try JSONReader.read(
            try get("/api/v1/query?query=\(query)"),
            limits: JSONLimits(bytes: 64 << 20, values: 1_000_000))
        guard case .array(let results)? = json["data"]?["result"] else { return [] }
        var times: [Int64] = []
        for result in results {
            guard case .array(let values)? = result["values"] else { continue }
            for case .array(let pair) in values {
                guard case .number(let text)? = pair.first else { continue }
                times.append(Int64((Double(text) ?? -1) * 1000))
            }
        }
        return times.sorted()
    }
}
