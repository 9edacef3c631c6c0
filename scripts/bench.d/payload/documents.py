"""The small files of a release: tokenizer, configuration, labels, golden cases, scripts."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

#: So many small files are edited by a routine release.
EDITED = 12
SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "da",
    "de",
    "di",
    "do",
    "ka",
    "ke",
    "ki",
    "ko",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "ni",
    "no",
    "ra",
    "re",
    "ri",
    "ro",
]


def write_tokenizer(path: Path, seed: int, words: int) -> None:
    """A vocabulary with its merges, as byte-pair tokenizers are stored."""
    chance = random.Random(f"{seed} tokenizer")
    vocabulary: dict[str, int] = {}
    merges = []
    while len(vocabulary) < words:
        parts = [chance.choice(SYLLABLES) for _ in range(chance.randint(1, 6))]
        word = ("Ġ" if chance.random() < 0.5 else "") + "".join(parts)
        if word not in vocabulary:
            vocabulary[word] = len(vocabulary)
            merges.append(f"{''.join(parts[:-1])} {parts[-1]}")
    model = {"type": "BPE", "vocab": vocabulary, "merges": merges}
    path.write_text(json.dumps({"version": "1.0", "model": model}, ensure_ascii=False, indent=1))


def write_small_files(folder: Path, seed: int, count: int, *, release: int) -> None:
    """Small files of four kinds; a later release has edited a dozen of them."""
    every = max(1, count // EDITED)
    for number in range(count):
        chance = random.Random(f"{seed} file {number}")
        edit = release if number % every == every // 2 else 1
        place = folder / ("config", "labels", "smoke", "scripts")[number % 4]
        place.mkdir(exist_ok=True)
        if number % 4 == 0:
            _settings(place / f"stage-{number:03d}.json", chance, edit)
        elif number % 4 == 1:
            _labels(place / f"labels-{number:03d}.txt", chance, edit)
        elif number % 4 == 2:
            _golden(place / f"case-{number:03d}.pb", seed, number, edit)
        else:
            _script(place / f"step-{number:03d}.py", chance, edit)


def _settings(path: Path, chance: random.Random, edit: int) -> None:
    values = {f"threshold_{n}": round(chance.random(), 4) for n in range(chance.randint(20, 200))}
    values["threshold_3"] = round(values["threshold_3"] + (edit - 1) / 100, 4)
    path.write_text(json.dumps({"revision": edit, "values": values}, indent=2) + "\n")


def _labels(path: Path, chance: random.Random, edit: int) -> None:
    lines = ["".join(chance.choices(SYLLABLES, k=4)) for _ in range(chance.randint(50, 1000))]
    path.write_text("\n".join(lines + [f"added in {edit}"] * (edit > 1)) + "\n")


def _golden(path: Path, seed: int, number: int, edit: int) -> None:
    generator = np.random.default_rng([seed, number])
    values = generator.standard_normal(6000).astype("<f4")
    values[:16] += edit - 1
    path.write_bytes(b"\x08\x01\x10\x01\x4a" + values.tobytes())


def _script(path: Path, chance: random.Random, edit: int) -> None:
    lines = [f'"""Step of the pipeline, revision {edit}."""']
    for number in range(chance.randint(5, 80)):
        lines.append(f"def {''.join(chance.choices(SYLLABLES, k=3))}_{number}(signal):")
        lines.append(f"    return [value * {chance.randint(1, 99)} for value in signal]")
    path.write_text("\n".join(lines) + "\n")
