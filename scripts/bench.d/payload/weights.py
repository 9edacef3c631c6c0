"""Files of weights in the safetensors layout: what a training makes, tunes, and nudges.

The weights are normal values of σ 0.02, as trained layers have them; tuning and nudging add normal
noise of a hundredth of that. An int8 tensor is quantised symmetrically with one scale, its largest
magnitude over 127, which is reckoned anew for each release and stands beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIGMA = 0.02
NOISE = 2e-4
WIDTHS = {"I8": 1, "F16": 2, "F32": 4}
ROWS = 1024


@dataclass(frozen=True)
class WeightFile:
    """One file: its name, the type of its numbers, and about how many bytes it has."""

    name: str
    dtype: str
    size: int

    def shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Tensors of a network's kinds and sizes, until the file is full."""
        left = self.size // WIDTHS[self.dtype]
        shapes: list[tuple[str, tuple[int, ...]]] = []
        kinds = [("attention.weight", ROWS), ("mlp.up.weight", 640), ("mlp.down.weight", 384)]
        layer = 0
        while left > 0:
            for kind, rows in kinds:
                columns = min(512, left // rows)
                if columns < 16:
                    left = 0
                    break
                shapes.append((f"layers.{layer}.{kind}", (rows, columns)))
                left -= rows * columns
            shapes.append((f"layers.{layer}.norm.bias", (ROWS,)))
            layer += 1
        return shapes


def plan(total: dict[str, int]) -> list[WeightFile]:
    """One file for each type of number."""
    return [
        WeightFile(f"{dtype.lower()}.safetensors", dtype, size) for dtype, size in total.items()
    ]


def write(file: WeightFile, folder: Path, seed: int, *, tuned: str) -> None:
    """Writes one release of a file.

    tuned: `none` for the first release, `tail` where the last tenth of the tensors is fine-tuned,
    `all` where every tensor is nudged.
    """
    if tuned not in ("none", "tail", "all"):
        raise ValueError(tuned)
    shapes = file.shapes()
    first_tuned = {"none": len(shapes), "tail": len(shapes) - max(1, len(shapes) // 10), "all": 0}
    tensors: list[tuple[str, str, tuple[int, ...], bytes]] = []
    for number, (name, shape) in enumerate(shapes):
        # Each tensor has streams of its own, so that a release repeats exactly what it keeps.
        count = int(np.prod(shape))
        weights = _normal(SIGMA, count, seed, file.name, number, 0)
        if number >= first_tuned[tuned]:
            stream = 1 if tuned == "tail" else 2
            weights += _normal(NOISE, count, seed, file.name, number, stream)
        if file.dtype == "I8":
            step = np.abs(weights).max() / np.float32(127)
            numbers = np.rint(weights / step).astype(np.int8)
            tensors.append((name, "I8", shape, numbers.tobytes()))
            tensors.append((name + "_scale", "F32", (1,), step.astype("<f4").tobytes()))
        elif file.dtype == "F16":
            tensors.append((name, "F16", shape, weights.astype("<f2").tobytes()))
        else:
            tensors.append((name, "F32", shape, weights.astype("<f4").tobytes()))
    _save(folder / file.name, tensors)


def _normal(sigma: float, count: int, seed: int, name: str, number: int, stream: int) -> np.ndarray:
    entropy = [seed, stream, number, *name.encode()]
    generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))
    return generator.standard_normal(count, dtype=np.float32) * np.float32(sigma)


def _save(path: Path, tensors: list[tuple[str, str, tuple[int, ...], bytes]]) -> None:
    """The safetensors layout: length of the header, header (JSON, padded to 8), numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name, dtype, shape, data in tensors:
        header[name] = {
            "dtype": dtype,
            "shape": list(shape),
            "data_offsets": [position, position + len(data)],
        }
        position += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as out:
        out.write(len(text).to_bytes(8, "little"))
        out.write(text)
        for *_, data in tensors:
            out.write(data)
