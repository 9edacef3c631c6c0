/// A program that serves the Open Inference Protocol with the model y = 2x + 0.25.
///
/// It is python3's standard library alone, which every machine that builds this has. Its second
/// argument is how it misbehaves.
let programScript = """
    #!/usr/bin/env python3
    import json, os, signal, socket, socketserver, subprocess, sys, time
    from http.server import BaseHTTPRequestHandler

    path, mode = sys.argv[1], sys.argv[2]

    def attempt(name, action):
        try:
            action()
            print(name, "POSSIBLE", flush=True)
        except OSError as error:
            print(name, error.strerror, flush=True)

    if mode == "exits":
        print("cannot find the weights", file=sys.stderr)
        sys.exit(3)
    if mode == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode == "never-ready":
        print("loading", flush=True)
        time.sleep(1000)
    if mode == "hog":
        hog = bytearray()
        while True:
            hog += bytes(4 << 20)
            time.sleep(0.005)
    if mode == "daemon":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                os.execvp("sleep", ["sleep", sys.argv[3]])
            os._exit(0)
    if mode == "stubborn":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    if mode == "prints":
        subprocess.Popen(["yes", "x" * 200])
    if mode == "fills":
        with open(os.environ["TMPDIR"] + "/a", "wb") as a, open(os.environ["TMPDIR"] + "/b", "wb") as b:
            try:
                for _ in range(100):
                    a.write(bytes(1 << 20)); a.flush()
                    b.write(bytes(1 << 20)); b.flush()
            except OSError as error:
                print(error.strerror, flush=True)
        time.sleep(1000)
    if mode == "escapes":
        attempt("network", lambda: socket.create_connection(("192.0.2.1", 80), 2))
        attempt("slot", lambda: open("stray", "w"))
        attempt("tmp", lambda: open("/tmp/nacelle-stray", "w"))
        attempt("work", lambda: open(os.environ["HOME"] + "/fine", "w"))
        print("uid", os.getuid(), "env", sorted(os.environ), "cwd", os.getcwd(), flush=True)

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        def get_request(self):
            request, _ = super().get_request()
            return request, ("local", 0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        asked = 0
        seen = []
        def log_message(self, *a): pass
        def reply(self, body, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_GET(self):
            # What was asked until then, in its order.
            if self.path == "/metrics" and mode != "unready":
                return self.reply(" ".join(Handler.seen).encode())
            self.reply(b"", 503 if mode == "unready" else 200)
        def do_POST(self):
            Handler.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/v2/models/twice/infer": return self.reply(b'{"error":"no such model"}', 404)
            x = json.loads(body)["inputs"][0]
            assert x["name"] == "x" and x["datatype"] == "FP32", x
            Handler.seen.append(str(x["data"][0]))
            y = [2 * v + 0.25 for v in x["data"]]
            out = {"name": "y", "datatype": "FP32", "shape": x["shape"], "data": y}
            if mode == "wrong": y[1] += 0.5
            if mode == "close": y[1] += 1e-4
            if mode == "swapped": y[0], y[1] = y[1] + 1e-5, y[0] - 1e-5
            if mode == "nested": out["data"] = [y]
            if mode == "shape": out["shape"] = [len(y)]
            if mode == "datatype": out["datatype"] = "FP64"
            if mode == "short": y.pop()
            if mode == "strings": out["data"] = [str(v) for v in y]
            if mode == "unnamed": out["name"] = "other"
            if mode == "nan": y[0] = float("nan")
            if mode == "null": y[0] = None
            if mode == "slow": time.sleep(0.05)
            if mode == "hangs": time.sleep(1000)
            if mode == "refuses": return self.reply(b'{"error":"shape \\\\u001b[2J not supported"}', 400)
            if mode == "leaves" and Handler.asked == 2:
                import threading
                threading.Timer(0.3, lambda: os._exit(0)).start()
            if mode == "dies" and Handler.asked == 2:
                print("segmentation fault, core dumped", flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            if mode == "late-hog":
                hog = bytearray(400 << 20)
                for n in range(0, len(hog), 4096): hog[n] = 1
                time.sleep(1000)
            if mode == "cut":
                self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
                self.wfile.write(b'{"outputs":'); self.close_connection = True
                return
            if mode == "invalid": return self.reply(b'{"outputs":[{]}')
            if mode == "deep": return self.reply(b"[" * 1000000)
            if mode == "huge": return self.reply(bytes(100 << 20))
            if mode == "many": out["data"] = [0] * 1000000
            self.reply(json.dumps({"model_name": "twice", "outputs": [out]}).encode())

    os.chdir(os.path.dirname(path))
    server = Server(os.path.basename(path), Handler)
    os.chdir("/")
    server.serve_forever()
    """
