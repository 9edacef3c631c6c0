"""How much a client takes from a server that wants to fill its memory, its disk or its day."""

from hashlib import sha256

import pytest
from rig.server import Hang, data, drip, endless, truncated

MEBIBYTE = 1 << 20
# No client needs more than this of one file of metadata. What a kernel holds for a client that
# left is within it.
ENOUGH = 64 * MEBIBYTE
ROLES = ["root", "timestamp", "snapshot", "targets"]


def publish(repository):
    """A new version of everything."""
    repository.publish_root()
    repository.publish("targets")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("start", ["nothing", "the file"])
def test_endless_metadata_is_left_after_a_while(rig, repository, server, role, start):
    rig.start_and_refresh()
    publish(repository)
    path = repository.path(role)
    first = repository.files[path] if start == "the file" else b""
    server.answers[path] = endless(first)
    rig.refresh_fails()
    rig.trusts((role, 1))
    assert server.sent[path] < ENOUGH


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_metadata_of_known_length_is_left_soon_after_it(rig, repository, server, role):
    repository.describes = ["length"]
    rig.start_and_refresh()
    repository.publish("targets")
    path = repository.path(role)
    server.answers[path] = endless(repository.files[path])
    rig.refresh_fails()
    rig.trusts((role, 1))
    assert server.sent[path] < 16 * MEBIBYTE


@pytest.mark.parametrize("role", ROLES)
def test_metadata_that_announces_a_huge_length_is_refused(rig, repository, server, role):
    rig.start_and_refresh()
    publish(repository)
    path = repository.path(role)
    content = repository.files[path]

    def announce(conversation):
        conversation.head(200, 1 << 50)
        conversation.send(content)
        conversation.hang_up()

    server.answers[path] = announce
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", ROLES)
def test_metadata_whose_transfer_breaks_off_is_refused(rig, repository, server, role):
    rig.start_and_refresh()
    publish(repository)
    path = repository.path(role)
    server.answers[path] = truncated(repository.files[path] + b" ", len(repository.files[path]))
    rig.refresh_fails()
    rig.trusts((role, 1))
    server.answers.clear()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("role", ROLES)
def test_metadata_that_fills_itself_with_white_space_is_left(rig, repository, server, role):
    rig.start_and_refresh()
    publish(repository)
    path = repository.path(role)
    server.answers[path] = data(repository.files[path] + b" " * ENOUGH)
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("start", ["nothing", "the file"])
def test_an_endless_delegated_role_is_left(rig, repository, server, start):
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    path = "metadata/1.A.json"
    server.answers[path] = endless(repository.files[path] if start == "the file" else b"")
    rig.refuses_to_download("a")
    rig.trusts(("A", None))
    assert server.sent[path] < ENOUGH


@pytest.mark.parametrize("content", [b"", b"model", b"m" * 100_000])
def test_an_endless_target_is_left_soon_after_its_length(rig, repository, server, content):
    repository.add_target("targets", "model", content)
    rig.start()
    path = f"targets/{sha256(content).hexdigest()}.model"
    server.answers[path] = endless(content)
    rig.refuses_to_download("model")
    assert server.sent[path] < 16 * MEBIBYTE


def test_a_target_that_announces_a_huge_length_is_refused(rig, repository, server):
    repository.add_target("targets", "model", b"model")

    def announce(conversation):
        conversation.head(200, 1 << 50)
        conversation.send(b"model")
        conversation.hang_up()

    server.answers[f"targets/{sha256(b'model').hexdigest()}.model"] = announce
    rig.start()
    rig.refuses_to_download("model")


def test_an_endless_page_of_an_error_is_left(rig, server):
    rig.start_and_refresh()

    def endless_error(conversation):
        conversation.head(404)
        for _ in range(4096):
            conversation.send(b" " * 65536)

    server.answers["metadata/timestamp.json"] = endless_error
    rig.refresh_fails()
    assert server.sent["metadata/timestamp.json"] < ENOUGH


def test_an_endless_page_instead_of_a_next_root_is_left(rig, server, client):
    rig.start_and_refresh()

    def endless_error(conversation):
        conversation.head(404)
        for _ in range(4096):
            conversation.send(b" " * 65536)

    server.answers["metadata/2.root.json"] = endless_error
    # Whether there is no newer root, or no way to know, is the client's to decide.
    client.refresh()
    assert server.sent["metadata/2.root.json"] < ENOUGH
    rig.trusts_the_latest()


def test_a_redirection_in_a_circle_is_left(rig, server):
    rig.start_and_refresh()
    server.answers["metadata/timestamp.json"] = lambda conversation: conversation.head(
        302, 0, Location=f"{server.url}/metadata/timestamp.json"
    )
    rig.refresh_fails()
    assert len(server.take()) < 100


def test_a_server_that_is_slow_but_moves_is_borne(rig, repository, server):
    rig.start()
    for path, content in list(repository.files.items()):
        server.answers[path] = drip(content, 8, 0.05)
    rig.refresh_succeeds()
    rig.trusts_the_latest()


PLACES = ["metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json"]


@pytest.mark.patient
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("start", [None, b"{"], ids=["without an answer", "within an answer"])
def test_a_server_that_says_nothing_for_ever_is_left(rig, repository, server, client, place, start):
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers[place] = Hang(start)
    assert client.refresh(patience=400) == 1
    server.answers.clear()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.patient
@pytest.mark.stricter(
    "its time-out is of each wait alone, so that a byte a second holds it for ever"
)
def test_a_server_that_sends_a_byte_a_second_for_ever_is_left(rig, repository, server, client):
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers["metadata/timestamp.json"] = drip(b" " * 400, 400, 1)
    assert client.refresh(patience=390) == 1
