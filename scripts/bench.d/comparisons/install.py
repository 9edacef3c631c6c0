"""Full installs from a file, by everybody; the same of a tiny payload, for what each takes anyway;
ours over HTTPS; and what is sent for a full install."""

from __future__ import annotations

import nacelle
import ours
from comparisons.turns import installs
from figures import Results
from payload.release import Release
from peers.casync import CasyncInstall
from peers.copy import Copy
from peers.mender import Mender
from peers.rauc import Rauc
from peers.swupdate import Swupdate
from peers.zchunk import ZchunkInstall
from settings import Bench
from web import Server


def run(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """Measures them in turns."""
    contestants = [
        ours.InstallWithoutReadBack(bench),
        Copy(bench),
        ours.Install(bench),
        Rauc(bench),
        ours.InstallOverHTTPS(bench, server),
        Swupdate(bench),
        Mender(bench),
        CasyncInstall(bench),
        ZchunkInstall(bench),
    ]
    # HTTPS to an empty store has no fixed cost of its own worth a table.
    small = [c for c in contestants if not isinstance(c, ours.InstallOverHTTPS)]
    installs(bench, results, "overhead", small, releases["tiny"], bench.rounds)
    installs(bench, results, "install", contestants, releases["v1"], bench.rounds)


def size(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """The full bundle against the plain archive at the same level."""
    release = releases["v1"]
    bundle = nacelle.Publisher(bench).release(release)
    archive = release.packed(bench.level)
    results.series("size", nacelle.SHIPPED).facts["bytes"] = bundle.stat().st_size
    results.series("size", f"tar.zst -{bench.level}").facts["bytes"] = archive.stat().st_size
    results.series("size", "payload").facts["bytes"] = release.bytes
