"""The codecs alone, in GB/s: what `codec-bench` of this package measures."""

from __future__ import annotations

import json
import os
from pathlib import Path

from figures import Results
from payload.release import Release
from settings import ROOT, Bench, BenchError
from shell import run as run_plainly
from web import Server


def run(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """Builds and runs it, and keeps its rows."""
    bench.say("codecs: building and running codec-bench")
    out: Path = bench.folder("codecs") / "codecs.json"
    out.unlink(missing_ok=True)
    path = {"PATH": os.environ["PATH"]}
    try:
        run_plainly(
            ["swift", "build", "-c", "release", "--product", "codec-bench"],
            cwd=ROOT,
            environment=path,
        )
        run_plainly([ROOT / ".build/release/codec-bench", "--json", out], environment=path)
        bench.codecs = json.loads(out.read_text())
    except (BenchError, OSError, ValueError) as error:
        bench.lose("codec-bench", str(error).strip().splitlines()[-1])
