"""Asks a running bearing-infer one golden case over its socket and compares the answer.

    ask.py SOCKET TEST_DATA_SET [TOLERANCE]

Written apart from the agent's own client, so that it is a second opinion.
"""

import http.client
import json
import pathlib
import socket
import sys

import numpy
import onnx
from onnx import numpy_helper


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def tensor(path):
    return numpy_helper.to_array(onnx.TensorProto.FromString(pathlib.Path(path).read_bytes()))


def main():
    path, case = sys.argv[1:3]
    tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 0.02
    signal = tensor(f"{case}/input_0.pb")
    golden = tensor(f"{case}/output_0.pb").ravel()
    body = json.dumps({"inputs": [{
        "name": "signal", "datatype": "FP32", "shape": list(signal.shape),
        "data": [float(value) for value in signal.ravel()]}]})
    connection = UnixConnection(path)
    connection.request("POST", "/v2/models/bearing/infer", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    found = numpy.array(answer["outputs"][0]["data"], dtype=numpy.float32)
    worst = float(numpy.abs(found - golden).max())
    print(f"answers {numpy.round(found, 3).tolist()}, golden {numpy.round(golden, 3).tolist()}, "
          f"worst difference {worst:.4f}")
    sys.exit(0 if worst <= tolerance else 1)


main()
