import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import TestKit
import Testing

/// What is shown of machine and model, by the programs as they ship.
@Suite struct HealthTests {
    /// A machine on which version 1.0.0 runs, with an application that counts at `app.sock`.
    private func machine(_ more: String = "", _ body: (Rig) throws -> Void) throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10, payload: 1000))
        try rig.write("app.py", HealthTests.program)
        try rig.shell(
            "cd \(rig.place) && umask 0 && (exec python3 -B app.py app.sock > app.log 2>&1 &)")
        try rig.wait { access(rig.path("app.sock"), F_OK) == 0 }
        try rig.configure("telemetry: {socket: \(rig.path("app.sock")), name: t-7\(more)}")
        try body(rig)
    }

    private func lines(_ answer: Rig.Answer) -> [Substring] { answer.output.split(separator: "\n") }

    @Test func `what the application counts is looked at, kept, and shown by status`() throws {
        try machine { (rig) throws in
            let nothing = try rig.nacelle("status")
            #expect(nothing.status == 0 && !nothing.output.contains("predictions since"))
            for _ in 0..<2 { #expect(try rig.nacelle("measure").status == 0) }
            let status = try rig.nacelle("status")
            #expect(status.output.contains("  model      100 predictions since "))
            #expect(status.output.contains("median confidence 0."))
            #expect(status.output.contains("% of the disk free"))
            let health = try #require(try rig.status()["health"])
            #expect(health["predictions"] == .number("100"))
            #expect(health["verdict"] == .null, "this version has no reference")
            // Root, a technician say, and the store's owner see the same.
            let kept = "\(rig.store)/state/health.json"
            #expect(try rig.shell("stat -c %U \(kept)") == "daemon\n")
        }
    }

    @Test func `a watched status comes again and again, and ends by a signal`() throws {
        try machine { (rig) throws in
            let answer = try rig.shell(
                """
                timeout -s INT 5 \(Rig.programs)/nacelle status --watch --every 1 --json \
                --config \(rig.path("config.yaml")); echo "status $?"
                """)
            let pages = answer.split(separator: "\n").filter {
                $0.hasPrefix("{\"event\":\"status\"")
            }
            #expect(pages.count >= 2)
            #expect(answer.hasSuffix("status 0\n") || answer.hasSuffix("status 124\n"))
            let odd = try rig.nacelle("status", "--watch", "--every", "0")
            #expect(odd.status == 64 && odd.output.contains("1 to 3600 seconds"))
        }
    }

    @Test func `an application that does not answer is a line, and no failure`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10, payload: 1000))
        try rig.configure("telemetry: {socket: \(rig.path("nobody.sock"))}")
        #expect(try rig.nacelle("measure").status == 0)
        #expect(try rig.nacelle("status").output.contains("no metrics: nobody answers at"))
        let page = try rig.nacelle("metrics").output
        #expect(page.contains("\nnacelle_model_up 0\n"))
    }

    @Test func `the page has nothing to be said against by Prometheus' own checker`() throws {
        try machine { (rig) throws in
            for _ in 0..<2 { _ = try rig.nacelle("measure") }
            let page = try rig.nacelle("metrics")
            #expect(page.output.contains("nacelle_info{agent=\"0.1.0\",application=\"bearing\""))
            #expect(page.output.contains("nacelle_model_predictions_total{class=\"a\"} 50"))
            #expect(page.output.contains("nacelle_model_confidence_bucket{le=\"+Inf\"} 100"))
            for name in [
                "uptime_seconds", "store_free_bytes", "service_running", "fallbacks_total",
            ] {
                #expect(page.output.contains("\nnacelle_\(name) "), "\(name)")
            }
            try rig.write("page.prom", page.output)
            let said = try rig.shell(
                "promtool check metrics < \(rig.path("page.prom")) 2>&1 || true")
            #expect(said == "")
        }
    }

    @Test func `node_exporter shows the textfile`() throws {
        try machine(", textfile: /var/tmp/nacelle-textfile-\(getpid())/n.prom") { (rig) throws in
            let place = "/var/tmp/nacelle-textfile-\(getpid())"
            try rig.shell("mkdir -p \(place) && chown daemon \(place)")
            defer { _ = try? rig.shell("rm -rf \(place)") }
            #expect(try rig.nacelle("measure").status == 0)
            let port = try WebServer.freePort()
            let page = try rig.shell(
                """
                prometheus-node-exporter --web.listen-address=127.0.0.1:\(port) \
                --collector.disable-defaults --collector.textfile \
                --collector.textfile.directory=\(place) > \(rig.path("exporter.log")) 2>&1 &
                exporter=$!
                for _ in $(seq 100); do
                    curl -sf http://127.0.0.1:\(port)/metrics > \(rig.path("scraped")) && break
                    sleep 0.1
                done
                kill $exporter
                cat \(rig.path("scraped"))
                """)
            #expect(page.contains("\nnode_textfile_scrape_error 0\n"))
            #expect(page.contains("nacelle_info{agent=\"0.1.0\",application=\"bearing\""))
            // A directory that it must not write is a warning.
            try rig.shell("chown root \(place) && chmod 755 \(place)")
            let refused = try rig.nacelle("measure")
            #expect(refused.status == 0 && refused.output.contains("warning: "))
        }
    }

    @Test func `a scrape is answered by a process that systemd starts for it`() throws {
        try machine { (rig) throws in
            _ = try rig.nacelle("measure")
            let port = try WebServer.freePort()
            let listener = try Background(
                "/usr/bin/systemd-socket-activate",
                [
                    "--accept", "--inetd", "-l", "127.0.0.1:\(port)",
                    "\(Rig.programs)/nacelle", "metrics", "--answer", "--config",
                    rig.path("config.yaml"),
                ], log: rig.path("listener.log"))
            defer { listener.kill() }
            func curl(_ words: String) throws -> String {
                try rig.shell(
                    "curl -sS -m 20 -o \(rig.path("answer")) -w '%{http_code} %{content_type}' "
                        + "\(words) 2>&1 || true")
            }
            let address = "http://127.0.0.1:\(port)"
            try rig.wait { try curl("\(address)/metrics").hasPrefix("200") }
            #expect(
                try curl("\(address)/metrics")
                    == "200 text/plain; version=0.0.4; charset=utf-8")
            #expect(
                try rig.shell("cat \(rig.path("answer"))").contains("\nnacelle_uptime_seconds "))
            #expect(try curl("-I \(address)/metrics").hasPrefix("200"))
            #expect(try curl("\(address)/").hasPrefix("404"))
            #expect(try curl("-d x=1 \(address)/metrics").hasPrefix("405"))
            // Who speaks something else, says nothing, or never ends, is answered or let go of.
            let raw =
                """
                import socket, sys, time
                end = socket.create_connection(("127.0.0.1", \(port)), 15)
                kind = sys.argv[1]
                if kind == "noise": end.sendall(bytes(range(256)) * 100 + b"\\r\\n\\r\\n")
                if kind == "half": end.sendall(b"GET /metr")
                if kind == "endless":
                    try:
                        for _ in range(200): end.sendall(b"X: y\\r\\n" * 100)
                    except OSError: pass
                try: print(end.recv(100).split(b"\\r\\n")[0].decode())
                except OSError as error: print("closed")
                """
            try rig.write("raw.py", raw)
            for kind in ["noise", "half", "endless", "silent"] {
                let said = try rig.shell("python3 -B \(rig.path("raw.py")) \(kind)")
                #expect(["HTTP/1.1 400 Bad Request\n", "closed\n", "\n"].contains(said), "\(kind)")
            }
            #expect(try curl("\(address)/metrics").hasPrefix("200"))
        }
    }

    @Test func `samples that a server does not take wait, and come once it does`() throws {
        let port = try WebServer.freePort()
        let tls = "/var/tmp/nacelle-push-\(getpid())"
        try Directory.open(path: "/var/tmp").make("nacelle-push-\(getpid())").sync()
        defer { _ = try? Directory.open(path: "/var/tmp").removeTree("nacelle-push-\(getpid())") }
        let certificates = try TestCertificates(in: tls)
        let push =
            ", push: {url: \"https://127.0.0.1:\(port)/api/v1/write\", every: 1s}}\n"
            + "transfer: {authorities: \(certificates.path("ca")), "
            + "client-certificate: \(certificates.path("client")), "
            + "client-key: \(certificates.key("client"))"
        try machine(push) { (rig) throws in
            for _ in 0..<3 {
                let answer = try rig.nacelle("measure")
                #expect(answer.status == 0)
                sleep(1)
            }
            let waiting = try rig.nacelle("measure", "--json").output
            #expect(waiting.contains("Samples cannot be pushed: "))
            #expect(try rig.nacelle("metrics").output.contains("\nnacelle_telemetry_queue_bytes "))
            let curl =
                "curl -s --cacert \(certificates.path("ca")) --cert \(certificates.path("client")) "
                + "--key \(certificates.key("client")) https://127.0.0.1:\(port)"
            try rig.write(
                "prometheus.yml",
                "storage: {tsdb: {out_of_order_time_window: 3d}}\nscrape_configs: []\n")
            // It lets in only who shows a certificate of this authority.
            try rig.write(
                "web.yml",
                """
                tls_server_config:
                  cert_file: \(certificates.path("server"))
                  key_file: \(certificates.key("server"))
                  client_auth_type: RequireAndVerifyClientCert
                  client_ca_file: \(certificates.path("ca"))
                """)
            let server = try Background(
                "/usr/bin/prometheus",
                [
                    "--config.file=\(rig.path("prometheus.yml"))",
                    "--storage.tsdb.path=\(rig.path("series"))",
                    "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
                    "--web.config.file=\(rig.path("web.yml"))",
                ], log: rig.path("prometheus.log"))
            defer { server.kill() }
            try rig.wait {
                try rig.shell("\(curl)/-/ready || true").contains("Ready")
            }
            try rig.wait {
                sleep(1)
                return try rig.nacelle("measure", "--json").output.contains("\"waiting\":0")
            }
            let found = try rig.shell(
                """
                \(curl)/api/v1/query -G \
                --data-urlencode 'query=count_over_time(nacelle_info{instance="t-7",job="nacelle"}[1h])'
                """)
            #expect(found.contains("\"version\":\"1.0.0\""))
            let counts = found.split(separator: "\"").compactMap { Int($0) }
            #expect((counts.last ?? 0) >= 4, "\(found)")
        }
    }

    private static let program = """
        import http.server, socketserver, sys, time
        began, looks = time.time(), 0

        class Answer(http.server.BaseHTTPRequestHandler):
            def log_message(self, *words):
                pass

            def address_string(self):
                return "local"

            def do_GET(self):
                global looks
                looks += 1
                n = 50 * looks
                lines = ['inference_info{model="m",version="1",digest="ab"} 1',
                         f"inference_start_time_seconds {began}",
                         f"inference_latency_seconds_sum {0.002 * n}",
                         f"inference_latency_seconds_count {2 * n}"]
                for name in "ab":
                    lines += [f'inference_predictions_total{{class="{name}"}} {n}']
                    for edge, count in (("0.9", n // 2), ("+Inf", n)):
                        lines += [f'inference_confidence_bucket{{class="{name}",le="{edge}"}} {count}']
                page = ("\\n".join(lines) + "\\n").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        server = Server(sys.argv[1], Answer)
        server.timeout = 1
        end = time.time() + 120
        while time.time() < end:
            server.handle_request()
        """
}
