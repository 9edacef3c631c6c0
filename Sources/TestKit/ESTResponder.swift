public import Faults
internal import Processes

/// A server for enrolment over secure transport (RFC 7030) that demands client certificates, in
/// python3 with the `openssl` tool; it ends with its owner.
///
/// It answers as the label in the address says: `https://…/.well-known/est/LABEL/simplereenroll`.
/// Without a label it behaves.
public final class ESTResponder {
    /// The port that it listens on.
    public let port: Int
    private var child: ChildProcess

    /// Starts one with the certificate `server` of the authority `ca`, which it also signs with.
    ///
    /// - Parameters:
    ///   - certificates: where its certificates stand.
    ///   - admitted: the authority of the client certificates that it lets in.
    ///   - wanted: the port that it listens on; 0 for one that is free.
    /// - Throws: a `Fault` where it does not start.
    public init(
        _ certificates: TestCertificates, admits admitted: String = "ca", port wanted: Int = 0
    ) throws(Fault) {
        var child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find("python3"),
                arguments: [
                    "-u", "-W", "ignore", "-c", ESTResponder.program, certificates.directory,
                    certificates.path(admitted), "\(wanted)",
                ], environment: ["PATH": ExecutableSearch.standardPath]))
        var port: Int?
        for _ in 0..<1000 where port == nil {
            if let status = try child.wait(until: Deadline(after: .milliseconds(10))) {
                throw Fault(.notFound, "python3 \(status): \(child.outputTail)")
            }
            port = Int(child.outputTail.split(separator: "\n").first ?? "")
        }
        guard let port else { throw Fault(.notFound, "python3 named no port.") }
        self.port = port
        self.child = child
    }

    /// The server's address.
    public var address: String { "https://127.0.0.1:\(port)" }

    /// Ends it before its owner goes.
    public func stop() throws(Fault) { try child.end() }

    private static let program = #"""
        import base64, datetime, os, re, socket, ssl, subprocess, sys, tempfile, threading
        home, lock, seen, log = sys.argv[1], threading.Lock(), {}, []
        PKCS7 = "application/pkcs7-mime; smime-type=certs-only"

        def tool(*words, data=None):
            return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout

        def stamp(days):
            moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
            return moment.strftime("%Y%m%d%H%M%SZ")

        def sign(request, authority="ca", start=-1, end=90, usage=None, name=None):
            """A certificate in PEM for a request in DER."""
            with lock, tempfile.TemporaryDirectory() as place:
                conf = ["[ca]", "default_ca=here", "[here]", "new_certs_dir=" + place,
                    "database=" + place + "/index", "rand_serial=yes", "default_md=sha256", "policy=any",
                    "copy_extensions=copy", "[any]", "commonName=supplied", "[usage]",
                    "extendedKeyUsage=" + (usage or "clientAuth")]
                open(place + "/conf", "w").write("\n".join(conf) + "\n")
                open(place + "/index", "w").close()
                open(place + "/csr", "wb").write(tool("req", "-inform", "DER", "-verify", data=request))
                tool("ca", "-batch", "-preserveDN", "-notext", "-config", place + "/conf", "-cert", home + "/%s.pem" % authority,
                    "-keyfile", home + "/%s.key" % authority, "-in", place + "/csr", "-out", place + "/out",
                    "-startdate", stamp(start), "-enddate", stamp(end), *(["-extensions", "usage"] if usage else []), *(["-subj", name] if name else []))
                return open(place + "/out", "rb").read()

        def pack(*certificates):
            with tempfile.TemporaryDirectory() as place:
                open(place + "/all", "wb").write(b"".join(certificates))
                return tool("crl2pkcs7", "-nocrl", "-certfile", place + "/all", "-outform", "DER")

        def other():
            key = tool("ecparam", "-genkey", "-name", "prime256v1", "-noout")
            with tempfile.TemporaryDirectory() as place:
                open(place + "/key", "wb").write(key)
                return tool("req", "-new", "-key", place + "/key", "-subj", "/CN=other", "-outform", "DER")

        def subject(der):
            return tool("req", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253", data=der).decode().strip()

        def reply(c, status, kind="text/plain", body=b"", *fields):
            lines = ["HTTP/1.1 %s X" % status, "Content-Length: %d" % len(body), *fields]
            if kind: lines.append("Content-Type: " + kind)
            c.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

        def enrol(c, label, fields, body):
            with lock: number = seen[label] = seen.get(label, 0) + 1
            if fields.get("content-type") != "application/pkcs10":
                return reply(c, 400, body=b"A PKCS#10 request was expected.\n")
            try: request = base64.b64decode(b"".join(body.split()), validate=True); asked = subject(request)
            except Exception: return reply(c, 400, body=b"That is no request.\n")
            whose = tool("x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253",
                data=c.getpeercert(True)).decode().strip()
            if asked != whose:
                return reply(c, 400, body=("Not yours: " + asked + "\n").encode())
            def good(*certificates, kind=PKCS7, raw=False):
                packed = pack(*certificates)
                reply(c, 200, kind, packed if raw else base64.encodebytes(packed))
            if re.fullmatch(r"s\d+", label): return reply(c, label[1:], body=b"Sorry, not today.\n")
            if label == "later" and number == 1: return reply(c, 202, None, b"", "Retry-After: 7200")
            if label == "sometime": return reply(c, 202, None, b"not yet")
            if label == "busy" and number == 1: return reply(c, 503, None, b"", "Retry-After: 1")
            if label == "page": return reply(c, 200, "text/html", b"<html>login</html>")
            if label == "json": return reply(c, 200, "application/json", b"{}")
            if label == "untyped": return good(sign(request), kind=None)
            if label == "othertype": return good(sign(request), kind="application/pkcs7-mime; smime-type=CMC-response")
            if label == "huge": return reply(c, 200, PKCS7, b"A" * (1 << 20))
            if label == "empty": return reply(c, 200, PKCS7)
            if label == "nobase64": return reply(c, 200, PKCS7, b"?" * 800)
            if label == "noise": return reply(c, 200, PKCS7, base64.encodebytes(os.urandom(800)))
            if label == "torn": return reply(c, 200, PKCS7, base64.encodebytes(pack(sign(request))[:300]))
            if label == "trailing": return reply(c, 200, PKCS7, base64.encodebytes(pack(sign(request)) + b"more"))
            if label == "none": return good()
            if label == "many": return good(*[sign(request)] * 17)
            if label == "otherkey": return good(sign(other()))
            if label == "expired": return good(sign(request, start=-9, end=-1))
            if label == "early": return good(sign(request, start=900, end=999))
            if label == "serveronly": return good(sign(request, usage="serverAuth"))
            if label == "stranger": return good(sign(request, authority="stranger"))
            if label == "strangeronce": return good(sign(request, authority="stranger" if number == 1 else "ca"))
            if label == "away": return reply(c, 307, "text/plain", b"", "Location: /.well-known/est/simplereenroll")
            if label == "cut": return
            if label == "cutonce" and number == 1: return
            if label == "short": return good(sign(request, end=3))
            if label == "brief": return good(sign(request, end=14 / 1440))
            if label == "root": return good(sign(request, name="/CN=root"))
            if label == "der": return good(sign(request), raw=True)
            if label == "chain": return good(open(home + "/ca.pem", "rb").read(), sign(request))
            if label == "middle": return good(sign(request, authority="middle"))
            good(sign(request))

        def answer(c, method, path, fields, body):
            found = re.fullmatch(r"/\.well-known/est(?:/([a-z0-9]+))?/(cacerts|simplereenroll)", path)
            if path == "/log": return reply(c, 200, body="\n".join(log).encode())
            with lock: log.append(" ".join([method, path, tool("x509", "-inform", "DER", "-noout", "-serial",
                data=c.getpeercert(True)).decode().strip()]))
            if path == "/forbidden": return reply(c, 403, body=b"no")
            if path == "/good": return reply(c, 200, body=b"good")
            if not found: return reply(c, 404)
            label = found[1] or ""
            if found[2] == "cacerts": return reply(c, 200, PKCS7, base64.encodebytes(pack(open(home + "/ca.pem", "rb").read())))
            if method != "POST": return reply(c, 405)
            enrol(c, label, fields, body)

        def serve(plain):
            c = plain
            try:
                plain.settimeout(30)
                try: c = context.wrap_socket(plain, server_side=True)
                except ssl.SSLError:
                    # Closing with bytes unread would reset the alert away.
                    plain.settimeout(5)
                    while plain.recv(65536): pass
                    raise
                reader = c.makefile("rb")
                line = reader.readline().decode().split()
                fields = {}
                while True:
                    text = reader.readline().decode().strip()
                    if not text: break
                    name, _, value = text.partition(":")
                    fields[name.lower()] = value.strip()
                body = reader.read(int(fields.get("content-length", 0)))
                answer(c, line[0], line[1], fields, body)
            except (OSError, ssl.SSLError, IndexError): pass
            finally:
                try: c.shutdown(socket.SHUT_RDWR)
                except OSError: pass
                c.close()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(home + "/server.pem", home + "/server.key")
        context.load_verify_locations(sys.argv[2])
        context.verify_mode = ssl.CERT_REQUIRED
        listener = socket.create_server(("127.0.0.1", int(sys.argv[3])), backlog=64)
        print(listener.getsockname()[1])
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """#
}
