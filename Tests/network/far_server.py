#!/usr/bin/env python3
"""The far end of a bad link: HTTPS that lies on demand, proxies, and a name server.

    far_server.py CONFIG.json

CONFIG is `{"root": DIR, "tls": DIR, "log": FILE, "names": {NAME: {"A": [..], "AAAA": [..]} | WORD},
"listeners": [{"kind": KIND, "host": ADDRESS, "port": N, ...}]}`. It writes `ready` into the log when
all of them listen. In the log each answer is a line of JSON: path, range, status, bytes of its body.

A path is `/WHEN~FAULT~ARGUMENT.../FILE`: WHEN says which requests are answered falsely: `every`,
`first` (of a bundle, from its first byte), `later` (of a bundle, from another byte), `beside` (what is
no bundle), `in-FOLDER` (what stands in a folder of that name), or the end of a file's name. Any other path is answered well. The prefix has counts of its
own, so that a test tells its requests apart by an argument that says nothing.
"""

import base64
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

PIECE = 16384
FOREVER = 1 << 62


class Reset(Exception):
    """The connection is to be reset."""


class Count:
    """What was answered under one prefix."""

    def __init__(self):
        self.sent = 0
        self.requests = 0
        self.tripped = False


class Server:
    def __init__(self, config):
        self.config = config
        self.lock = threading.Lock()
        self.counts = {}
        self.log_file = open(config["log"], "a", buffering=1)

    def log(self, **what):
        with self.lock:
            self.log_file.write(json.dumps(what) + "\n")

    def count(self, prefix):
        with self.lock:
            return self.counts.setdefault(prefix, Count())

    def context(self, listener):
        """The TLS context of a listener; None for none."""
        name = listener.get("certificate")
        if not name:
            return None
        tls = self.config["tls"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{tls}/{name}.pem", f"{tls}/{name}.key")
        if listener.get("old"):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        if listener.get("clients"):
            context.load_verify_locations(f"{tls}/{listener['clients']}.pem")
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def listen(self, listener):
        kind = listener["kind"]
        family = socket.AF_INET6 if ":" in listener["host"] else socket.AF_INET
        if kind == "dns":
            place = socket.socket(family, socket.SOCK_DGRAM)
            place.bind((listener["host"], listener["port"]))
            return threading.Thread(target=self.names, args=(place,), daemon=True)
        place = socket.create_server(
            (listener["host"], listener["port"]), family=family, backlog=128
        )
        context = self.context(listener)
        return threading.Thread(
            target=self.accept, args=(place, listener, context), daemon=True
        )

    def accept(self, place, listener, context):
        while True:
            connection, _ = place.accept()
            threading.Thread(
                target=self.serve, args=(connection, listener, context), daemon=True
            ).start()

    def serve(self, connection, listener, context):
        kind = listener["kind"]
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if kind == "mute":
                time.sleep(3600)
            elif kind == "hello-cut":
                connection.recv(100)
            elif kind == "hello-reset":
                connection.recv(100)
                raise Reset
            elif kind == "plain":
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            elif kind == "handshake-cut":
                # The beginning of a ServerHello.
                connection.recv(4096)
                connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(20))
            elif kind == "proxy":
                Proxy(self, connection, listener).run()
            else:
                if context:
                    plain = connection.dup()
                    try:
                        connection = context.wrap_socket(connection, server_side=True)
                    except ssl.SSLError:
                        # Closed at once, what the client sent meanwhile would reset the alert away.
                        plain.settimeout(5)
                        while plain.recv(65536):
                            pass
                        raise
                    finally:
                        plain.close()
                Connection(self, connection, listener).run()
        except Reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()

    # Names

    def names(self, place):
        while True:
            query, client = place.recvfrom(4096)
            answer = self.answer(query)
            if answer:
                place.sendto(answer, client)

    def answer(self, query):
        """The answer to one question; None where there is to be none."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        question, kind = query[12 : at + 5], struct.unpack(">H", query[at + 1 : at + 3])[0]
        known = self.config["names"].get(".".join(labels).lower(), "unknown")
        self.log(name=".".join(labels), kind=kind)
        if known == "silent":
            return None
        code = {"unknown": 3, "failing": 2}.get(known, 0) if isinstance(known, str) else 0
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        found = []
        if isinstance(known, dict) and family:
            found = known.get("A" if kind == 1 else "AAAA", [])
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(found), 0, 0)
        records = b"".join(
            struct.pack(">HHHIH", 0xC00C, kind, 1, 1, len(raw)) + raw
            for raw in (socket.inet_pton(family, text) for text in found)
        )
        return head + question + records


def read_head(reader):
    """The request line's words and the fields; None at the end."""
    line = reader.readline(65536).decode("latin-1").split()
    if len(line) < 2:
        return None
    fields = {}
    while True:
        text = reader.readline(65536).decode("latin-1").strip()
        if not text:
            return line, fields
        name, _, value = text.partition(":")
        fields[name.lower()] = value.strip()


class Proxy:
    """A tunnel for CONNECT: with a password, refusing, or one that dies after some bytes."""

    def __init__(self, server, connection, listener):
        self.server, self.connection, self.listener = server, connection, listener

    def run(self):
        # Byte by byte, as what follows the head is the tunnel's.
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < 65536:
            more = self.connection.recv(1)
            if not more:
                return
            head += more
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        self.server.log(proxy=lines[0])
        wanted = self.listener.get("password")
        if wanted:
            expected = "basic " + base64.b64encode(wanted.encode()).decode()
            if fields.get("proxy-authorization") != expected.lower():
                self.say("407 No", "Proxy-Authenticate: Basic realm=\"x\"")
                return
        if self.listener.get("refuses"):
            self.say("403 No")
            return
        host, _, port = lines[0].split()[1].rpartition(":")
        other = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
        other.settimeout(None)
        self.say("200 OK")
        left = FOREVER
        with self.server.lock:
            if self.listener.get("dies"):
                left = self.listener.pop("dies")
        back = threading.Thread(target=pump, args=(self.connection, other, FOREVER), daemon=True)
        back.start()
        if pump(other, self.connection, left):
            raise Reset
        back.join()

    def say(self, status, *fields):
        text = "".join(f + "\r\n" for f in fields)
        self.connection.sendall(f"HTTP/1.1 {status}\r\n{text}\r\n".encode())


def pump(source, target, left):
    """Moves bytes until the source ends; true where so many were moved."""
    try:
        while left:
            piece = source.recv(min(left, 65536))
            if not piece:
                break
            left -= len(piece)
            target.sendall(piece)
        if not left:
            source.close()
            return True
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for place in (source, target):
            try:
                place.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
    return False


class Connection:
    """One client's connection, which is kept as long as the answers allow."""

    def __init__(self, server, connection, listener):
        self.server, self.connection, self.listener = server, connection, listener
        self.body = 0
        self.status = 0
        self.number = None

    def run(self):
        reader = self.connection.makefile("rb")
        while True:
            head = read_head(reader)
            if not head:
                return
            (method, path, *_), fields = head
            if "content-length" in fields:
                reader.read(int(fields["content-length"]))
            self.body = self.status = 0
            try:
                if not self.answer(path, fields):
                    return
            finally:
                self.server.log(
                    path=path, range=fields.get("range", "-"), status=self.status,
                    bytes=self.body, method=method,
                )

    # What is sent

    def head(self, status, *fields):
        self.status = status
        text = "".join(f + "\r\n" for f in fields)
        self.connection.sendall(f"HTTP/1.1 {status} X\r\n{text}\r\n".encode())

    def send(self, data):
        view = memoryview(data)
        while view:
            self.connection.sendall(view[:PIECE])
            self.body += min(PIECE, len(view))
            view = view[PIECE:]

    def forever(self, piece, pause=0.0):
        while True:
            self.connection.sendall(piece)
            self.body += len(piece)
            if pause:
                time.sleep(pause)

    def part(self, *more, length=None, said=None, tag='"one"', body=None):
        """A part of the file: what was asked for, unless something else is said."""
        a, b, total = self.range
        body = self.data[a:b] if body is None else body
        fields = []
        if said != "":
            fields.append("Content-Range: bytes " + (said or f"{a}-{b - 1}/{total}"))
        if length != 0:
            fields.append(f"Content-Length: {b - a if length is None else length}")
        if tag:
            fields.append("ETag: " + tag)
        self.head(206, *fields, *more)
        self.send(body)
        return length != 0

    def whole(self, *more):
        self.head(200, f"Content-Length: {len(self.data)}", 'ETag: "one"', *more)
        self.send(self.data)
        return True

    def well(self):
        return self.part() if self.is_range else self.whole()

    # What is answered

    def answer(self, path, fields):
        """One answer; true where the connection is kept."""
        words = path.split("?")[0].strip("/").split("/")
        prefix = words.pop(0) if "~" in words[0] else ""
        when, *fault = prefix.split("~")
        name = "/".join(words)
        place = os.path.join(self.server.config["root"], name)
        self.data = b""
        if os.path.isfile(place):
            with open(place, "rb") as file:
                self.data = file.read()
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", fields.get("range", ""))
        self.is_range = bool(found)
        total = len(self.data)
        first = int(found[1]) if found else 0
        self.range = (first, min(int(found[2]) + 1, total) if found else total, total)
        is_bundle = name.endswith(".nacelle")
        meant = {
            "every": True,
            "first": is_bundle and first == 0,
            "later": is_bundle and first > 0,
            "beside": not is_bundle,
        }.get(when)
        if meant is None:
            folder = when.startswith("in-") and f"/{when[3:]}/" in name
            meant = bool(when) and (folder or name.endswith(when))
        count = self.server.count(prefix)
        if meant:
            with self.server.lock:
                count.requests += 1
                self.number = count.requests
            return getattr(self, "do_" + fault[0].replace("-", "_"))(count, name, *fault[1:])
        if not os.path.isfile(place):
            self.head(404, "Content-Length: 0")
            return True
        return self.well()

    def do_cut(self, count, name, after, *_):
        """Once so many bytes of the bundle went out, each connection that sends is reset; later not."""
        if not name.endswith(".nacelle"):
            self.head(404, "Content-Length: 0")
            return True
        a, b, total = self.range
        whole = self.data[a:b]
        fields = [f"Content-Length: {len(whole)}", 'ETag: "one"']
        if self.is_range:
            fields.append(f"Content-Range: bytes {a}-{b - 1}/{total}")
        began = count.tripped
        self.head(206 if self.is_range else 200, *fields)
        at = 0
        while at < len(whole):
            with self.server.lock:
                if count.tripped and not began:
                    raise Reset
                room = FOREVER if began else int(after) - count.sent
                piece = whole[at : at + min(PIECE, room)]
                count.sent += len(piece)
                trips = not began and count.sent >= int(after)
                if trips:
                    count.tripped = True
            self.connection.sendall(piece)
            self.body += len(piece)
            at += len(piece)
            if trips:
                raise Reset
        return True

    def do_shortlength(self, *_):
        a, b, _ = self.range
        return self.part(length=b - a - 9, body=self.data[a : b - 9]) and False

    def do_longlength(self, *_):
        a, b, _ = self.range
        return self.part(length=b - a + 9, body=self.data[a:b] + bytes(9)) and False

    def do_truncated(self, *_):
        """Right numbers, and the body ends before them."""
        a, b, _ = self.range
        return self.part(body=self.data[a : max(a, b - 900)]) and False

    def do_toolong(self, *_):
        a, b, _ = self.range
        return self.part(length=0, body=self.data[a:b] + bytes(100_000))

    def do_otherstart(self, *_):
        a, b, total = self.range
        return self.part(said=f"{a + 1}-{b}/{total}") and False

    def do_otherend(self, *_):
        a, b, total = self.range
        return self.part(said=f"{a}-{b - 2}/{total}") and False

    def do_othertotal(self, *_):
        a, b, total = self.range
        return self.part(said=f"{a}-{b - 1}/{total + 1}") and False

    def do_nototal(self, *_):
        a, b, _ = self.range
        return self.part(said=f"{a}-{b - 1}/*") and False

    def do_nonsense(self, *_):
        return self.part(said="lines 1-2") and False

    def do_norange(self, *_):
        return self.part(said="") and False

    def do_whole(self, *_):
        return self.whole()

    def do_multipart(self, *_):
        a, b, total = self.range
        part = f"--x\r\nContent-Range: bytes {a}-{b - 1}/{total}\r\n\r\n".encode()
        body = part + self.data[a:b] + b"\r\n--x--\r\n"
        self.head(206, "Content-Type: multipart/byteranges; boundary=x", f"Content-Length: {len(body)}")
        self.send(body)
        return False

    def do_bomb(self, *_):
        """A megabyte that gzip makes a gigabyte of."""
        squeezer = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(64)) + squeezer.flush()
        self.part("Content-Encoding: gzip", length=len(body), body=body)
        return False

    def do_headers(self, *_):
        self.connection.sendall(b"HTTP/1.1 206 X\r\n")
        self.forever(b"X-Field: value\r\n" * 100)

    def do_line(self, *_):
        self.connection.sendall(b"HTTP/1.1 206 X\r\nX-Field: ")
        self.forever(b"a" * 4096)

    def do_interim(self, *_):
        self.forever(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 10)

    def do_endless(self, count, name, status="200", *_):
        """A body without an end, of a part where one was asked for."""
        a, b, total = self.range
        fields = [f"Content-Range: bytes {a}-{b - 1}/{total}"] if self.is_range else []
        self.head(206 if self.is_range and status == "200" else int(status),
                  "Transfer-Encoding: chunked", *fields)
        self.forever(b"1000\r\n" + b" " * 4096 + b"\r\n")

    def do_drip(self, *_):
        """The right bytes, and so slowly that they never end."""
        a, b, total = self.range
        if self.is_range:
            self.head(206, f"Content-Range: bytes {a}-{b - 1}/{total}",
                      f"Content-Length: {b - a}", 'ETag: "one"')
        else:
            self.head(200, f"Content-Length: {b - a}")
        for at in range(a, b):
            self.connection.sendall(self.data[at : at + 1])
            self.body += 1
            time.sleep(0.1)

    def do_driphead(self, *_):
        self.connection.sendall(b"HTTP/1.1 206 X\r\n")
        self.forever(b"X-Field: value\r\n", 0.1)

    def do_silent(self, *_):
        time.sleep(3600)

    def do_status(self, count, name, status, wish="", times="", *_):
        """A status; with a time to wait, and for so many requests alone."""
        if times and self.number > int(times):
            return self.well()
        fields = [f"Retry-After: {wish}"] if wish else []
        self.head(int(status), "Content-Length: 4", *fields)
        self.send(b"page")
        return True

    def do_page(self, *_):
        page = b"<html><body>Welcome! Please log in.</body></html>"
        self.head(200, "Content-Type: text/html", f"Content-Length: {len(page)}")
        self.send(page)
        return True

    def do_away(self, count, name, where, *_):
        """A redirect: to what the configuration calls so, or to the same file answered well."""
        place = self.server.config["places"].get(where, where)
        self.head(302, "Location: " + place.replace("FILE", name), "Content-Length: 0")
        return True

    def do_round(self, count, name, *_):
        self.head(302, f"Location: /every~round~{self.number}/{name}", "Content-Length: 0")
        return True

    def do_tag(self, *_):
        """Another state of the file."""
        return self.part(tag='"two"') and False

    def do_flip(self, *_):
        """Other bytes under the same tag."""
        a, b, _ = self.range
        body = bytearray(self.data[a:b])
        for at in range(len(body) // 2, len(body), 1000):
            body[at] ^= 1
        if self.is_range:
            return self.part(body=bytes(body))
        self.data = bytes(body)
        return self.whole()

    def do_garbage(self, *_):
        self.connection.sendall(b"\x00\x01garbage\r\n\r\n")
        return False

    def do_drop(self, *_):
        return False

    def do_reset(self, *_):
        raise Reset


def main():
    with open(sys.argv[1]) as file:
        config = json.load(file)
    server = Server(config)
    threads = [server.listen(listener) for listener in config["listeners"]]
    for thread in threads:
        thread.start()
    server.log(ready=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
