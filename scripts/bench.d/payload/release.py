"""Puts releases together, and keeps them for the next run with the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from payload import documents, programs, weights
from payload.tree import begin
from settings import CACHE, Bench
from shell import cached, digest, empty, run

MIB = 1 << 20


@dataclass(frozen=True)
class Size:
    """How much of each kind a payload has."""

    weights: dict[str, int]
    words: int
    small_files: int


FULL = Size({"I8": 104 * MIB, "F16": 92 * MIB, "F32": 12 * MIB}, words=96_000, small_files=290)
QUICK = Size({"I8": 15 * MIB, "F16": 12 * MIB, "F32": 2 * MIB}, words=12_000, small_files=60)


@dataclass(frozen=True)
class Release:
    """A tree of files, and the archives that are made of it when they are asked for."""

    name: str
    tree: Path
    key: str

    @property
    def bytes(self) -> int:
        """The bytes of all files."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def files(self) -> list[Path]:
        """All regular files, sorted."""
        return sorted(path for path in self.tree.rglob("*") if path.is_file())

    @property
    def tar(self) -> Path:
        """A tar archive of the tree, without names and times."""

        def make(path: Path) -> None:
            run(
                [
                    "tar",
                    "--sort=name",
                    "--owner=0",
                    "--group=0",
                    "--numeric-owner",
                    "--mtime=@0",
                    "--format=pax",
                    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
                    "-cf",
                    path,
                    "-C",
                    self.tree,
                    ".",
                ]
            )

        return cached(self.tree.with_name(self.name + ".tar"), self.key, make)

    def packed(self, level: int) -> Path:
        """The tar archive, compressed by zstd, which runs on all cores."""

        def make(path: Path) -> None:
            run(["zstd", "-q", f"-{level}", "-T0", "-f", self.tar, "-o", path])

        return cached(self.tree.with_name(f"{self.name}.tar.{level}.zst"), self.key, make)


def releases(bench: Bench) -> dict[str, Release]:
    """The three releases, and a tiny one that shows what each tool takes for nothing."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    key = digest(str(bench.seed), str(bench.quick), *sources)
    place = CACHE / "payload" / key
    made: dict[str, Release] = {}
    for name in ("v1", "v2", "v3", "tiny"):
        made[name] = Release(name, place / name, key)
        stamp = place / f"{name}.made"
        if not stamp.exists():
            bench.say(f"payload: making {name}")
            scratch = empty(place / "scratch")
            _write(made[name], bench, scratch)
            stamp.touch()
    return made


def _write(release: Release, bench: Bench, scratch: Path) -> None:
    tree = release.tree
    begin(tree)
    if release.name == "tiny":
        return
    size = QUICK if bench.quick else FULL
    tuned = {"v1": "none", "v2": "tail", "v3": "all"}[release.name]
    # A new training run comes with the programs and files of the release that it follows.
    number = 2 if release.name == "v2" else 1
    for folder in ("weights", "lib"):
        (tree / folder).mkdir()
    for file in weights.plan(size.weights):
        weights.write(file, tree / "weights", bench.seed, tuned=tuned)
    options = {"release": number, "quick": bench.quick, "scratch": scratch}
    programs.write_library(tree / "lib/libinference.so", **options)
    programs.write_program(tree / "bin/infer", **options)
    for path in (tree / "lib/libinference.so", tree / "bin/infer"):
        path.chmod(0o755)
    documents.write_tokenizer(tree / "tokenizer.json", bench.seed, size.words)
    documents.write_small_files(tree, bench.seed, size.small_files, release=number)
