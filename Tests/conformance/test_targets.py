"""Targets: what is verified, what is fetched, and what is left as it was."""

from hashlib import sha256, sha512

import pytest
from rig.repository import DIGESTS
from rig.server import data, drip, status, truncated

CONTENT = b"an inference model, more or less\n" * 100


def prefixed(name, content=CONTENT, digest=sha256):
    """The path of the URL of a target."""
    folder, slash, last = name.rpartition("/")
    return f"targets/{folder}{slash}{digest(content).hexdigest()}.{last}"


@pytest.fixture
def model(rig, repository):
    """A client that has the metadata of the target `dir/model`, and not the target."""
    repository.add_target("targets", "dir/model", CONTENT)
    rig.start_and_refresh()
    return rig


def test_a_download_refreshes_first(rig, repository):
    repository.add_target("targets", "model", CONTENT)
    rig.start()
    rig.downloads("model")
    rig.asked(
        *("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"), prefixed("model")
    )
    rig.trusts_the_latest()
    rig.has("model", CONTENT)


def test_a_download_that_cannot_refresh_downloads_nothing(model, server):
    server.answers["metadata/timestamp.json"] = status(404)
    model.refuses_to_download("dir/model")
    model.asked("2.root.json", "timestamp.json")


def test_a_target_that_is_there_is_not_fetched_again(model):
    model.downloads("dir/model")
    model.server.take()
    model.downloads("dir/model")
    model.asked("2.root.json", "timestamp.json")
    model.has("dir/model", CONTENT)


def test_a_target_that_is_there_is_no_reason_to_skip_the_refresh(model, repository, server):
    model.downloads("dir/model")
    server.answers["metadata/timestamp.json"] = status(404)
    model.refuses_to_download("dir/model")


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"!", CONTENT[:-1] + b"!"])
def test_a_file_that_is_there_and_differs_is_fetched_again(model, content):
    model.downloads("dir/model")
    (model.client.targets / "dir%2Fmodel").write_bytes(content)
    model.server.take()
    model.downloads("dir/model")
    model.asked("2.root.json", "timestamp.json", prefixed("dir/model"))
    model.has("dir/model", CONTENT)


def test_a_new_edition_takes_the_place_of_the_old_one(model, repository):
    model.downloads("dir/model")
    repository.add_target("targets", "dir/model", b"second edition")
    repository.publish("targets")
    model.downloads("dir/model")
    assert model.files_of_targets() == {"dir%2Fmodel": b"second edition"}


def test_a_target_that_vanished_from_the_metadata_is_refused_and_its_file_stays(model, repository):
    model.downloads("dir/model")
    del repository.targets["targets"].targets["dir/model"]
    repository.publish("targets")
    model.refuses_to_download("dir/model")
    model.has("dir/model", CONTENT)


@pytest.mark.parametrize(
    "name", ["model", "dir", "dir/", "/dir/model", "dir/model2", "DIR/MODEL", ""]
)
def test_a_target_that_is_not_listed_is_refused(model, name):
    model.repository.serve_target(name, CONTENT, [sha256(CONTENT).hexdigest()])
    model.refuses_to_download(name)
    assert not [path for path in model.server.take() if path.startswith("targets/")]


def test_several_targets_take_one_refresh(rig, repository):
    contents = {f"model-{number}": b"%d" % number for number in range(5)}
    for name, content in contents.items():
        repository.add_target("targets", name, content)
    rig.start()
    rig.downloads(*contents)
    rig.asked(
        *("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"),
        *(prefixed(name, content) for name, content in contents.items()),
    )
    assert rig.files_of_targets() == contents


def test_several_targets_of_delegated_roles_fetch_each_role_once(rig, repository):
    for role in ("A", "B"):
        repository.delegate("targets", role, [f"{role}/*"])
        for name in (f"{role}/1", f"{role}/2"):
            repository.add_target(role, name, name.encode())
    rig.start()
    rig.downloads("A/1", "B/1", "A/2", "B/2")
    asked = rig.server.take()
    assert sorted(asked) == sorted(set(asked))
    assert len(rig.files_of_targets()) == 4


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good")])
def test_of_several_targets_a_bad_one_fails_the_download_and_is_not_kept(
    rig, repository, server, client, order
):
    for name in order:
        repository.add_target("targets", name, name.encode())
    server.answers[prefixed("bad", b"bad")] = data(b"BAD")
    rig.start()
    assert client.download(*order) == 1
    assert rig.files_of_targets() in ({}, {"good": b"good"})


# Hashes and lengths


@pytest.mark.parametrize("algorithms", [["sha256"], ["sha512"], ["sha256", "sha512"]])
def test_a_target_may_be_known_by_either_hash_or_both(rig, repository, algorithms):
    repository.add_target("targets", "model", CONTENT, algorithms)
    rig.start_and_refresh()
    rig.downloads("model")
    asked = rig.server.take()
    assert asked[:2] == ["metadata/2.root.json", "metadata/timestamp.json"]
    # Any of the hashes may stand before the name.
    assert asked[2:] in [[prefixed("model", digest=DIGESTS[name])] for name in algorithms]
    rig.has("model", CONTENT)


@pytest.mark.parametrize("wrong", ["sha256", "sha512"])
def test_every_known_hash_of_a_target_must_hold(rig, repository, wrong):
    repository.add_target("targets", "model", CONTENT, ["sha256", "sha512"])
    hashes = repository.targets["targets"].targets["model"].hashes
    hashes[wrong] = DIGESTS[wrong](b"something else").hexdigest()
    repository.serve_target("model", CONTENT, hashes.values())
    rig.start_and_refresh()
    rig.refuses_to_download("model")


UNKNOWN = {
    "unknown": {"rot13": "ab" * 32},
    "two unknown": {"rot13": "ab" * 32, "crc": "12345678"},
    "none": {},
    "no digest": {"sha256": "no digest"},
    "empty": {"sha256": ""},
    "a prefix": {"sha256": sha256(CONTENT).hexdigest()[:32]},
    "the other's": {"sha256": sha512(CONTENT).hexdigest()},
    "a list": {"sha256": [sha256(CONTENT).hexdigest()]},
    "null": {"sha256": None},
}


@pytest.mark.parametrize("hashes", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_target_without_a_known_hash_is_refused(rig, repository, hashes):
    repository.add_target("targets", "model", CONTENT)
    repository.before["targets"] = lambda signed: signed["targets"]["model"].update(hashes=hashes)
    repository.serve_target("model", CONTENT, map(str, hashes.values()))
    rig.start()
    rig.refuses_to_download("model")


@pytest.mark.parametrize("length", [-1, "100", None, 1.5])
def test_a_target_s_length_is_an_integer_that_is_not_negative(rig, repository, length):
    repository.add_target("targets", "model", CONTENT)
    change = repository.after if isinstance(length, float) else repository.before

    def alter(document):
        signed = document.get("signed", document)
        signed["targets"]["model"]["length"] = length

    change["targets"] = alter
    rig.start()
    rig.refuses_to_download("model")


WRONG = {
    "other bytes of the right length": bytes(reversed(CONTENT)),
    "one other bit at the end": CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]),
    "one other bit at the beginning": bytes([CONTENT[0] ^ 128]) + CONTENT[1:],
    "too short": CONTENT[:-1],
    "nothing": b"",
    "too long": CONTENT + b"!",
    "twice": CONTENT * 2,
    "a page of the server": b"<html>Not found, but with status 200</html>",
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_other_bytes_are_refused_and_not_kept(model, server, content):
    server.answers[prefixed("dir/model")] = data(content)
    model.refuses_to_download("dir/model")
    server.answers.clear()
    model.downloads("dir/model")


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_other_bytes_leave_the_edition_that_is_there(model, repository, server, content):
    model.downloads("dir/model")
    second = CONTENT[::-1]
    repository.add_target("targets", "dir/model", second)
    repository.publish("targets")
    server.answers[prefixed("dir/model", second)] = data(content[::-1] + b"?")
    model.refuses_to_download("dir/model")
    model.has("dir/model", CONTENT)


@pytest.mark.parametrize("at", [0, 1, len(CONTENT) // 2, len(CONTENT) - 1])
def test_a_target_whose_transfer_breaks_off_is_refused(model, server, at):
    server.answers[prefixed("dir/model")] = truncated(CONTENT, at)
    model.refuses_to_download("dir/model")


@pytest.mark.parametrize("code", [403, 404, 410, 500, 503])
def test_a_target_that_cannot_be_fetched_fails(model, server, code):
    server.answers[prefixed("dir/model")] = status(code)
    model.refuses_to_download("dir/model")


def test_a_target_is_not_asked_for_without_its_hash(model, server, repository):
    repository.files.pop(prefixed("dir/model"))
    model.refuses_to_download("dir/model")
    model.asked("2.root.json", "timestamp.json", prefixed("dir/model"))


def test_without_consistent_snapshots_a_target_s_address_has_no_hash(rig, repository):
    repository.root.consistent_snapshot = False
    repository.add_target("targets", "dir/model", CONTENT)
    rig.start_and_refresh()
    rig.downloads("dir/model")
    rig.asked("2.root.json", "timestamp.json", "targets/dir/model")
    rig.has("dir/model", CONTENT)


def test_an_empty_target_is_a_target(rig, repository):
    repository.add_target("targets", "empty", b"")
    rig.start()
    rig.downloads("empty")
    rig.has("empty", b"")


def test_a_large_target_is_fetched_whole(rig, repository):
    large = bytes(range(256)) * (12 << 12)
    repository.add_target("targets", "large", large)
    rig.start()
    rig.downloads("large")
    rig.has("large", large)


def test_a_target_that_comes_in_pieces_is_fetched_whole(model, server):
    server.answers[prefixed("dir/model")] = drip(CONTENT, 10, 0.05)
    model.downloads("dir/model")
    model.has("dir/model", CONTENT)


def test_what_a_target_s_custom_field_says_is_no_matter(rig, repository):
    custom = {"hardware": "bearing-7", "counter": 12, "nested": [{"ünï": "\n"}, None, True]}
    repository.add_target("targets", "model", CONTENT, custom=custom)
    rig.start()
    rig.downloads("model")


def test_addresses_bear_a_slash_at_their_end(rig, repository, client):
    repository.add_target("targets", "model", CONTENT)
    rig.start()
    arguments = [
        word + "/" if word.startswith("http") else word for word in client.downloading("model")
    ]
    assert client.run(*arguments) == 0, client.said
    rig.asked(
        *("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"), prefixed("model")
    )


@pytest.mark.stricter("it writes into the file that is there, through a link and without a rename")
def test_a_link_in_the_target_directory_is_not_written_through(model, client):
    elsewhere = client.directory / "trusted-root"
    before = elsewhere.read_bytes()
    (client.targets / "dir%2Fmodel").symlink_to(elsewhere)
    client.download("dir/model")
    assert elsewhere.read_bytes() == before
