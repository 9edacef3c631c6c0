"""A rollout server for tests: the Direct Device Integration interface of hawkBit, strictly.

Every request of a device is held against the protocol: method, path, headers and each field of the
body. What does not fit is answered with 400 and a reason, and noted as a flaw, so that a test can
demand that there was none. What the server wants is a script: PUT /_script takes a JSON object that
takes the place of the one before, GET /_log gives what was asked, POST /_clear forgets it.

    ddi_double.py PORT [--certificate PEM --key PEM [--client-authority PEM]]

It prints its port. Standard library alone; it listens on 127.0.0.1 and holds nothing on the disk.
"""

import argparse
import hashlib
import json
import re
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = "/DEFAULT/controller/v1/turbine-7"
EXECUTIONS = {"closed", "proceeding", "canceled", "scheduled", "rejected", "resumed", "download",
              "downloaded"}
STATUS_QUOTA, MESSAGE_QUOTA, MESSAGE_LENGTH = 1000, 50, 512
MAX_ATTRIBUTES, ATTRIBUTE_LENGTH = 100, 128


class Flaw(Exception):
    """What the protocol does not allow; the reason is the answer."""


def need(condition, reason):
    if not condition:
        raise Flaw(reason)


def exactly(document, required, optional=()):
    need(isinstance(document, dict), "an object was expected")
    for name in required:
        need(name in document, f"“{name}” is missing")
    for name in document:
        need(name in required or name in optional, f"“{name}” is not known")


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_details(details):
    need(isinstance(details, list), "“details” is no list")
    need(len(details) <= MESSAGE_QUOTA, f"more than {MESSAGE_QUOTA} messages")
    for text in details:
        need(isinstance(text, str), "a message is no text")
        # Java counts UTF-16 units.
        need(len(text.encode("utf-16-le")) // 2 <= MESSAGE_LENGTH, "a message is too long")


def check_feedback(document):
    exactly(document, ["status"], ["timestamp"])
    if "timestamp" in document:
        need(is_integer(document["timestamp"]) and 0 < document["timestamp"] < 1 << 62,
             "“timestamp” is no number of milliseconds")
    status = document["status"]
    exactly(status, ["execution", "result"], ["code", "details"])
    need(status["execution"] in EXECUTIONS, f"execution “{status['execution']}” is not known")
    exactly(status["result"], ["finished"], ["progress"])
    need(status["result"]["finished"] in {"success", "failure", "none"}, "“finished” is not known")
    if "progress" in status["result"]:
        progress = status["result"]["progress"]
        exactly(progress, ["cnt", "of"])
        for name in ("cnt", "of"):
            need(is_integer(progress[name]) and 0 <= progress[name] < 1 << 31,
                 f"“{name}” does not fit in 32 bits")
        need(progress["cnt"] <= progress["of"], "more was done than there is")
    if "code" in status:
        need(is_integer(status["code"]) and -(1 << 31) <= status["code"] < 1 << 31,
             "“code” does not fit in 32 bits")
    check_details(status.get("details", []))
    return status


def check_config_data(document):
    exactly(document, ["data"], ["mode"])
    need(document.get("mode", "merge") in {"merge", "replace", "remove"}, "“mode” is not known")
    data = document["data"]
    need(isinstance(data, dict), "“data” is no object")
    need(len(data) <= MAX_ATTRIBUTES, f"more than {MAX_ATTRIBUTES} attributes")
    for name, value in data.items():
        for text in (name, value):
            need(isinstance(text, str), "an attribute is no text")
            need(text.isascii() and len(text) <= ATTRIBUTE_LENGTH, "an attribute is too long or not ASCII")
        need(name, "an attribute without a name")
    # gooseBit forgets what is left out.
    for name in ("hw_boardname", "hw_revision", "sw_version"):
        need(name in data, f"the attribute “{name}” is missing")


def check_confirmation(document):
    exactly(document, ["confirmation"], ["code", "details"])
    need(document["confirmation"] in {"confirmed", "denied"}, "“confirmation” is not known")
    if "code" in document:
        need(is_integer(document["code"]), "“code” is no number")
    check_details(document.get("details", []))


class State:
    """What the server wants, knows and saw."""

    def __init__(self):
        self.lock = threading.Lock()
        self.script = {}
        self.clear()

    def clear(self):
        self.log, self.flaws, self.seen = [], [], {}
        self.statuses, self.closed = {}, {}
        self.attributes, self.installed, self.confirmed = None, None, {}

    def count(self, name):
        with self.lock:
            self.seen[name] = self.seen.get(name, 0) + 1
            return self.seen[name]


STATE = State()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ddi-double"

    def log_message(self, *_):
        pass

    # What it answers with.

    def reply(self, status, body=b"", kind="application/json", **fields):
        if isinstance(body, (dict, list)) or body is None:
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", kind)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, message, **fields):
        self.reply(status, {"exceptionClass": "x", "errorCode": "x", "message": message}, **fields)

    def die(self):
        """Ends the connection as a link that breaks does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True
        try:
            self.connection.close()
        except OSError:
            pass

    def root(self):
        return STATE.script.get("public") or self.server.address

    # What it takes.

    def body(self):
        length = int(self.headers.get("Content-Length", "0"))
        return self.rfile.read(length) if length else b""

    def document(self, raw):
        kind = self.headers.get("Content-Type", "").split(";")[0].strip()
        need(kind == "application/json", f"content of the kind “{kind}”")
        try:
            return json.loads(raw.decode("utf-8"))
        except ValueError as error:
            raise Flaw(f"no JSON: {error}") from None

    def handle_any(self):
        raw = self.body()
        if self.path.startswith("/_"):
            return self.control(raw)
        entry = {"method": self.command, "path": self.path,
                 "body": raw.decode("utf-8", "replace"),
                 "authorization": self.headers.get("Authorization"),
                 "range": self.headers.get("Range"), "condition": self.headers.get("If-Range"),
                 "certificate": bool(getattr(self.connection, "getpeercert", lambda: None)())}
        with STATE.lock:
            STATE.log.append(entry)
        try:
            self.device(raw)
        except Flaw as flaw:
            with STATE.lock:
                STATE.flaws.append(f"{self.command} {self.path}: {flaw}")
            self.error(400, str(flaw))

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = handle_any

    def control(self, raw):
        with STATE.lock:
            if self.path == "/_script":
                STATE.script = json.loads(raw)
                answer = {}
            elif self.path == "/_clear":
                STATE.clear()
                answer = {}
            else:
                answer = {"log": STATE.log, "flaws": STATE.flaws, "closed": STATE.closed,
                          "attributes": STATE.attributes, "installed": STATE.installed,
                          "confirmed": STATE.confirmed, "statuses": STATE.statuses}
            self.reply(200, answer)

    def device(self, raw):
        script = STATE.script
        path = self.path.split("?")[0]
        trouble = self.trouble(path)
        if trouble == "after":
            self.route(path, raw, silent=True)
            return self.die()
        if trouble is True:
            return None
        if path.startswith("/files/"):
            return self.artifact(path[len("/files/"):])
        token = script.get("token")
        if token and self.headers.get("Authorization") != token:
            return self.error(401, "The token is not right.")
        if self.command in {"POST", "PUT"}:
            need("Transfer-Encoding" not in self.headers, "a body without a length")
            need(self.headers.get("Expect") is None, "“Expect” was sent")
        return self.route(path, raw)

    def trouble(self, path):
        """What the script wants to go wrong: {"match", "after", "times", "status" | "die", …}."""
        for number, trouble in enumerate(STATE.script.get("troubles", [])):
            method, _, pattern = trouble["match"].partition(" ")
            if method != self.command or not re.fullmatch(pattern, path):
                continue
            first = trouble.get("after", 0)
            if not first < STATE.count(f"trouble-{number}") <= first + trouble.get("times", 1):
                continue
            if trouble.get("die") == "before":
                self.die()
                return True
            if trouble.get("die") == "after":
                # The server took it, and nobody will ever know.
                return "after"
            fields = {"Retry_After": str(trouble["retry"])} if "retry" in trouble else {}
            if "location" in trouble:
                fields["Location"] = trouble["location"]
            if "text" in trouble:
                self.reply(trouble["status"], trouble["text"].encode(), trouble.get("kind", "text/plain"))
            else:
                self.error(trouble["status"], trouble.get("message", "trouble"), **fields)
            return True
        return None

    def route(self, path, raw, silent=False):
        if silent:
            self.reply = lambda *_, **__: None
        need(path == BASE or path.startswith(BASE + "/"), "not this device's address")
        parts = [part for part in path[len(BASE):].split("/") if part]
        match (self.command, parts):
            case ("GET", []):
                return self.poll()
            case ("PUT", ["configData"]):
                document = self.document(raw)
                check_config_data(document)
                STATE.attributes = document["data"]
                return self.reply(200)
            case ("GET", ["deploymentBase", action]):
                return self.describe(action, "deployment")
            case ("GET", ["installedBase", action]):
                return self.describe(action, "deployment")
            case ("GET", ["confirmationBase", action]):
                return self.describe(action, "confirmation")
            case ("GET", ["cancelAction", action]):
                cancel = STATE.script.get("cancel")
                if not cancel or cancel["id"] != action:
                    return self.error(404, "no such cancellation")
                return self.reply(200, {"id": action, "cancelAction": {"stopId": cancel["stop"]}})
            case ("POST", ["deploymentBase", action, "feedback"]):
                return self.feedback(action, check_feedback(self.document(raw)))
            case ("POST", ["cancelAction", action, "feedback"]):
                return self.cancelled(action, check_feedback(self.document(raw)))
            case ("POST", ["confirmationBase", action, "feedback"]):
                document = self.document(raw)
                check_confirmation(document)
                if action not in {d["id"] for d in [STATE.script.get("confirmation")] if d}:
                    return self.error(404, "no such action")
                STATE.confirmed[action] = document["confirmation"]
                if document["confirmation"] == "confirmed":
                    STATE.script["deployment"] = STATE.script.pop("confirmation")
                return self.reply(200)
            case ("PUT", ["installedBase"]):
                document = self.document(raw)
                exactly(document, ["name", "version"])
                need(all(isinstance(v, str) and v for v in document.values()), "no text")
                if STATE.script.get("no-installed"):
                    return self.error(405, "not here")
                STATE.installed = document
                return self.reply(200)
            case _:
                raise Flaw("no such resource or method")

    def poll(self):
        script, links = STATE.script, {}
        base = self.root() + BASE
        if script.get("cancel"):
            links["cancelAction"] = {"href": f"{base}/cancelAction/{script['cancel']['id']}"}
        elif script.get("confirmation"):
            action = script["confirmation"]["id"]
            links["confirmationBase"] = {"href": f"{base}/confirmationBase/{action}?c=-77"}
        elif script.get("deployment") and script["deployment"]["id"] not in STATE.closed:
            action = script["deployment"]["id"]
            links["deploymentBase"] = {"href": f"{base}/deploymentBase/{action}?c=-2127183556"}
        if script.get("installed"):
            links["installedBase"] = {"href": f"{base}/installedBase/{script['installed']}"}
        if script.get("wants-attributes", STATE.attributes is None):
            links["configData"] = {"href": f"{base}/configData"}
        links.update(script.get("links", {}))
        answer = {"config": {"polling": {"sleep": script.get("sleep", "00:05:00")}},
                  "_links": links, "somethingNew": {"of": ["a", "later", "release"]}}
        raw = json.dumps(answer).encode()
        tag = '"' + hashlib.md5(raw).hexdigest() + '"'
        return self.reply(200, raw, "application/hal+json;charset=UTF-8", ETag=tag)

    def describe(self, action, key):
        wanted = STATE.script.get("deployment" if key == "deployment" else "confirmation")
        if not wanted or wanted["id"] != action:
            return self.error(404, "no such action")
        if wanted.get("null"):
            return self.reply(200, None)
        chunks = []
        for chunk in wanted["chunks"]:
            artifacts = []
            for file in chunk["artifacts"]:
                data = self.content(file["file"])
                kinds = file.get("hashes", ["sha1", "md5", "sha256"])
                links = {kind: {"href": file.get("href") or f"{self.root()}/files/{file['file']}"}
                         for kind in file.get("links", ["download", "download-http"])}
                artifacts.append({
                    "filename": file.get("name") or file["file"].rsplit("/", 1)[-1],
                    "hashes": {kind: hashlib.new(kind, data).hexdigest() for kind in kinds},
                    "size": len(data), "_links": links})
            chunks.append({"part": "bApp", "name": chunk["name"], "version": chunk["version"],
                           "artifacts": artifacts, "metadata": [{"key": "k", "value": "v"}]})
        body = {"download": wanted.get("download", "attempt"),
                "update": wanted.get("update", "attempt"), "chunks": chunks}
        if "window" in wanted:
            body["maintenanceWindow"] = wanted["window"]
        return self.reply(200, {"id": action, key: body,
                                "actionHistory": {"status": "RUNNING", "messages": []}})

    def feedback(self, action, status):
        wanted = STATE.script.get("deployment")
        if STATE.script.get("confirmation"):
            return self.error(404, "the action waits for a confirmation")
        known = (wanted and wanted["id"] == action) or \
            (STATE.script.get("cancel") or {}).get("stop") == action
        if not known:
            return self.error(404, "no such action")
        if action in STATE.closed and not STATE.script.get("forgiving"):
            return self.error(410, "the action is not active")
        with STATE.lock:
            told = STATE.statuses.setdefault(action, [])
            if status["execution"] != "closed" and len(told) >= STATE.script.get("quota", STATUS_QUOTA):
                return self.error(429, "too many statuses")
            told.append(status)
            if status["execution"] == "closed":
                STATE.closed.setdefault(action, []).append(status["result"]["finished"])
        return self.reply(200)

    def cancelled(self, action, status):
        cancel = STATE.script.get("cancel")
        if not cancel or cancel["id"] != action:
            return self.error(410, "no such cancellation")
        with STATE.lock:
            STATE.statuses.setdefault("cancel-" + action, []).append(status)
        if status["execution"] == "closed" and status["result"]["finished"] == "success":
            STATE.closed.setdefault(cancel["stop"], []).append("cancelled")
            STATE.script.pop("cancel")
            STATE.script.pop("deployment", None)
        elif status["execution"] == "rejected":
            STATE.script.pop("cancel")
        # Anything else, such as “canceled”, leaves it pending, as hawkBit does.
        return self.reply(200)

    # Artifacts: hawkBit's rules of Range and If-Range, ETag the quoted SHA-1.

    def content(self, name):
        with open(STATE.script["root"] + "/" + name, "rb") as file:
            return file.read()

    def artifact(self, name):
        need(self.command in {"GET", "HEAD"}, "a file is read")
        need(".." not in name, "a path that leads elsewhere")
        if STATE.script.get("file-token") and not self.headers.get("Authorization"):
            return self.error(401, "a token is needed")
        try:
            data = self.content(name)
        except OSError:
            return self.error(404, "no such file")
        tag = '"' + hashlib.sha1(data).hexdigest() + '"'
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not asked or (condition and condition != tag):
            return self.reply(200, data, "application/octet-stream", ETag=tag, Accept_Ranges="bytes")
        first, last = int(asked[1]), min(int(asked[2]), len(data) - 1)
        if first > last:
            return self.reply(416, b"", Content_Range=f"bytes */{len(data)}")
        cut = STATE.script.get("cut")
        part = data[first:last + 1]
        fields = {"ETag": tag, "Content_Range": f"bytes {first}-{last}/{len(data)}"}
        if cut and first > 0 and STATE.count("cut") <= cut:
            self.send_response(206)
            for key, value in fields.items():
                self.send_header(key.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part[:len(part) // 2])
            return self.die()
        return self.reply(206, part, "application/octet-stream", **fields)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        # A device that goes away in the middle is no news.
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--client-authority")
    options = parser.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    scheme = "http"
    if options.certificate:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        if options.client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(options.client_authority)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    server.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
