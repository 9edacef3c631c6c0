"""bsdiff: a patch for each changed file, of the whole tar where that is asked for, or of samples.

It sorts all suffixes of what it is given: minutes and gigabytes for the whole payload, so one file
after another is the default, which is in its favour. Where every tensor is nudged it takes hours;
there, pieces of each file of weights are patched, and the size is reckoned from them.
"""

from __future__ import annotations

import filecmp
import os
import shutil

from measure import Command, script
from payload.release import Release
from peers.base import Updater, prove_tar, prove_tree
from shell import empty

PIECE = 4 << 20

#: Patches each file of a list, one after another.
EACH = """
while read -r name; do
    mkdir -p "$3/$(dirname "$name")"
    bsdiff "$1/$name" "$2/$name" "$3/$name"
done < "$4"
"""


class Bsdiff(Updater):
    """Patches each changed file."""

    name = "bsdiff"
    packages = ("bsdiff",)
    programs = ("bsdiff", "bspatch")
    about = "`bsdiff` of each changed file, in its favour over one patch of the whole tar"

    def prepare(self, old: Release, new: Release) -> None:
        self._old, self._new = old.tree, new.tree
        self._patches = empty(self.place / "patches")
        self._list = self.place / "changed"
        self._list.write_text("".join(f"{name}\n" for name in changed(old, new)))

    def make_command(self) -> Command:
        return script(EACH, self._old, self._new, self._patches, self._list)

    def sent(self) -> int:
        return sum(path.stat().st_size for path in self._patches.rglob("*") if path.is_file())

    def reset(self) -> None:
        shutil.rmtree(self.place / "target", ignore_errors=True)

    def apply_command(self) -> Command:
        return script(
            'cp -r "$1" "$3"\n'
            'while read -r name; do bspatch "$1/$name" "$3/$name" "$2/$name"; done < "$4"\n'
            'sync -f "$3"',
            self._old,
            self._patches,
            self.place / "target",
            self._list,
        )

    def prove(self, new: Release) -> None:
        prove_tree(self, self.place / "target", new)


class BsdiffWhole(Updater):
    """Patches the tar archive."""

    name = "bsdiff"
    packages = ("bsdiff",)
    programs = ("bsdiff", "bspatch")
    about = "`bsdiff` of the whole tar"

    def prepare(self, old: Release, new: Release) -> None:
        self._old, self._new = old.tar, new.tar
        self._patch, self._result = self.place / "patch", self.place / "result.tar"

    def make_command(self) -> Command:
        return Command(["bsdiff", self._old, self._new, self._patch])

    def sent(self) -> int:
        return self._patch.stat().st_size

    def apply_command(self) -> Command:
        return script('bspatch "$1" "$2" "$3"; sync -f "$2"', self._old, self._result, self._patch)

    def prove(self, new: Release) -> None:
        prove_tar(self, self._result, new)


class BsdiffSampled(Bsdiff):
    """Patches a piece of each changed file that is large, and reckons the whole from it."""

    about = "`bsdiff` of one piece of each changed file, the size reckoned from the pieces"

    def prepare(self, old: Release, new: Release) -> None:
        super().prepare(old, new)
        self._factors: dict[str, float] = {}
        for side in ("old", "new"):
            empty(self.place / side)
        for name in changed(old, new):
            size = (new.tree / name).stat().st_size
            offset = max(0, (size - PIECE) // 2 // 8 * 8)
            self._factors[name] = size / min(size, PIECE)
            for side, release in (("old", old), ("new", new)):
                piece = self.place / side / name
                piece.parent.mkdir(parents=True, exist_ok=True)
                with (release.tree / name).open("rb") as stream:
                    stream.seek(offset)
                    piece.write_bytes(stream.read(PIECE))
        self._old, self._new = self.place / "old", self.place / "new"

    def sent(self) -> int:
        return round(
            sum(
                (self._patches / name).stat().st_size * factor
                for name, factor in self._factors.items()
            )
        )


def changed(old: Release, new: Release) -> list[str]:
    """The names of files that both releases have, and that differ."""
    names = [str(path.relative_to(new.tree)) for path in new.files]
    return [
        name
        for name in names
        if os.path.exists(old.tree / name)
        and not filecmp.cmp(old.tree / name, new.tree / name, shallow=False)
    ]
