import DurableFiles
import Faults
import Glibc
import Processes
import TestKit
import Testing

@testable import Transport

/// A small server in python3 (on every machine that builds this) whose paths misbehave.
private let server = """
    import socketserver, sys, time
    from http.server import BaseHTTPRequestHandler
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        def get_request(self):
            request, _ = super().get_request()
            return request, ("local", 0)
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        connections = 0
        def setup(self):
            super().setup()
            Handler.connections += 1
        def log_message(self, *a): pass
        def reply(self, body, status=200, **headers):
            self.send_response(status)
            for k, v in headers.items(): self.send_header(k, v)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(str(self.headers.get("Expect")).encode() + b":" + body)
        def do_GET(self):
            if self.path == "/count": self.reply(str(Handler.connections).encode())
            elif self.path == "/error": self.reply(b"no", 503)
            elif self.path == "/redirect": self.reply(b"", 302, Location="http://localhost/count")
            elif self.path == "/slow": time.sleep(30)
            elif self.path == "/large": self.reply(bytes(2 << 20))
            elif self.path == "/endless":
                self.send_response(200); self.end_headers()
                while True: self.wfile.write(bytes(65536))
            elif self.path == "/cut":
                self.send_response(200); self.send_header("Content-Length", "100"); self.end_headers()
                self.wfile.write(b"half"); self.close_connection = True
            elif self.path == "/noise":
                self.wfile.write(b"\\x00\\x01garbage\\r\\n\\r\\n"); self.close_connection = True
            elif self.path == "/drop": self.close_connection = True
    Server(sys.argv[1], Handler).serve_forever()
    """

@Suite struct LocalHTTPTests {
    private func withServer(_ body: (inout LocalHTTP, inout ChildProcess) throws -> Void) throws {
        try withScratch { scratch in
            let socket = scratch.path + "/s"
            var child = try ChildProcess.start(
                Command(
                    executable: try ExecutableSearch.find("python3"),
                    arguments: ["-c", server, socket]))
            for _ in 0..<1000 where try scratch.info("s") == nil {
                try child.wait(until: Deadline(after: .milliseconds(10)))
            }
            var client = try LocalHTTP.make(.unix(socket))
            // The name is there before the server listens.
            for _ in 0..<1000 {
                if case .answered = try client.send(.get("/error")) { break }
                try child.wait(until: Deadline(after: .milliseconds(10)))
            }
            try body(&client, &child)
        }
    }

    private func ask(
        _ client: inout LocalHTTP, _ request: LocalRequest,
        _ limits: LocalHTTPLimits = LocalHTTPLimits()
    ) throws -> LocalAnswer {
        switch try client.send(request, limits: limits) {
        case .answered(let answer): return answer
        case .failed(let failure): throw Fault(.notFound, "No answer: \(failure.text)")
        }
    }

    private func failure(
        _ client: inout LocalHTTP, _ path: String, _ limits: LocalHTTPLimits = LocalHTTPLimits()
    ) throws -> LocalFailure.Kind? {
        if case .failed(let failure) = try client.send(.get(path), limits: limits),
            !failure.text.isEmpty
        {
            return failure.kind
        }
        return nil
    }

    @Test func `bodies go both ways over one kept connection, without Expect`() throws {
        try withServer { client, _ in
            let before = try ask(&client, .get("/count")).body
            for size in [0, 1, 5000, 3_000_000] {
                let body = [UInt8](repeating: 65, count: size)
                let got = try ask(&client, .post("/echo", body))
                #expect(got.status == 200)
                #expect(got.body == Array("None:".utf8) + body)
                #expect(got.nanoseconds > 0)
            }
            do {
                let got = try ask(&client, .get("/count")).body
                #expect(got == before)
            }
        }
    }

    @Test func `a status is an answer, and a redirect is not followed`() throws {
        try withServer { client, _ in
            do {
                let got = try ask(&client, .get("/error")).status
                #expect(got == 503)
            }
            do {
                let got = try ask(&client, .get("/redirect")).status
                #expect(got == 302)
            }
        }
    }

    @Test func `what is no whole answer is told apart, and the next request works`() throws {
        try withServer { client, _ in
            let small = LocalHTTPLimits(responseBytes: 1 << 20)
            do {
                let got = try failure(&client, "/large", small)
                #expect(got == .tooLarge)
            }
            do {
                let got = try failure(&client, "/endless", small)
                #expect(got == .tooLarge)
            }
            do {
                let got = try failure(&client, "/cut")
                #expect(got == .broken)
            }
            do {
                let got = try failure(&client, "/noise")
                #expect(got == .broken)
            }
            do {
                let got = try failure(&client, "/drop")
                #expect(got == .broken)
            }
            let short = LocalHTTPLimits(totalMilliseconds: 100)
            do {
                let got = try failure(&client, "/slow", short)
                #expect(got == .timedOut)
            }
            do {
                let got = try ask(&client, .get("/error")).body
                #expect(got == Array("no".utf8))
            }
        }
    }

    @Test func `a tick that throws gives the request up`() throws {
        try withServer { client, _ in
            var ticks = 0
            let fault = #expect(throws: Fault.self) {
                _ = try client.send(.post("/x", [1]), limits: LocalHTTPLimits()) {
                    () throws(Fault) in throw Fault(.internalError, "Never called.")
                }
                _ = try client.send(.get("/slow")) { () throws(Fault) in
                    ticks += 1
                    if ticks == 3 { throw Fault(.cancelled, "Stop.") }
                }
            }
            #expect(fault?.code == .cancelled)
            do {
                let got = try ask(&client, .get("/error")).status
                #expect(got == 503)
            }
        }
    }

    @Test func `nobody listening and a server that died are failures, not faults`() throws {
        try withServer { client, child in
            try child.end()
            do {
                let got = try failure(&client, "/count")
                #expect(got != nil)
            }
            do {
                let got = try failure(&client, "/count")
                #expect(got == .noConnection)
            }
        }
        var nobody = try LocalHTTP.make(.url("http://127.0.0.1:9"))
        do {
            let got = try failure(&nobody, "/")
            #expect(got == .noConnection)
        }
    }

    @Test func `endpoints that cannot be connected to are refused in words`() {
        let long = "/" + String(repeating: "s", count: 107)
        for endpoint in [
            LocalEndpoint.unix(long), .unix(""), .unix("a\0b"), .url("ftp://localhost"),
            .url("file:///etc/passwd"), .url("http://a b"), .url(""),
        ] {
            let fault = #expect(throws: Fault.self) { _ = try LocalHTTP.make(endpoint) }
            #expect(fault?.code == .configuration)
        }
        #expect(throws: Never.self) { try LocalEndpoint.unix(String(long.dropLast())).check() }
    }
}
