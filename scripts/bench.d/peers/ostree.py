"""ostree: a static delta between two commits, one file, applied to a repository."""

from __future__ import annotations

import shutil

from measure import Command, script
from payload.release import Release
from peers.base import Updater, prove_tree
from shell import empty, run

BSDIFF_LIMIT = 128
QUICK_BSDIFF_LIMIT = 19


class Ostree(Updater):
    """Makes and applies a self-contained static delta."""

    name = "ostree"
    packages = ("ostree",)
    programs = ("ostree",)
    about = "inline static delta, applied offline, then checked out by hard links"

    def prepare(self, old: Release, new: Release) -> None:
        place = empty(self.place)
        self._publisher = place / "publisher"
        self._commits = []
        run(["ostree", f"--repo={self._publisher}", "init", "--mode=bare-user-only"])
        for release in (old, new):
            run(
                [
                    "ostree",
                    f"--repo={self._publisher}",
                    "commit",
                    "-b",
                    "release",
                    "-s",
                    release.name,
                    f"--tree=dir={release.tree}",
                ]
            )
            self._commits.append(
                run(["ostree", f"--repo={self._publisher}", "rev-parse", "release"]).strip()
            )
        self._before = place / "before"
        run(["ostree", f"--repo={self._before}", "init", "--mode=bare-user-only"])
        run(["ostree", f"--repo={self._before}", "pull-local", self._publisher, self._commits[0]])
        self._device, self._delta = place / "device", place / "delta"

    def make_command(self) -> Command:
        return script(
            'rm -f "$4"; ostree "--repo=$1" static-delta generate --inline '
            '--min-fallback-size=0 "--max-bsdiff-size=$5" "--from=$2" "--to=$3" "--filename=$4"',
            self._publisher,
            *self._commits,
            self._delta,
            str(self._limit()),
        )

    def _limit(self) -> int:
        """Up to how many MB of both files ostree tries bsdiff: its own default.

        Where the payload is small, so is the limit, or it would take files that are too large for
        it in the whole payload, and minutes for them.
        """
        if not self.bench.quick:
            return BSDIFF_LIMIT
        self.bench.note(
            f"ostree's limit for bsdiff is {QUICK_BSDIFF_LIMIT} MB in a quick run, as much less "
            f"than its default of {BSDIFF_LIMIT} MB as the payload is smaller."
        )
        return QUICK_BSDIFF_LIMIT

    def sent(self) -> int:
        return self._delta.stat().st_size

    def reset(self) -> None:
        shutil.rmtree(self._device, ignore_errors=True)
        shutil.rmtree(self.place / "target", ignore_errors=True)
        run(["cp", "-a", self._before, self._device])

    def apply_command(self) -> Command:
        return script(
            'ostree "--repo=$1" static-delta apply-offline "$2"; '
            'ostree "--repo=$1" checkout -U -H "$3" "$4"; sync -f "$4"',
            self._device,
            self._delta,
            self._commits[1],
            self.place / "target",
        )

    def prove(self, new: Release) -> None:
        prove_tree(self, self.place / "target", new)
