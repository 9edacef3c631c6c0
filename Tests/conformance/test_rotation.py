"""Keys that change: who must sign what, before and after, and with which thresholds."""

from collections import namedtuple

import pytest
from rig import keys
from rig.server import data

# Indices into one pool of keys: those allowed by root 1 with its threshold, by root 2 with its, who
# signs root 2, and whether a client may follow.
Rotation = namedtuple("Rotation", "old old_threshold new new_threshold signers follows")

ROOTS = {
    "same key": Rotation([0], 1, [0], 1, [0], True),
    "same key, nobody signs": Rotation([0], 1, [0], 1, [], False),
    "same key, a stranger signs": Rotation([0], 1, [0], 1, [9], False),
    "another key, both sign": Rotation([0], 1, [1], 1, [0, 1], True),
    "another key, both sign in the other order": Rotation([0], 1, [1], 1, [1, 0], True),
    "another key, only the old one signs": Rotation([0], 1, [1], 1, [0], False),
    "another key, only the new one signs": Rotation([0], 1, [1], 1, [1], False),
    "a key is added, the old one signs": Rotation([0], 1, [0, 1], 1, [0], True),
    "a key is added, the new one signs": Rotation([0], 1, [0, 1], 1, [1], False),
    "a key is removed, the one left signs": Rotation([0, 1], 1, [0], 1, [0], True),
    "a key is removed, it alone signs": Rotation([0, 1], 1, [0], 1, [1], False),
    "threshold 1 to 2, both sign": Rotation([0], 1, [0, 1], 2, [0, 1], True),
    "threshold 1 to 2, one signs": Rotation([0], 1, [0, 1], 2, [0], False),
    "threshold 2 to 1, both sign": Rotation([0, 1], 2, [0], 1, [0, 1], True),
    "threshold 2 to 1, one signs": Rotation([0, 1], 2, [0], 1, [0], False),
    "2 of 3 to 2 of 3 others, all sign": Rotation([0, 1, 2], 2, [3, 4, 5], 2, [0, 2, 3, 5], True),
    "2 of 3 to 2 of 3 others, an old one is missing": Rotation(
        [0, 1, 2], 2, [3, 4, 5], 2, [0, 3, 4, 5], False
    ),
    "2 of 3 to 2 of 3 others, a new one is missing": Rotation(
        [0, 1, 2], 2, [3, 4, 5], 2, [0, 1, 2, 3], False
    ),
    "2 of 3, one key stays and counts on both sides": Rotation(
        [0, 1, 2], 2, [2, 3, 4], 2, [1, 2, 3], True
    ),
    "2 of 3, the key that stays does not count twice on one side": Rotation(
        [0, 1, 2], 2, [2, 3, 4], 2, [2, 3], False
    ),
    "strangers beside enough signers are no harm": Rotation([0], 1, [1], 1, [9, 0, 8, 1], True),
    "threshold 3 of 5, exactly three": Rotation(range(5), 3, range(5), 3, [0, 2, 4], True),
    "threshold 3 of 5, only two": Rotation(range(5), 3, range(5), 3, [0, 4], False),
    "a new threshold that nobody can reach": Rotation([0], 1, [0], 2, [0], False),
}


@pytest.mark.parametrize("scheme", ["ecdsa", "ed25519"])
@pytest.mark.parametrize("rotation", ROOTS.values(), ids=ROOTS.keys())
def test_a_root_needs_the_thresholds_of_the_old_and_the_new_one(rig, repository, rotation, scheme):
    pool = [keys.SCHEMES[scheme]() for _ in range(10)]
    old, new, signers = ([pool[index] for index in chosen] for chosen in rotation[0:5:2])
    repository.rotate("root", *old, threshold=rotation.old_threshold)
    rig.start()
    repository.allow("root", *new, threshold=rotation.new_threshold)
    repository.signers["root"] = signers
    repository.publish_root()
    if rotation.follows:
        rig.refresh_succeeds()
        rig.asked(
            *("2.root.json", "3.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")
        )
        rig.trusts(root=2, timestamp=1)
    else:
        rig.refresh_changes_nothing_and_fails()
        rig.asked("2.root.json")
        rig.trusts(root=1, timestamp=None)


# Which of the old (0) and new (1) keys sign after the rotation, and whether that is enough.
ROLES = {
    "the new key signs": ([1], 1, [1], True),
    "the old key signs": ([1], 1, [0], False),
    "nobody signs": ([1], 1, [], False),
    "both are allowed, the old one signs": ([0, 1], 1, [0], True),
    "both are needed and sign": ([0, 1], 2, [0, 1], True),
    "both are needed, one signs": ([0, 1], 2, [1], False),
    "2 of 3 are needed and sign": ([0, 1, 2], 2, [1, 2], True),
    "an old signature beside the new one is no harm": ([1], 1, [0, 1], True),
}


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("allowed, threshold, signing, enough", ROLES.values(), ids=ROLES.keys())
def test_a_role_needs_the_threshold_of_the_latest_root(
    rig, repository, role, allowed, threshold, signing, enough
):
    rig.start_and_refresh()
    pool = [*repository.signers[role], keys.ecdsa(), keys.ecdsa()]
    repository.allow(role, *(pool[index] for index in allowed), threshold=threshold)
    repository.signers[role] = [pool[index] for index in signing]
    repository.publish_root()
    repository.publish("targets")
    if enough:
        rig.refresh_succeeds()
        rig.trusts_the_latest()
    else:
        rig.refresh_fails()
        kept = {"timestamp": (1, 1, 1), "snapshot": (2, 1, 1), "targets": (2, 2, 1)}[role]
        rig.trusts(root=2)
        # Metadata of keys that rotated may be kept or deleted (5.3.11), but not be replaced.
        for name, version in zip(("timestamp", "snapshot", "targets"), kept, strict=True):
            if version == 2 or name == "targets":
                rig.trusts((name, version))


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_what_is_kept_is_fetched_anew_when_its_key_rotated_and_it_was_signed_again(
    rig, repository, role
):
    rig.start_and_refresh()
    repository.rotate(role, keys.ecdsa())
    repository.publish_root()
    repository.write(role)
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_what_is_kept_is_not_trusted_by_its_age_when_its_key_rotated(rig, repository, role):
    rig.start_and_refresh()
    repository.allow(role, keys.ecdsa())
    repository.publish_root()
    rig.refresh_fails()
    rig.trusts(root=2)


def test_keys_rotate_several_times_between_two_refreshes(rig, repository):
    rig.start_and_refresh()
    for scheme in ("ed25519", "rsa", "ecdsa"):
        old = repository.signers["root"]
        new = keys.SCHEMES[scheme]()
        repository.allow("root", new)
        repository.signers["root"] = [*old, new]
        repository.publish_root()
        repository.signers["root"] = [new]
        for role in ("timestamp", "snapshot", "targets"):
            repository.rotate(role, keys.SCHEMES[scheme]())
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_succeeds()
    rig.trusts(root=5)
    rig.trusts_the_latest()


@pytest.mark.parametrize("bad", [2, 3, 4, 5])
def test_roots_before_a_bad_one_are_kept_and_the_next_refresh_goes_on_there(
    rig, repository, server, bad
):
    rig.start_and_refresh()
    for _ in range(4):
        repository.publish_root()
    server.answers[f"metadata/{bad}.root.json"] = data(repository.versions["targets", 1])
    rig.refresh_fails()
    rig.asked(*(f"{version}.root.json" for version in range(2, bad + 1)))
    rig.trusts(root=bad - 1)
    server.answers.clear()
    rig.refresh_succeeds()
    rig.asked(*(f"{version}.root.json" for version in range(bad, 7)), "timestamp.json")
    rig.trusts(root=5)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_a_root_that_lacks_a_role_is_refused(rig, repository, role):
    rig.start_and_refresh()
    repository.before["root"] = lambda signed: signed["roles"].pop(role)
    repository.publish_root()
    rig.refresh_changes_nothing_and_fails()


@pytest.mark.parametrize("version", [1, 3, 4])
def test_the_next_root_has_the_next_version(rig, repository, server, version):
    rig.start_and_refresh()
    repository.root.version = version
    # Two of them are signed as they should be; none has the version that was asked for.
    server.files["metadata/2.root.json"] = repository.encode("root")
    if version == 1:
        # An equal version may also be passed over (5.3.5), and the refresh go on.
        assert rig.client.refresh() in (0, 1)
    else:
        rig.refresh_changes_nothing_and_fails()
    rig.trusts(root=1)
