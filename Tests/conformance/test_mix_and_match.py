"""Files that are signed well and do not belong together: version, length, hash and type."""

import pytest
from rig.server import data

FILES = ["snapshot", "targets"]


def parent_of(repository, role):
    """The entry of a file in its parent, to be changed before the parent is written."""
    if role == "snapshot":
        return repository.timestamp.snapshot_meta
    return repository.snapshot.meta[f"{role}.json"]


def write_parents(repository, role):
    """Writes what stands above a file, again, without changing the entry of the file."""
    if role != "snapshot":
        repository.publish_snapshot()
    else:
        repository.publish_timestamp()


def refuses(rig, role):
    """The refresh ends at the role, whose first version is kept."""
    rig.refresh_fails()
    rig.trusts(
        **{"snapshot": {"timestamp": 2, "snapshot": 1}, "targets": {"snapshot": 2, "targets": 1}}[
            role
        ]
    )


def publish_with_other_entry(rig, role, described, change):
    """Publishes the role's version 2, and an altered entry in its parent."""
    repository = rig.repository
    repository.describes = described
    rig.start_and_refresh()
    if role == "targets":
        repository.targets["targets"].version = 2
        repository.write("targets")
    else:
        repository.snapshot.version = 2
        repository.write("snapshot")
    change(parent_of(repository, role))
    write_parents(repository, role)


@pytest.mark.parametrize("role", FILES)
def test_a_file_of_another_version_than_its_parent_names_is_refused(rig, role, server, repository):
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers[repository.path(role)] = data(repository.versions[role, 1])
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", FILES)
def test_a_file_of_a_later_version_than_its_parent_names_is_refused(rig, role, server, repository):
    rig.start_and_refresh()
    repository.publish("targets")
    wanted = repository.path(role)
    repository.signed(role).version = 3
    server.answers[wanted] = data(repository.encode(role))
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", FILES)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_file_whose_hash_is_another_is_refused(rig, role, algorithm):
    def change(entry):
        entry.hashes[algorithm] = entry.hashes[algorithm][::-1]

    publish_with_other_entry(rig, role, [algorithm], change)
    refuses(rig, role)


@pytest.mark.parametrize("role", FILES)
@pytest.mark.parametrize("wrong", ["sha256", "sha512"])
def test_every_known_hash_must_hold(rig, role, wrong):
    def change(entry):
        entry.hashes[wrong] = "0" * len(entry.hashes[wrong])

    publish_with_other_entry(rig, role, ["sha256", "sha512"], change)
    refuses(rig, role)


@pytest.mark.parametrize("role", FILES)
@pytest.mark.parametrize("wrong", ["", "00", "sha256"])
def test_a_hash_that_is_none_is_refused(rig, role, wrong):
    def change(entry):
        entry.hashes["sha256"] = wrong

    publish_with_other_entry(rig, role, ["sha256"], change)
    # The parent that says so may be refused itself.
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", FILES)
def test_unknown_hashes_alone_are_refused(rig, role):
    def change(entry):
        entry.hashes = {"rot13": "00" * 32}

    publish_with_other_entry(rig, role, ["sha256"], change)
    # The parent that says so may be refused itself.
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", FILES)
@pytest.mark.parametrize("difference", [-1, 1])
def test_a_file_whose_length_is_another_is_refused(rig, role, difference):
    def change(entry):
        entry.length += difference

    publish_with_other_entry(rig, role, ["length"], change)
    refuses(rig, role)


@pytest.mark.parametrize("role", FILES)
def test_a_length_of_nothing_is_a_limit_too(rig, role):
    def change(entry):
        entry.length = 0

    publish_with_other_entry(rig, role, ["length"], change)
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("role", FILES)
def test_a_file_with_bytes_after_its_end_is_refused(rig, repository, server, role):
    repository.describes = ["length"]
    rig.start_and_refresh()
    repository.publish("targets")
    server.answers[repository.path(role)] = data(repository.files[repository.path(role)] + b" ")
    refuses(rig, role)


@pytest.mark.parametrize("role", FILES)
def test_a_file_signed_again_is_not_the_one_whose_hash_is_known(rig, repository, server, role):
    repository.describes = ["sha256"]
    rig.start_and_refresh()
    repository.publish("targets")
    again = repository.encode(role)
    assert again != repository.files[repository.path(role)], "ECDSA signatures are random"
    server.answers[repository.path(role)] = data(again)
    refuses(rig, role)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("other", ["root", "timestamp", "snapshot", "targets"])
def test_a_file_of_another_type_is_refused_although_its_keys_are_right(
    rig, repository, server, role, other
):
    if role == other:
        other = "mirrors"
    every = repository.signers["root"]
    for each in ("timestamp", "snapshot", "targets"):
        repository.rotate(each, *every)
    rig.start_and_refresh()
    if role == "root":
        repository.publish_root()
    else:
        repository.publish("targets")
    repository.before[role] = lambda signed: signed.update(_type=other)
    server.answers[repository.path(role)] = data(repository.encode(role))
    rig.refresh_fails()
    rig.trusts((role, 1))


def test_a_timestamp_that_names_no_snapshot_is_refused(rig, repository):
    rig.start_and_refresh()
    repository.before["timestamp"] = lambda signed: signed.update(meta={})
    repository.publish_timestamp()
    rig.refresh_changes_nothing_and_fails()


def test_a_first_snapshot_that_names_no_targets_is_refused(rig, repository):
    repository.before["snapshot"] = lambda signed: signed.update(meta={})
    rig.start()
    rig.refresh_fails()
    rig.trusts(targets=None)


NUMBERS = [
    0,
    -1,
    "2",
    None,
    2.5,
    pytest.param(True, marks=pytest.mark.stricter("Python takes a truth value for the number 1")),
]


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("version", NUMBERS)
def test_a_version_that_is_no_positive_integer_is_refused(rig, repository, role, version):
    if type(version) is float:
        # Canonical JSON has no such numbers, so nobody can sign one: 1 was signed.
        repository.after[role] = lambda document: document["signed"].update(version=version)
    else:
        repository.before[role] = lambda signed: signed.update(version=version)
    repository.release()
    if role == "root":
        assert rig.client.init(repository.versions["root", 1]) == 1
        return
    rig.start()
    rig.refresh_fails()
    rig.trusts((role, None))
