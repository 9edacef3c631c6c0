import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
SHIP = PROJECT / ".build" / "ship"


def run(*words, status=0, **more):
    """A command that must end with this status; its output."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
                          timeout=900, **more)
    assert done.returncode == status, f"{words}: {done.returncode}: {done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Both packages, made for these tests."""
    place = tmp_path_factory.mktemp("packages")
    run(PROJECT / "scripts/package", "--unjudged", "--from", SHIP, "--to", place)
    return place
