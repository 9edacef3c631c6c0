"""A payload of any size that is quick to make: every chunk of it differs, and compresses well.

Each 64 KiB begin with 2 KiB of random bytes; the rest is one text that repeats. So no two chunks
are the same, wherever they are cut, and ten gigabytes pack into a few hundred megabytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from payload.tree import begin

BLOCK = 64 << 10
RANDOM = 2 << 10
FILE = 64 << 20


def write(tree: Path, size: int, seed: int) -> None:
    """Writes files of 64 MiB until the tree has the size, and the smoke command."""
    begin(tree)
    (tree / "weights").mkdir()
    line = b"vibration of the main bearing, second harmonic, no finding; "
    text = np.frombuffer((line * (BLOCK // len(line) + 1))[:BLOCK], dtype=np.uint8)
    generator = np.random.default_rng([seed, size])
    number = 0
    while size > 0:
        part = min(FILE, size)
        blocks = np.tile(text, (part // BLOCK, 1))
        blocks[:, :RANDOM] = generator.integers(0, 256, (len(blocks), RANDOM), dtype=np.uint8)
        (tree / f"weights/{number:04d}.bin").write_bytes(blocks.tobytes())
        size -= part
        number += 1
