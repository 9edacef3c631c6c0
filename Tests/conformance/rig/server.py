"""A plain HTTP server on the loopback, which logs what is asked of it and can lie."""

import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote


class Server:
    """Serves a repository's files, on a free port, until it is closed.

    `answers` takes the place of a file: a function by the path of its URL, which is given the
    request's `Conversation`.
    """

    def __init__(self, files):
        self.files = files
        self.answers = {}
        self.requests = []
        self.protocol = "HTTP/1.1"
        # How many bytes of a body the client's kernel took, by path.
        self.sent = {}
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                if server.protocol == "HTTP/1.0":
                    self.protocol_version = server.protocol
                    self.close_connection = True
                path = self.path.lstrip("/")
                server.requests.append(path)
                with suppress(ConnectionError, TimeoutError):
                    Conversation(self, server, path).answer()

            def log_message(self, *arguments):
                pass

        self._http = _QuietServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        """Ends the server and every answer that hangs."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def take(self):
        """The requests since the last call, in order."""
        taken, self.requests = self.requests, []
        return taken


class _QuietServer(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""

    def server_bind(self):
        # Not the one of http.server, which asks a name server for this machine's name.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address


class Conversation:
    """One request, and what can be answered to it."""

    def __init__(self, handler, server, path):
        self._handler = handler
        self.server = server
        self.path = path

    def answer(self):
        """Answers by the answer set for the path, else with the file, else with 404."""
        if answer := self.server.answers.get(self.path):
            answer(self)
        elif (data := self._file()) is not None:
            self.whole(data)
        else:
            self.status(404)

    def _file(self):
        path = self.path
        if path.startswith("targets/"):
            # Which of the letters that need no escape a client escapes in these is its affair.
            path = quote(unquote(path))
        return self.server.files.get(path)

    def whole(self, data):
        """The bytes, as they should be sent."""
        self.head(200, len(data))
        self.send(data)

    def status(self, code):
        """A bare status."""
        self.head(code, 0)

    def head(self, code, length=None, **fields):
        """The status line and the header; without a length, the connection ends the body."""
        self._handler.send_response(code)
        for name, value in fields.items():
            self._handler.send_header(name, value)
        if length is None:
            self._handler.send_header("Connection", "close")
            self._handler.close_connection = True
        else:
            self._handler.send_header("Content-Length", str(length))
        self._handler.end_headers()

    def send(self, data):
        """A part of the body."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()
        self.server.sent[self.path] = self.server.sent.get(self.path, 0) + len(data)

    def hang_up(self):
        """Ends the connection."""
        self._handler.close_connection = True


# Answers


def status(code):
    """Answers with a bare status."""
    return lambda conversation: conversation.status(code)


def data(content):
    """Answers with other bytes than the file's."""
    return lambda conversation: conversation.whole(content)


def truncated(content, at):
    """Announces all of the content, and sends its beginning."""

    def answer(conversation):
        conversation.head(200, len(content))
        conversation.send(content[:at])
        conversation.hang_up()

    return answer


def endless(start=b"", filler=b" ", limit=256 << 20):
    """Sends `start`, then filler until the client leaves, or `limit` bytes are sent."""
    block = filler * (65536 // len(filler))

    def answer(conversation):
        conversation.head(200)
        conversation.send(start)
        for _ in range(limit // len(block)):
            conversation.send(block)

    return answer


def drip(content, pieces, pause):
    """Sends the content in so many pieces, with a pause (seconds) before each."""
    size = -(-len(content) // pieces)

    def answer(conversation):
        conversation.head(200, len(content))
        for start in range(0, len(content), size):
            time.sleep(pause)
            conversation.send(content[start : start + size])

    return answer


def redirect(location):
    """Sends the client elsewhere."""
    return lambda conversation: conversation.head(302, 0, Location=location)


class Hang:
    """Begins an answer or not, and then says nothing for ever; tells when it was reached."""

    def __init__(self, start=None):
        self.reached = threading.Event()
        self._start = start

    def __call__(self, conversation):
        if self._start is not None:
            conversation.head(200, len(self._start) + 1)
            conversation.send(self._start)
        self.reached.set()
        conversation.server.closing.wait(600)
        conversation.hang_up()
