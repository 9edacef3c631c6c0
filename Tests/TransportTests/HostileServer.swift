import Faults
import Processes

/// A server that lies, breaks and dawdles as its paths say, in python3; it ends with its owner.
final class HostileServer {
    let port: Int
    private var child: ChildProcess

    /// Starts it.
    ///
    /// - Parameters:
    ///   - file: what it serves.
    ///   - tls: certificate, key, and the authority of clients, where it shall speak TLS.
    ///   - cut: after how many bytes of answers it cuts each of its tunnels.
    /// - Throws: a `Fault` where it does not start.
    init(serving file: String, tls: [String] = [], cut: Int? = nil) throws {
        var child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find("python3"),
                arguments: ["-u", "-W", "ignore", "-c", HostileServer.program, file] + tls,
                environment: cut.map { ["CUT": "\($0)"] } ?? [:]))
        var port: Int?
        for _ in 0..<1000 where port == nil {
            if let status = try child.wait(until: Deadline(after: .milliseconds(10))) {
                throw Fault(.notFound, "python3 ended with \(status): \(child.outputTail)")
            }
            port = Int(child.outputTail.split(separator: "\n").first ?? "")
        }
        guard let port else { throw Fault(.notFound, "python3 named no port.") }
        self.port = port
        self.child = child
    }

    func address(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    func secureAddress(_ path: String) -> String { "https://127.0.0.1:\(port)/\(path)" }

    /// Ends it before its owner goes.
    func stop() throws { try child.end() }

    /// `/MODE/…` answers as the mode says; with `later` before it, the first range is answered well.
    private static let program = #"""
        import os, re, socket, ssl, sys, threading, time
        data = open(sys.argv[1], "rb").read()
        lock, seen, log = threading.Lock(), {}, []

        def head(c, status, *fields):
            c.sendall(("HTTP/1.1 %s X\r\n" % status + "".join(f + "\r\n" for f in fields) + "\r\n").encode())

        def part(c, a, b, *more, length=None, said=None, tag='"one"', body=None, total=None):
            body = data[a:b] if body is None else body
            total = len(data) if total is None else total
            fields = ["Content-Range: bytes " + (said or "%d-%d/%s" % (a, b - 1, total))]
            if length != 0: fields.append("Content-Length: %d" % (b - a if length is None else length))
            if tag: fields.append("ETag: " + tag)
            head(c, 206, *fields, *more)
            c.sendall(body)

        def whole(c, *more, cut=None):
            head(c, 200, "Content-Length: %d" % len(data), 'ETag: "one"', *more)
            c.sendall(data[:cut])

        def forever(c, piece, pause=0):
            while True:
                c.sendall(piece)
                if pause: time.sleep(pause)

        def answer(c, path, fields):
            """One request; true where the connection can be kept."""
            with lock:
                number = seen[path] = seen.get(path, 0) + 1
                log.append("%s\t%s\t%s" % (path, fields.get("range", "-"), fields.get("if-range", "-")))
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", fields.get("range", ""))
            a, b = (int(found[1]), min(int(found[2]) + 1, len(data))) if found else (0, len(data))
            words = path.strip("/").split("?")[0].split("/")
            if words[0] == "later":
                words = words[1:] if a else ["ok"]
            mode, rest = words[0], words[1:]
            if mode == "log":
                text = "\n".join(log).encode()
                head(c, 200, "Content-Length: %d" % len(text)); c.sendall(text); return True
            if mode == "ok" or mode == "flaky" and number > int(rest[1]):
                part(c, a, b) if found else whole(c)
                return True
            if mode == "weak": part(c, a, b, "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT", tag='W/"one"'); return True
            if mode == "untagged": part(c, a, b, tag=None); return True
            if mode == "noranges": whole(c); return True
            if mode == "noranges-cut":
                whole(c, cut=int(rest[0]) if number <= int(rest[1]) else None); return number > int(rest[1])
            if mode == "noranges-stall":
                whole(c, cut=100000 if number <= int(rest[0]) else None)
                if number <= int(rest[0]): time.sleep(60)
                return True
            if mode == "lease": head(c, 302, "Location: /leased/%d" % number, "Content-Length: 0"); return True
            if mode == "leased" and number > 2: head(c, 403, "Content-Length: 0"); return True
            if mode == "leased": part(c, a, b); return True
            if mode == "unsized":
                head(c, 200, "Transfer-Encoding: chunked"); c.sendall(b"5\r\nhello\r\n0\r\n\r\n"); return True
            if mode == "status" and rest[0] == "204": head(c, 204); return True
            if mode == "status": head(c, rest[0], "Content-Length: 4"); c.sendall(b"page"); return True
            if mode == "flaky":
                head(c, rest[0], "Content-Length: 0", *(["Retry-After: " + rest[2]] if rest[2:] else [])); return True
            if mode == "page": head(c, 200, "Content-Type: text/html", "Content-Length: 4"); c.sendall(b"page"); return True
            if mode == "away": head(c, 302, "Location: " + path.split("?", 1)[1], "Content-Length: 0"); return True
            if mode == "round": head(c, 302, "Location: /" + path.strip("/"), "Content-Length: 0"); return True
            if mode == "otherstart": part(c, a, b, said="%d-%d/%d" % (a + 1, b, len(data))); return False
            if mode == "otherend": part(c, a, b, said="%d-%d/%d" % (a, b - 2, len(data))); return False
            if mode == "othertotal": part(c, a, b, total=len(data) + 1); return False
            if mode == "nototal": part(c, a, b, total="*"); return False
            if mode == "nonsense": part(c, a, b, said="lines 1-2"); return False
            if mode == "othertag": part(c, a, b, tag='"two"'); return False
            if mode == "norange": head(c, 206, "Content-Length: %d" % (b - a)); c.sendall(data[a:b]); return False
            if mode == "longlength": part(c, a, b, length=b - a + 9, body=data[a:b] + b"123456789"); return False
            if mode == "shortlength": part(c, a, b, length=b - a - 9, body=data[a:b - 9]); return False
            if mode == "longbody": part(c, a, b, length=0, body=data[a:b] + bytes(100000)); return False
            if mode == "shortbody": part(c, a, b, length=0, body=data[a:b - 9]); return False
            if mode == "shortchunks":
                head(c, 206, "Content-Range: bytes %d-%d/%d" % (a, b - 1, len(data)), "Transfer-Encoding: chunked")
                c.sendall(b"5\r\nhello\r\n0\r\n\r\n"); return False
            if mode == "twolengths": part(c, a, b, "Content-Range: bytes 0-0/1"); return False
            if mode == "multipart":
                head(c, 206, "Content-Type: multipart/byteranges; boundary=x", "Content-Length: 4"); c.sendall(b"--x-"); return False
            if mode == "gzip": part(c, a, b, "Content-Encoding: gzip"); return False
            if mode == "old": c.sendall(data[:1000]); return False
            if mode == "garbage": c.sendall(b"\x00\x01garbage\r\n\r\n"); return False
            if mode == "headers":
                c.sendall(b"HTTP/1.1 206 X\r\n"); forever(c, b"X-Field: value\r\n" * 100)
            if mode == "line":
                c.sendall(b"HTTP/1.1 206 X\r\nX-Field: "); forever(c, b"a" * 4096)
            if mode == "interim": forever(c, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 10)
            if mode == "trailers":
                head(c, 206, "Content-Range: bytes %d-%d/%d" % (a, b - 1, len(data)), "Transfer-Encoding: chunked")
                c.sendall(b"%x\r\n" % (b - a) + data[a:b] + b"\r\n0\r\n"); forever(c, b"X-Trailer: value\r\n" * 100)
            if mode == "endless":
                head(c, 200, "Transfer-Encoding: chunked"); forever(c, b"1000\r\n" + bytes(4096) + b"\r\n")
            if mode == "errorpage":
                head(c, 404, "Transfer-Encoding: chunked"); forever(c, b"1000\r\n" + bytes(4096) + b"\r\n")
            if mode == "silent": time.sleep(60)
            if mode == "slowhead":
                c.sendall(b"HTTP/1.1 206 X\r\n"); forever(c, b"X-Field: value\r\n", 0.02)
            if mode == "slow":
                if number > int(rest[0]): part(c, a, b); return True
                head(c, 206, "Content-Range: bytes %d-%d/%d" % (a, b - 1, len(data)), 'ETag: "one"', "Content-Length: %d" % (b - a))
                for i in range(a, b):
                    c.sendall(data[i:i + 1]); time.sleep(0.02)
            if mode == "cut":
                if b - a > int(rest[0]): part(c, a, b, body=data[a:a + int(rest[0])]); return False
                part(c, a, b); return True
            if mode == "drop": return False
            if mode == "reset":
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"); return False
            head(c, 404, "Content-Length: 0"); return True

        def tunnel(c, target, port):
            with lock: log.append("CONNECT %s:%s\t-\t-" % (target, port))
            other = socket.create_connection((target, int(port)))
            c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            def pump(a, b, left=1 << 60):
                try:
                    while True:
                        piece = a.recv(min(left, 65536))
                        if not piece: break
                        left -= len(piece)
                        b.sendall(piece)
                except OSError: pass
                for s in (a, b):
                    try: s.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
            threading.Thread(target=pump, args=(c, other), daemon=True).start()
            pump(other, c, int(os.environ.get("CUT", 1 << 60)))

        def serve(c):
            try:
                if context:
                    plain = c.dup()
                    try: c = context.wrap_socket(c, server_side=True)
                    except ssl.SSLError:
                        # Closed at once, what the client sent meanwhile would reset the alert away.
                        plain.settimeout(5)
                        while plain.recv(65536): pass
                        raise
                c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                reader = c.makefile("rb")
                while True:
                    line = reader.readline().decode().split()
                    if len(line) < 2: break
                    fields = {}
                    while True:
                        text = reader.readline().decode().strip()
                        if not text: break
                        name, _, value = text.partition(":")
                        fields[name.lower()] = value.strip()
                    if line[0] == "CONNECT":
                        if "refused" in line[1]: head(c, 403, "Content-Length: 0"); break
                        tunnel(c, *line[1].rsplit(":", 1)); break
                    if not answer(c, re.sub(r"^http://[^/]*", "", line[1]), fields): break
            except (OSError, ssl.SSLError): pass
            finally:
                try: c.shutdown(socket.SHUT_RDWR)
                except OSError: pass
                c.close()

        context = None
        if len(sys.argv) > 3:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            if sys.argv[4:5] == ["old"]:
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            elif sys.argv[4:]:
                context.load_verify_locations(sys.argv[4]); context.verify_mode = ssl.CERT_REQUIRED
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(listener.getsockname()[1])
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """#
}
