"""The codecs alone, in GB/s: what `codec-bench` of this package measures."""

from __future__ import annotations

import json
from pathlib import Path

from figures import Results
from payload.release import Release
from settings import ROOT, Bench, BenchError
from shell import run as run_plainly
from web import Server

PROGRAM = ROOT / ".build/release/codec-bench"


def run(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """Runs it, and keeps what it wrote."""
    if not PROGRAM.exists():
        bench.lose("codec-bench", "this package does not build it")
        return
    bench.say("codecs: running codec-bench")
    out: Path = bench.folder("codecs") / "codecs.json"
    try:
        run_plainly([PROGRAM, "--json", out])
        bench.codecs = json.loads(out.read_text())
    except (BenchError, OSError, ValueError) as error:
        bench.lose("codec-bench", str(error))
