"""The order of a refresh: what is asked, what is kept, and what is not asked again."""

import json
from datetime import timedelta

import pytest
from rig.repository import now
from rig.server import data, status


def test_init_trusts_the_given_root_byte_for_byte_and_asks_nothing(rig, client):
    rig.start()
    rig.trusts(root=1, timestamp=None, snapshot=None, targets=None)
    assert set(client.stored()) == {"root.json"}


def test_init_accepts_an_expired_root_and_a_later_one_replaces_it(rig, repository):
    repository.root.expires = now() - timedelta(days=1)
    rig.start()
    repository.root.expires = now() + timedelta(days=1)
    repository.publish_root()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("version", [1, 7, 4711])
def test_init_accepts_a_root_of_any_version(rig, repository, client, version):
    repository.root.version = version
    repository.release()
    assert client.init(repository.versions["root", version]) == 0
    rig.refresh_succeeds()
    rig.asked(f"{version + 1}.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")


def not_json(repository):
    return b"no metadata at all"


def empty(repository):
    return b""


def unsigned(repository):
    repository.signers["root"] = []
    return repository.encode("root")


def signed_by_others(repository):
    repository.signers["root"] = repository.signers["targets"]
    return repository.encode("root")


def below_its_threshold(repository):
    repository.root.roles["root"].threshold = 2
    return repository.encode("root")


def of_another_type(repository):
    return repository.encode("timestamp")


def altered(repository):
    return repository.encode("root").replace(b'"version":1', b'"version":2')


@pytest.mark.parametrize(
    "root",
    [not_json, empty, unsigned, signed_by_others, below_its_threshold, of_another_type, altered],
)
def test_init_refuses_a_root_that_does_not_verify_by_itself(repository, client, server, root):
    assert client.init(root(repository)) == 1
    assert not client.stored()
    assert not server.take()


def test_init_refuses_a_root_file_that_is_not_there(client):
    assert client.run(*client.where(), "init", str(client.directory / "nowhere")) == 1
    assert not client.stored()


def test_refresh_without_init_fails_and_asks_nothing(rig, repository, server, client):
    repository.release()
    rig.refresh_fails()
    assert not server.take()
    assert not client.stored()


def test_the_first_refresh_asks_root_timestamp_snapshot_targets_in_this_order(rig, client):
    rig.start()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")
    rig.trusts_the_latest()
    assert set(client.stored()) == {"root.json", "timestamp.json", "snapshot.json", "targets.json"}


def test_a_refresh_without_news_asks_root_and_timestamp_alone(rig):
    rig.start_and_refresh()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json")
    rig.trusts_the_latest()


def test_a_new_timestamp_of_the_same_snapshot_is_all_that_is_fetched(rig, repository):
    rig.start_and_refresh()
    repository.publish_timestamp()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json")
    rig.trusts(timestamp=2, snapshot=1, targets=1)


def test_a_new_snapshot_of_the_same_targets_is_fetched_and_the_targets_are_not(rig, repository):
    rig.start_and_refresh()
    repository.publish()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "2.snapshot.json")
    rig.trusts(timestamp=2, snapshot=2, targets=1)


def test_new_targets_are_fetched_in_the_version_that_the_snapshot_names(rig, repository):
    rig.start_and_refresh()
    repository.targets["targets"].version = 6
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "2.snapshot.json", "7.targets.json")
    rig.trusts_the_latest()


def test_a_new_root_alone_changes_nothing_else(rig, repository):
    rig.start_and_refresh()
    repository.publish_root()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "3.root.json", "timestamp.json")
    rig.trusts(root=2, timestamp=1, snapshot=1, targets=1)


def test_a_chain_of_roots_is_followed_to_its_end(rig, repository):
    rig.start()
    for _ in range(10):
        repository.publish_root()
    rig.refresh_succeeds()
    roots = [f"{version}.root.json" for version in range(2, 13)]
    rig.asked(*roots, "timestamp.json", "1.snapshot.json", "1.targets.json")
    rig.trusts(root=11)


def test_versions_may_leap_except_the_root_s(rig, repository):
    rig.start_and_refresh()
    repository.timestamp.version = repository.snapshot.version = 1000
    repository.targets["targets"].version = 2**31
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.trusts_the_latest()


def test_a_refresh_needs_no_trailing_slash_and_bears_one(rig, client):
    rig.start()
    address = client.refreshing()
    with_slash = (address[0], address[1] + "/", *address[2:])
    assert client.run(*with_slash) == 0, client.said
    rig.asked("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")


def test_directories_may_have_spaces_and_letters_beyond_ascii(rig, client):
    client.metadata = client.directory / "Métadonnées du parc (Nº 7)"
    client.metadata.mkdir()
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


def test_without_consistent_snapshots_no_url_but_the_root_s_has_a_version(rig, repository):
    repository.root.consistent_snapshot = False
    rig.start()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "snapshot.json", "targets.json")
    rig.trusts_the_latest()


def test_the_last_root_decides_whether_snapshots_are_consistent(rig, repository):
    repository.root.consistent_snapshot = False
    rig.start_and_refresh()
    repository.root.consistent_snapshot = True
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.asked(
        *("2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json")
    )
    rig.trusts_the_latest()


@pytest.mark.parametrize("described", [["length"], ["sha256"], ["sha512"], ["length", "sha256"]])
def test_lengths_and_hashes_of_metadata_are_optional_and_used(rig, repository, described):
    repository.describes = described
    rig.start()
    rig.refresh_succeeds()
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("code", [403, 404, 500, 503])
def test_a_role_that_cannot_be_fetched_fails_the_refresh(rig, repository, server, role, code):
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers[repository.path(role)] = status(code)
    rig.refresh_fails()
    kept = {"timestamp": (1, 1, 1), "snapshot": (2, 1, 1), "targets": (2, 2, 1)}[role]
    rig.trusts(root=1, timestamp=kept[0], snapshot=kept[1], targets=kept[2])
    del server.answers[repository.path(role)]
    rig.refresh_succeeds()
    rig.trusts_the_latest()


def test_a_server_that_fails_at_the_next_root_fails_the_refresh(rig, repository, server):
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers["metadata/2.root.json"] = status(500)
    rig.refresh_changes_nothing_and_fails()


def test_a_server_of_the_first_http_is_understood(rig, server):
    server.protocol = "HTTP/1.0"
    rig.start()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")
    rig.trusts_the_latest()


def test_no_server_at_all_fails_the_refresh(rig, server):
    rig.start_and_refresh()
    server.close()
    rig.refresh_changes_nothing_and_fails()


def test_a_redirection_to_a_file_of_this_machine_is_not_followed(rig, repository, server, client):
    rig.start()
    trap = client.directory / "trap.json"
    trap.write_bytes(repository.versions["timestamp", 1])
    server.answers["metadata/timestamp.json"] = lambda conversation: conversation.head(
        302, 0, Location=trap.as_uri()
    )
    rig.refresh_fails()
    rig.trusts(timestamp=None)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("garbage", [b"", b"no metadata", b"{}", b"\xff\xfe"])
def test_a_spoilt_local_file_is_fetched_anew(rig, client, role, garbage):
    rig.start_and_refresh()
    (client.metadata / f"{role}.json").write_bytes(garbage)
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_local_file_that_was_altered_is_fetched_anew(rig, client, role):
    rig.start_and_refresh()
    path = client.metadata / f"{role}.json"
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    rig.refresh_succeeds()
    rig.trusts_the_latest()


def test_a_local_root_that_was_altered_ends_the_refresh_before_anything_is_asked(rig, client):
    rig.start_and_refresh()
    path = client.metadata / "root.json"
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    rig.refresh_fails()
    rig.asked()


def test_a_lost_local_file_is_fetched_anew(rig, client):
    rig.start_and_refresh()
    (client.metadata / "snapshot.json").unlink()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "1.snapshot.json")
    rig.trusts_the_latest()


def test_bytes_are_kept_as_they_came_though_they_are_laid_out_oddly(rig, repository, server):
    rig.start_and_refresh()
    repository.dump = lambda document: b"\n " + json.dumps(document, indent=7).encode() + b"\r\n\t "
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.trusts_the_latest()


def test_a_timestamp_of_the_same_version_is_passed_over_whatever_it_says(rig, repository, server):
    rig.start_and_refresh()
    kept = repository.versions["timestamp", 1]
    repository.snapshot.version = 2
    repository.write("snapshot")
    server.answers["metadata/timestamp.json"] = data(repository.encode("timestamp"))
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json")
    rig.trusts(timestamp=1, snapshot=1)
    assert repository.versions["timestamp", 1] == kept


def test_targets_of_the_same_version_are_fetched_anew_when_their_hash_is_another(rig, repository):
    repository.describes = ["sha256"]
    rig.start_and_refresh()
    repository.add_target("targets", "new", b"new")
    repository.write("targets")
    repository.publish()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "timestamp.json", "2.snapshot.json", "1.targets.json")
    rig.trusts(targets=1)


@pytest.mark.parametrize("described", [(), ("sha256",)], ids=["bare", "hashed"])
def test_a_snapshot_of_the_same_version_and_other_content_is_the_old_or_the_new_one(
    rig, repository, client, described
):
    repository.describes = described
    rig.start_and_refresh()
    old = repository.versions["snapshot", 1]
    repository.snapshot.unrecognized_fields = {"x-edition": 2}
    new = repository.write("snapshot")
    repository.publish_timestamp()
    rig.refresh_succeeds()
    assert client.stored()["snapshot.json"] in (old, new)
    rig.trusts(timestamp=2, targets=1)
