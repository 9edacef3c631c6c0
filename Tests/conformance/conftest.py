"""Which client is tested, and the rig that each test gets."""

import shlex
import shutil
from pathlib import Path

import pytest
from rig import Client, Repository, Rig, Server

HERE = Path(__file__).parent
SHIPPED = HERE.parent.parent / ".build" / "ship" / "tuf-client"


def pytest_addoption(parser):
    """Adds `--client`, and where a relative path in it begins."""
    parser.addoption("--client", default=str(SHIPPED), help="the command of the client under test")
    parser.addoption("--client-from", default=".", help="the folder that its paths are relative to")


def pytest_configure(config):
    """Refuses a client that is not there, before 300 tests fail of it."""
    command = client_command(config)
    if not command or not shutil.which(command[0]):
        raise pytest.UsageError(
            f"there is no client {config.getoption('client')!r}; scripts/build-release makes ours"
        )
    if not shutil.which("faketime"):
        raise pytest.UsageError("there is no faketime; scripts/prepare test installs it")


def client_command(config):
    """The words of the client's command; those that name files are whole paths."""
    folder = Path(config.getoption("client_from")).absolute()
    words = shlex.split(config.getoption("client"))
    return [str(folder / word) if (folder / word).is_file() else word for word in words]


def pytest_collection_modifyitems(config, items):
    """Where the reference client is tested, expects it to fail what it is known not to pass."""
    if "reference_client.py" not in config.getoption("client"):
        return
    for item in items:
        if mark := item.get_closest_marker("stricter"):
            item.add_marker(pytest.mark.xfail(reason=mark.args[0], strict=True))


@pytest.fixture
def rig(request, tmp_path):
    """A repository with nothing released, its server, and a client that trusts nothing."""
    repository = Repository()
    server = Server(repository.files)
    yield Rig(
        repository, server, Client(client_command(request.config), tmp_path / "c", server.url)
    )
    server.close()


@pytest.fixture
def repository(rig):
    """The rig's repository."""
    return rig.repository


@pytest.fixture
def server(rig):
    """The rig's server."""
    return rig.server


@pytest.fixture
def client(rig):
    """The rig's client."""
    return rig.client
