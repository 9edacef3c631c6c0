"""Versions that go back, roles that vanish, and what a client does after keys rotated."""

from datetime import timedelta

import pytest
from rig import keys
from rig.repository import now
from rig.server import data


@pytest.fixture
def advanced(rig, repository):
    """A client that has version 3 of timestamp, snapshot, targets and of the delegated role A."""
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    for role in ("timestamp", "snapshot"):
        repository.signed(role).version = 3
    for role in ("targets", "A"):
        repository.targets[role].version = 3
    rig.start()
    rig.downloads("a")
    rig.server.take()
    return rig


def test_a_timestamp_does_not_go_back(advanced, repository):
    repository.timestamp.version = 2
    repository.write("timestamp")
    advanced.refresh_changes_nothing_and_fails()
    advanced.asked("2.root.json", "timestamp.json")


def test_a_timestamp_does_not_go_back_behind_one_that_expired(rig, repository):
    repository.timestamp.version = 3
    repository.timestamp.expires = now() + timedelta(days=2)
    rig.start_and_refresh()
    repository.timestamp.version = 2
    repository.timestamp.expires = now() + timedelta(days=20)
    repository.write("timestamp")
    before = rig.client.stored()
    rig.refresh_fails(at=now() + timedelta(days=3))
    assert rig.client.stored() == before


def test_the_snapshot_that_a_timestamp_names_does_not_go_back(advanced, repository):
    repository.snapshot.version = 2
    repository.write("snapshot")
    repository.publish_timestamp()
    advanced.refresh_changes_nothing_and_fails()
    advanced.asked("2.root.json", "timestamp.json")


def test_the_snapshot_does_not_go_back_behind_a_timestamp_that_expired(rig, repository):
    repository.snapshot.version = 3
    repository.timestamp.expires = now() + timedelta(days=2)
    rig.start_and_refresh()
    repository.snapshot.version = 2
    repository.write("snapshot")
    repository.timestamp.expires = now() + timedelta(days=20)
    repository.publish_timestamp()
    rig.refresh_fails(at=now() + timedelta(days=3))
    rig.trusts(timestamp=1, snapshot=3)


@pytest.mark.parametrize("described", [(), ("length", "sha256")], ids=["bare", "hashed"])
@pytest.mark.parametrize("role", ["targets", "A"])
def test_a_role_does_not_go_back_in_the_snapshot(advanced, repository, role, described):
    repository.describes = described
    repository.targets[role].version = 2
    repository.write(role)
    repository.publish_snapshot()
    advanced.refresh_fails()
    advanced.asked("2.root.json", "timestamp.json", "4.snapshot.json")
    advanced.trusts(("A", 3), timestamp=4, snapshot=3, targets=3)


@pytest.mark.parametrize("role", ["targets", "A"])
def test_a_role_does_not_vanish_from_the_snapshot(advanced, repository, role):
    repository.before["snapshot"] = lambda signed: signed["meta"].pop(f"{role}.json")
    repository.publish_snapshot()
    advanced.refresh_fails()
    advanced.trusts(("A", 3), timestamp=4, snapshot=3, targets=3)


def test_a_role_does_not_vanish_although_nobody_delegates_to_it_any_more(advanced, repository):
    repository.targets["targets"].delegations = None
    repository.publish("targets")
    advanced.refresh_succeeds()
    del repository.snapshot.meta["A.json"]
    repository.publish_snapshot()
    advanced.refresh_fails()
    advanced.trusts(snapshot=4)


@pytest.mark.parametrize("role", ["targets", "A"])
def test_a_role_does_not_go_back_although_the_kept_snapshot_expired(rig, repository, role):
    repository.delegate("targets", "A", ["*"])
    repository.targets["targets"].version = repository.targets["A"].version = 3
    repository.snapshot.expires = now() + timedelta(days=2)
    rig.start_and_refresh()
    repository.snapshot.expires = now() + timedelta(days=20)
    repository.targets[role].version = 2
    repository.write(role)
    repository.publish_snapshot()
    rig.refresh_fails(at=now() + timedelta(days=3))
    rig.trusts(timestamp=2, snapshot=1, targets=3)


@pytest.mark.parametrize("described", [["length"], ["sha256"], ["length", "sha512"]])
def test_the_kept_snapshot_counts_although_the_timestamp_s_hash_is_another(
    rig, repository, described
):
    repository.describes = described
    repository.targets["targets"].version = 3
    rig.start_and_refresh()
    repository.targets["targets"].version = 2
    repository.write("targets")
    repository.publish_snapshot()
    rig.refresh_fails()
    rig.asked("2.root.json", "timestamp.json", "2.snapshot.json")
    rig.trusts(timestamp=2, snapshot=1, targets=3)


def test_a_snapshot_of_a_lower_version_than_the_timestamp_s_is_refused(
    advanced, repository, server
):
    old = repository.versions["snapshot", 3]
    repository.publish_snapshot()
    server.answers["metadata/4.snapshot.json"] = data(old)
    advanced.refresh_fails()
    advanced.trusts(timestamp=4, snapshot=3)


def test_a_refused_rollback_does_not_hinder_the_next_honest_release(advanced, repository):
    repository.timestamp.version = 2
    repository.write("timestamp")
    advanced.refresh_fails()
    repository.timestamp.version = 3
    repository.publish("targets")
    advanced.refresh_succeeds()
    advanced.trusts_the_latest()


def test_a_refused_snapshot_does_not_hinder_the_next_honest_release(advanced, repository):
    repository.before["snapshot"] = lambda signed: signed["meta"].pop("A.json")
    repository.publish_snapshot()
    advanced.refresh_fails()
    repository.before.clear()
    repository.publish("targets")
    advanced.refresh_succeeds()
    advanced.trusts_the_latest()


@pytest.mark.parametrize("expired", [False, True], ids=["valid", "expired"])
def test_an_expired_timestamp_is_followed_by_a_newer_one(rig, repository, expired):
    repository.timestamp.expires = now() + timedelta(days=2)
    rig.start_and_refresh()
    repository.timestamp.expires = now() + timedelta(days=20)
    repository.publish("targets")
    rig.refresh_succeeds(at=now() + timedelta(days=3 if expired else 1))
    rig.trusts_the_latest()


# Fast-forward attacks: versions were driven far ahead, then the keys were replaced.


@pytest.mark.parametrize("rotated", [["timestamp"], ["timestamp", "snapshot"]])
def test_a_timestamp_goes_back_after_its_key_rotated(rig, repository, rotated):
    repository.timestamp.version = 99999
    rig.start_and_refresh()
    repository.timestamp.version = 0
    for role in rotated:
        repository.rotate(role, keys.ecdsa())
    repository.publish_root()
    repository.publish_snapshot()
    rig.refresh_succeeds()
    rig.trusts_the_latest()
    rig.trusts(timestamp=1)


ONLY_THE_SNAPSHOT_S = pytest.param(
    ["snapshot"],
    marks=pytest.mark.stricter("5.3.11 deletes the timestamp as well when either key rotated"),
)


@pytest.mark.parametrize("rotated", [["timestamp"], ONLY_THE_SNAPSHOT_S, ["timestamp", "snapshot"]])
def test_a_snapshot_goes_back_after_the_keys_rotated(rig, repository, rotated):
    repository.snapshot.version = 99999
    rig.start_and_refresh()
    repository.snapshot.version = 0
    for role in rotated:
        repository.rotate(role, keys.ecdsa())
    repository.publish_root()
    repository.publish_snapshot()
    rig.refresh_succeeds()
    rig.trusts_the_latest()
    rig.trusts(snapshot=1)


@pytest.mark.parametrize("role", ["targets", "A"])
def test_targets_go_back_after_the_snapshot_s_key_rotated(rig, repository, role):
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    repository.targets[role].version = 99999
    rig.start()
    rig.downloads("a")
    repository.targets[role].version = 1
    repository.write(role)
    repository.rotate("snapshot", keys.ecdsa())
    repository.publish_root()
    repository.publish_snapshot()
    rig.downloads("a")
    rig.trusts((role, 1))
    rig.trusts_the_latest()


def test_a_vanished_role_is_forgotten_after_the_snapshot_s_key_rotated(rig, repository):
    repository.delegate("targets", "A", ["*"])
    rig.start_and_refresh()
    repository.targets["targets"].delegations = None
    repository.rotate("snapshot", keys.ecdsa())
    repository.publish_root()
    del repository.targets["A"], repository.snapshot.meta["A.json"]
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("rotated", ["root", "targets"])
def test_nothing_goes_back_when_other_keys_rotated(advanced, repository, rotated):
    old = repository.signers[rotated]
    repository.rotate(rotated, keys.ecdsa())
    if rotated == "root":
        repository.signers["root"] += old
    repository.publish_root()
    repository.write("targets")
    repository.timestamp.version = 2
    repository.write("timestamp")
    advanced.refresh_fails()
    advanced.trusts(root=2, timestamp=3, snapshot=3)


@pytest.mark.stricter("5.3.11 asks whether the keys of the role changed; it compares signatures")
def test_a_timestamp_goes_back_when_a_key_was_replaced_though_another_one_stays(rig, repository):
    stays, goes, comes = keys.ecdsa(), keys.ecdsa(), keys.ecdsa()
    repository.rotate("timestamp", stays, goes)
    repository.timestamp.version = 99999
    rig.start_and_refresh()
    repository.rotate("timestamp", stays, comes)
    repository.publish_root()
    repository.timestamp.version = 0
    repository.publish_snapshot()
    rig.refresh_succeeds()
    rig.trusts(timestamp=1)
