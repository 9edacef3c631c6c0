"""What every payload begins with: its folder, and the command that proves it."""

from __future__ import annotations

from pathlib import Path

from shell import empty


def begin(tree: Path) -> None:
    """Makes an empty tree that has the smoke command, a shell that exits."""
    empty(tree).chmod(0o755)
    prove = tree / "bin/prove"
    prove.parent.mkdir()
    prove.write_text("#!/bin/sh\nexit 0\n")
    prove.chmod(0o755)
