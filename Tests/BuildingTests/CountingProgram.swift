import Archive
import Building
import Bundle
import DurableFiles
import Faults

/// A program that answers inferences and counts its answers, or does not as it should.
///
/// It is python3's standard library alone. Of four numbers it gives the place of the highest, as classes
/// `a` to `d`; its second argument is how it misbehaves.
private let countingScript = """
    #!/usr/bin/env python3
    import json, os, socketserver, sys
    from http.server import BaseHTTPRequestHandler

    path, mode = sys.argv[1], sys.argv[2]
    names = "abcd"
    counts, asked, refused, sure = dict.fromkeys(names, 0), 0, 0, 0
    digest = __import__("hashlib").sha256(open("weights/model.onnx", "rb").read()).hexdigest()
    if mode == "other-model":
        digest = "0" * 64

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        def get_request(self):
            request, _ = super().get_request()
            return request, ("local", 0)

    def page():
        started = asked if mode == "restarts" else 5
        lines = [f'inference_info{{model="demo",version="1",digest="{digest}"}} 1',
                 f"inference_start_time_seconds {started}",
                 f"inference_latency_seconds_count {asked}", "inference_errors_total 0",
                 f"inference_requests_refused_total {refused}"]
        if mode == "garbage": return b"no page {"
        if mode == "huge": return b"#" * (2 << 20)
        if mode != "no-predictions":
            lines += [f'inference_predictions_total{{class="{k}"}} {v}' for k, v in counts.items()]
        lines += [f'inference_confidence_bucket{{le="0.5"}} {sure // 2}',
                  f'inference_confidence_bucket{{le="+Inf"}} {sure}']
        return "\\n".join(lines).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *a): pass
        def reply(self, body, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_GET(self):
            if self.path == "/metrics":
                return self.reply(page(), 404 if mode == "no-page" else 200)
            self.reply(b"", 503 if mode == "unready" else 200)
        def do_POST(self):
            global asked, sure, refused
            body = self.rfile.read(int(self.headers["Content-Length"]))
            data = json.loads(body)["inputs"][0]["data"]
            asked += 1
            if mode == "dies" and asked == 3: os._exit(7)
            if mode == "refuses": return self.reply(b'{"error":"not so"}', 400)
            if mode == "refuses-more": refused += 1
            for at in range(0, len(data), 4):
                row = data[at:at + 4]
                if mode != "forgets" or asked > 1:
                    counts[names[row.index(max(row))]] += 1
                sure += 1 if mode != "unsure" else 2
            self.reply(b'{"outputs":[]}')

    if mode == "exits": sys.exit("no weights")
    Server(path, Handler).serve_forever()
    """

extension Workshop {
    /// The classes that the validation inputs lead to: mostly `a`, never `d`.
    static let expected = ["a": 6, "b": 3, "c": 1, "d": 0]

    /// Puts the program into the tree, and ten validation inputs beside it.
    func furnishCounting() throws {
        try write("tree/bin/infer", Array(countingScript.utf8), mode: 0o755)
        for number in 0..<10 {
            let highest = number < 6 ? 0 : number < 9 ? 1 : 2
            try input(number, rows: [highest])
        }
    }

    /// Writes one validation input: a row for each of the given classes.
    func input(_ number: Int, rows: [Int], below folder: String = "validation") throws {
        let values = rows.flatMap { row in (0..<4).map { Float($0 == row ? 9 : $0) / 4 } }
        var bytes: [UInt8] = [8, UInt8(rows.count), 8, 4, 0x10, 1, 0x42, 1, 0x78]
        let raw = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
        }
        bytes += [0x4A, UInt8(raw.count & 0x7F) | 0x80, UInt8(raw.count >> 7)] + raw
        try write("\(folder)/test_data_set_\(number)/input_0.pb", bytes)
    }

    /// A description of it.
    func counting(_ mode: String = "well", reference: String = "validation: validation, samples: 5")
        -> String
    {
        description(more: "reference: {\(reference)}")
            .replacing(#"["{socket}"]"#, with: #"["{socket}", \#(mode)]"#)
            // A busy machine takes its time to start an interpreter.
            .replacing("model: demo", with: "model: demo\n  ready-timeout: 60s")
    }
}
