"""The network as an ONNX graph: from raw samples to probabilities, the DFT included."""

import logging
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

import features
from signals import CLASSES, LENGTH
from training import Network

INPUT, OUTPUT = "signal", "probabilities"
OPSET, IR_VERSION = 20, 9


class _Builder:
    """Collects nodes and constants, and names what they produce."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, output: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def integers(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, np.int64))

    def slice(self, output: str, value: str, start: int, end: int) -> str:
        """Columns `start` up to `end` of a matrix."""
        return self.node(
            "Slice", output, value,
            self.integers(output + "_from", start), self.integers(output + "_to", end), "axis_1",
        )  # fmt: skip

    def power(self, name: str, value: str) -> str:
        """Power spectrum [1, LENGTH / 2 + 1] of one windowed signal [1, LENGTH]."""
        windowed = self.node("Mul", name + "_windowed", value, "window")
        column = self.node("Unsqueeze", name + "_column", windowed, "axis_2")
        spectrum = self.node("DFT", name + "_spectrum", column, "", "dft_axis", onesided=1)
        squares = self.node("Mul", name + "_squares", spectrum, spectrum)
        summed = self.node("ReduceSum", name + "_sum", squares, "axis_2", keepdims=0)
        return self.node("Mul", name + "_power", summed, "per_sample")


def build(network: Network, version: str) -> onnx.ModelProto:
    """The FP32 model of one release."""
    g = _Builder()
    g.integers("axis_1", 1), g.integers("axis_2", 2)
    g.constant("dft_axis", np.array(1, np.int64))
    g.constant("window", features.WINDOW)
    g.constant("per_sample", np.array(1 / LENGTH, np.float32))

    power = g.power("raw", INPUT)
    even = g.slice("even", power, 0, features.BANDS * 16)
    rows = g.node("Reshape", "rows", even, g.integers("rows_shape", 1, features.BANDS, 16))
    bands = g.node("ReduceMean", "bands", rows, "axis_2", keepdims=0)
    low = g.slice("low", power, 1, 1 + features.LOW)

    taps = features.band_pass()
    half = (len(taps) - 1) // 2
    g.constant("taps", taps[::-1].copy().reshape(1, 1, -1))
    channel = g.node("Unsqueeze", "channel", INPUT, "axis_1")
    passed = g.node("Conv", "passed", channel, "taps", pads=[half, half])
    flat = g.node("Squeeze", "flat", passed, "axis_1")
    rectified = g.node("Abs", "rectified", flat)
    mean = g.node("ReduceMean", "mean", rectified, "axis_1", keepdims=1)
    envelope = g.node("Sub", "envelope", rectified, mean)
    lines = g.slice("lines", g.power("envelope", envelope), 1, 1 + features.ENVELOPE)

    joined = g.node("Concat", "joined", bands, low, lines, axis=1)
    floored = g.node("Add", "floored", joined, g.constant("floor", np.float32(features.FLOOR)[None]))
    logarithm = g.node("Log", "logarithm", floored)
    centred = g.node("Sub", "centred", logarithm, g.constant("feature_mean", network.mean))
    value = g.node("Mul", "standard", centred, g.constant("feature_scale", network.scale))
    for index, (w, b) in enumerate(zip(network.weights, network.biases)):
        product = g.node("MatMul", f"product_{index}", value, g.constant(f"weight_{index}", w))
        value = g.node("Add", f"layer_{index}", product, g.constant(f"bias_{index}", b))
        if index + 1 < len(network.weights):
            value = g.node("Relu", f"active_{index}", value)
    g.node("Softmax", OUTPUT, value, axis=1)

    graph = helper.make_graph(
        g.nodes, "bearing",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, LENGTH])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, len(CLASSES)])],
        g.constants,
    )  # fmt: skip
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="nacelle make-model", producer_version=version,
    )  # fmt: skip
    helper.set_model_props(model, {"version": version, "classes": ",".join(CLASSES)})
    onnx.checker.check_model(model, full_check=True)
    return model


class _Signals(CalibrationDataReader):
    def __init__(self, signals: np.ndarray):
        self.feeds = iter([{INPUT: row[None]} for row in signals])

    def get_next(self):
        return next(self.feeds, None)


def quantise(source: pathlib.Path, target: pathlib.Path, calibration: np.ndarray) -> None:
    """Writes the INT8 form: the learned layers in 8 bits, the signal processing as it is.

    The weights use 7 of the 8 bits (`reduce_range`), so that the sums overflow on no processor
    and every processor gives the same answer.
    """
    logging.getLogger().setLevel(logging.ERROR)  # advice on pre-processing, which changes nothing
    quantize_static(
        source, target, _Signals(calibration),
        op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip
