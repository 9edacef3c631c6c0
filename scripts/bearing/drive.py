"""Asks a running bearing-infer again and again, as a machine's own sensor would, until it is ended.

    drive.py SOCKET KIND [RATE] [SEED]

KIND is what the sensor does: plain; gain (it amplifies by 1.5); dead (it gives the same value always);
mix (plain, but three of four bearings have a ball fault). Each second's signals are new ones. It outlives
restarts of the program, and says at its end how many were asked, how many of the answers were right and
how sure the model was, which nobody knows on site.
"""

import http.client
import json
import signal
import socket
import sys
import threading
import time

import numpy as np

import signals


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(self.path)


def bodies(kind, seed):
    """Batches of requests, with the right class of each."""
    while True:
        inputs, labels = signals.make(400, seed)
        seed += 1
        chosen = np.arange(len(labels))
        if kind == "gain":
            inputs = inputs * np.float32(1.5)
        elif kind == "dead":
            inputs = np.zeros_like(inputs)
        elif kind == "mix":
            chosen = np.flatnonzero((labels == 3) | (chosen % 27 < 3))
        for row in chosen:
            values = [float(value) for value in np.round(inputs[row], 6)]
            yield json.dumps({"inputs": [{
                "name": "signal", "datatype": "FP32", "shape": [1, signals.LENGTH],
                "data": values}]}), labels[row]


def main():
    path, kind = sys.argv[1:3]
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 100.0
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 50_000
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    asked = right = 0
    sure = 0.0
    connection = None
    following = time.monotonic()
    for body, label in bodies(kind, seed):
        if ended.is_set():
            break
        following = max(following + 1 / rate, time.monotonic() - 1)
        ended.wait(max(0, following - time.monotonic()))
        try:
            connection = connection or UnixConnection(path)
            connection.request(
                "POST", "/v2/models/bearing/infer", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            probabilities = answer["outputs"][0]["data"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            # It is being restarted.
            connection = None
            ended.wait(0.1)
            continue
        asked += 1
        right += int(np.argmax(probabilities)) == int(label)
        sure += float(np.max(probabilities))
    share = f"{100 * right / asked:.0f} % right, mean confidence {sure / asked:.3f}" if asked else ""
    print(f"{asked} asked {share}", flush=True)


main()
