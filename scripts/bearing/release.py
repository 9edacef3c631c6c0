"""Makes the two releases of the bearing model, their golden cases and reports, and the runtime.

Run by scripts/make-model, which makes the Python environment and decides whether there is work.
"""

import argparse
import json
import os
import pathlib
import shutil
import time

# One thread: two take longer on matrices this small, and the sums come out in one order.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import features
import graph
import signals
from training import Network

TEST_SIGNALS, TEST_SEED = 2000, 900
VALIDATION_SIGNALS, VALIDATION_SEED = 1000, 950
TRAINING_SIGNALS = 8000
CASES = 8


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--out", type=pathlib.Path, required=True)
    out = options.parse_args().out
    copy_runtime(out / "runtime")
    test = signals.make(TEST_SIGNALS, TEST_SEED)

    # 1.0.0 starts from nothing; 1.1.0 goes on from it with as many new signals, as a model
    # that is retrained on what the field sent back.
    network = Network([features.COUNT, 128, 32, len(signals.CLASSES)], seed=1)
    release(out / "1.0.0", "1.0.0", network, seed=100, epochs=25, rate=1e-3, test=test)
    release(out / "1.1.0", "1.1.0", network, seed=110, epochs=15, rate=5e-4, test=test)


def release(
    folder: pathlib.Path, version: str, network: Network, *,
    seed: int, epochs: int, rate: float, test: tuple[np.ndarray, np.ndarray],
) -> None:  # fmt: skip
    """Trains on, and writes, one release."""
    began = time.monotonic()
    inputs, labels = signals.make(TRAINING_SIGNALS, seed)
    computed = features.compute(inputs)
    if version == "1.0.0":
        network.standardise_by(computed)
    network.train(computed, labels, seed=seed + 1, epochs=epochs, rate=rate)

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    full, small = folder / "bearing-fp32.onnx", folder / "bearing.onnx"
    full.write_bytes(graph.build(network, version).SerializeToString(deterministic=True))
    graph.quantise(full, small, inputs[:256])
    seconds = time.monotonic() - began

    expected = network.probabilities(features.compute(test[0]))
    of_full, of_small = answers(full, test[0]), answers(small, test[0])
    drift = float(np.abs(of_full - expected).max())
    if drift > 1e-3:
        raise SystemExit(f"The ONNX graph differs from the trained network by {drift} (limit 0.001).")
    write_cases(folder / "smoke", small, *test, of_small)
    write_metrics(folder / "metrics.json", test[0])
    write_validation(folder / "validation")
    write_report(folder / "report.json", version, full, small, test[1], of_full, of_small, seconds)


def answers(model: pathlib.Path, inputs: np.ndarray) -> np.ndarray:
    session = open_session(model)
    rows = [session.run([graph.OUTPUT], {graph.INPUT: row[None]})[0][0] for row in inputs]
    return np.stack(rows)


def open_session(model: pathlib.Path) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def write_cases(
    folder: pathlib.Path, model: pathlib.Path,
    inputs: np.ndarray, labels: np.ndarray, probabilities: np.ndarray,
) -> None:  # fmt: skip
    """Golden cases in the ONNX backend-test layout, two of each class, from the model that ships.

    A golden case shows that the model runs as it ran here. The model is right on all of them. Of
    the first four it is sure, so that a wrong class is no rounding; of the last four it is not,
    so that another model, which may be as good, does not pass for this one.
    """
    session = open_session(model)
    right = probabilities.argmax(axis=1) == labels
    confidence = probabilities.max(axis=1)
    sure, unsure = confidence > 0.9, (confidence > 0.6) & (confidence < 0.75)
    for number in range(CASES):
        wanted = right & (sure if number < CASES // 2 else unsure)
        fitting = np.flatnonzero(wanted & (labels == number % len(signals.CLASSES)))
        value = inputs[fitting[0]][None]
        answer = session.run([graph.OUTPUT], {graph.INPUT: value})[0]
        case = folder / f"test_data_set_{number}"
        case.mkdir(parents=True)
        for name, tensor, file in (
            (graph.INPUT, value, "input_0.pb"), (graph.OUTPUT, answer, "output_0.pb"),
        ):  # fmt: skip
            proto = numpy_helper.from_array(np.ascontiguousarray(tensor, "<f4"), name)
            (case / file).write_bytes(proto.SerializeToString(deterministic=True))


def write_validation(folder: pathlib.Path) -> None:
    """Signals that neither training nor test has, in the ONNX backend-test layout without outputs.

    What the release counts of its answers to them is the reference that a machine's own counts are
    held against. The same for each release, so that references can be compared.
    """
    inputs, _ = signals.make(VALIDATION_SIGNALS, VALIDATION_SEED)
    for number, row in enumerate(inputs):
        case = folder / f"test_data_set_{number}"
        case.mkdir(parents=True)
        proto = numpy_helper.from_array(np.ascontiguousarray(row[None], "<f4"), graph.INPUT)
        (case / "input_0.pb").write_bytes(proto.SerializeToString(deterministic=True))


def write_metrics(file: pathlib.Path, inputs: np.ndarray) -> None:
    """What the inference program counts: the classes, and intervals of confidence and inputs.

    The intervals of an input statistic hold a tenth of the test signals each, so that a shift in either
    direction moves several of them.
    """
    statistics = {
        "rms": np.sqrt((inputs.astype(np.float64) ** 2).mean(axis=1)),
        "peak": np.abs(inputs).max(axis=1),
    }
    file.write_text(json.dumps({
        "output": graph.OUTPUT,
        "classes": list(signals.CLASSES),
        "confidence": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999],
        "inputs": [
            {"input": graph.INPUT, "statistic": name,
             "edges": [float(f"{edge:.4g}") for edge in np.quantile(values, np.arange(1, 10) / 10)]}
            for name, values in statistics.items()
        ],
    }, indent=1) + "\n")  # fmt: skip


def write_report(
    file: pathlib.Path, version: str, full: pathlib.Path, small: pathlib.Path,
    labels: np.ndarray, of_full: np.ndarray, of_small: np.ndarray, seconds: float,
) -> None:  # fmt: skip
    top_full, top_small = of_full.argmax(axis=1), of_small.argmax(axis=1)
    numbers = range(len(signals.CLASSES))
    report = {
        "version": version,
        "classes": list(signals.CLASSES),
        "test_signals": len(labels),
        "accuracy_fp32": float((top_full == labels).mean()),
        "accuracy_int8": float((top_small == labels).mean()),
        "recall_int8": {
            name: float((top_small[labels == index] == index).mean())
            for index, name in enumerate(signals.CLASSES)
        },
        "confusion_int8": [
            [int(((labels == a) & (top_small == b)).sum()) for b in numbers] for a in numbers
        ],
        "mean_confidence_int8": round(float(of_small.max(axis=1).mean()), 4),
        "int8_against_fp32": {
            "largest_difference": round(float(np.abs(of_full - of_small).max()), 4),
            "top1_changes": int((top_full != top_small).sum()),
        },
        "bytes_fp32": full.stat().st_size,
        "bytes_int8": small.stat().st_size,
        "seconds": round(seconds, 1),
        "made_with": {
            module.__name__: module.__version__ for module in (np, onnx, onnxruntime)
        },
    }
    file.write_text(json.dumps(report, indent=2) + "\n")


def copy_runtime(folder: pathlib.Path) -> None:
    """The runtime's C library out of the wheel, and the licences that go with it."""
    package = pathlib.Path(onnxruntime.__file__).parent
    libraries = sorted((package / "capi").glob("libonnxruntime.so.*"))
    if len(libraries) != 1:
        raise SystemExit(f"Found {len(libraries)} libonnxruntime.so.* in {package}/capi; expected 1.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(libraries[0].resolve(), folder / "libonnxruntime.so")
    (folder / "libonnxruntime.so").chmod(0o755)
    for notice in ("LICENSE", "ThirdPartyNotices.txt"):
        shutil.copyfile(package / notice, folder / notice)


if __name__ == "__main__":
    main()
