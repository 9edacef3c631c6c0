"""A client that is killed, or whose refresh breaks off, goes on the next time."""

import os
import signal

import pytest
from rig.server import Hang, status

REQUESTS = {
    "the next root": "metadata/2.root.json",
    "the root after that": "metadata/3.root.json",
    "the third root": "metadata/4.root.json",
    "the timestamp": "metadata/timestamp.json",
    "the snapshot": "metadata/2.snapshot.json",
    "the targets": "metadata/2.targets.json",
    "a delegated role": "metadata/2.A.json",
    "a target": None,
}


@pytest.fixture
def updated(rig, repository):
    """A client of the first versions, and a repository that has new ones of everything."""
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "model", b"first edition")
    rig.start()
    rig.downloads("model")
    repository.add_target("A", "model", b"second edition")
    repository.publish_root()
    repository.publish_root()
    repository.publish("targets", "A")
    rig.server.take()
    return rig


def place_of(repository, request):
    """The path of the URL where the client is to be stopped."""
    if request is not None:
        return request
    digest = repository.targets["A"].targets["model"].hashes["sha256"]
    return f"targets/{digest}.model"


def kill_at(rig, place, start=None):
    """Runs a download, and kills it while the server hangs at a place."""
    hang = rig.server.answers[place] = Hang(start)
    process = rig.client.start(*rig.client.downloading("model"))
    try:
        assert hang.reached.wait(30), f"the client never asked for {place}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    del rig.server.answers[place]
    rig.client.check_directory()


@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("start", [None, b"{"], ids=["before the answer", "within the answer"])
def test_a_client_that_is_killed_goes_on_the_next_time(updated, repository, request_of, start):
    kill_at(updated, place_of(repository, request_of), start)
    files = updated.files_of_targets()
    assert files.pop("model") == b"first edition"
    updated.downloads("model")
    updated.trusts(("A", 2))
    updated.trusts_the_latest()
    assert updated.files_of_targets()["model"] == b"second edition"


@pytest.mark.stricter("it writes what root.json names at the end of the chain alone")
@pytest.mark.parametrize("version", [2, 3])
def test_each_root_is_kept_before_the_next_one_is_asked_for(updated, version):
    kill_at(updated, f"metadata/{version + 1}.root.json")
    updated.trusts(root=version)
    updated.server.take()
    updated.refresh_succeeds()
    updated.trusts(root=3)
    assert updated.server.take()[0] == f"metadata/{version + 1}.root.json"


def test_each_role_is_kept_before_the_next_one_is_asked_for(updated, repository):
    kill_at(updated, "metadata/2.snapshot.json")
    updated.trusts(root=3, timestamp=2, snapshot=1, targets=1)
    kill_at(updated, "metadata/2.targets.json")
    updated.trusts(root=3, timestamp=2, snapshot=2, targets=1)
    kill_at(updated, "metadata/2.A.json")
    updated.trusts(("A", 1), root=3, timestamp=2, snapshot=2, targets=2)


@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_download_that_a_server_breaks_goes_on_the_next_time(
    updated, repository, server, request_of
):
    place = place_of(repository, request_of)
    server.answers[place] = status(503)
    updated.refuses_to_download("model")
    server.answers.clear()
    updated.downloads("model")
    updated.trusts(("A", 2))
    updated.trusts_the_latest()
    updated.has("model", b"second edition")


def test_a_timestamp_that_is_kept_already_is_enough_to_go_on_with_the_snapshot(updated, server):
    server.answers["metadata/2.snapshot.json"] = status(503)
    updated.refresh_fails()
    updated.trusts(timestamp=2, snapshot=1)
    server.answers.clear()
    server.take()
    updated.refresh_succeeds()
    updated.asked("4.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json")


def test_two_clients_of_one_directory_at_once_leave_it_whole(updated, server):
    hang = server.answers["metadata/2.snapshot.json"] = Hang()
    process = updated.client.start(*updated.client.refreshing())
    try:
        assert hang.reached.wait(30)
        del server.answers["metadata/2.snapshot.json"]
        # The second one may go on, or say that the directory is in use.
        assert updated.client.refresh() in (0, 1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    updated.refresh_succeeds()
    updated.trusts_the_latest()


def test_a_metadata_directory_that_is_not_there_fails(rig, client):
    rig.start_and_refresh()
    client.metadata = client.directory / "nowhere"
    assert client.refresh() == 1
