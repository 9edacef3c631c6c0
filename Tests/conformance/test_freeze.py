"""Metadata that expired: which of it ends a refresh, and which does not."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from rig import keys
from rig.repository import now

DAY = timedelta(days=1)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_expired_metadata_is_refused_and_not_kept(rig, repository, role):
    rig.start_and_refresh()
    repository.signed(role).expires = now() - DAY
    repository.publish("targets")
    rig.refresh_fails()
    kept = {"timestamp": (1, 1, 1), "snapshot": (2, 1, 1), "targets": (2, 2, 1)}[role]
    rig.trusts(timestamp=kept[0], snapshot=kept[1], targets=kept[2])


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_expired_metadata_is_refused_by_a_new_client_too(rig, repository, role):
    repository.signed(role).expires = now() - timedelta(seconds=1)
    rig.start()
    rig.refresh_fails()
    rig.trusts((role, None), root=1)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_kept_metadata_that_expired_since_ends_a_refresh(rig, repository, role):
    repository.signed(role).expires = now() + DAY
    rig.start_and_refresh()
    rig.refresh_succeeds(at=now() + DAY - timedelta(hours=1))
    rig.refresh_fails(at=now() + DAY + timedelta(hours=1))


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_kept_metadata_that_expired_is_renewed(rig, repository, role):
    repository.signed(role).expires = now() + DAY
    rig.start_and_refresh()
    for each in ("root", "timestamp", "snapshot", "targets"):
        repository.signed(each).expires = now() + 9 * DAY
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_succeeds(at=now() + 2 * DAY)
    rig.trusts_the_latest()


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("seconds, valid", [(-1, True), (0, False), (1, False)])
def test_metadata_is_valid_before_its_expiry_and_not_at_it(rig, repository, role, seconds, valid):
    moment = now() + DAY
    repository.signed(role).expires = moment
    rig.start()
    if valid:
        rig.refresh_succeeds(at=moment + timedelta(seconds=seconds))
    else:
        rig.refresh_fails(at=moment + timedelta(seconds=seconds))


def test_an_expired_intermediate_root_is_no_harm(rig, repository):
    rig.start_and_refresh()
    repository.root.expires = now() - DAY
    repository.publish_root()
    repository.root.expires = now() + DAY
    repository.publish_root()
    rig.refresh_succeeds()
    rig.asked("2.root.json", "3.root.json", "4.root.json", "timestamp.json")
    rig.trusts(root=3)


def test_an_expired_last_root_is_kept_and_ends_the_refresh(rig, repository):
    rig.start_and_refresh()
    repository.root.expires = now() - DAY
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_fails()
    rig.trusts(root=2, timestamp=1, snapshot=1, targets=1)


def test_after_an_expired_last_root_the_next_one_is_followed(rig, repository):
    rig.start_and_refresh()
    repository.root.expires = now() - DAY
    repository.publish_root()
    rig.refresh_fails()
    repository.root.expires = now() + DAY
    repository.publish_root()
    rig.refresh_succeeds()
    rig.trusts(root=3)


def test_an_expired_delegated_role_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"]).expires = now() - DAY
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.refresh_succeeds()
    rig.refuses_to_download("a")
    rig.trusts(("A", None), targets=1)


def test_a_kept_delegated_role_that_expired_since_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"]).expires = now() + DAY
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.downloads("a")
    rig.refuses_to_download("a", at=now() + 2 * DAY)


def test_an_expired_delegated_role_is_no_harm_where_it_is_not_searched(rig, repository):
    repository.delegate("targets", "A", ["a/*"]).expires = now() - DAY
    repository.delegate("targets", "B", ["b/*"])
    repository.add_target("B", "b/file", b"content of b")
    rig.start()
    rig.downloads("b/file")
    rig.has("b/file", b"content of b")


def test_expired_metadata_in_an_expired_chain_is_renewed_far_in_the_future(rig, repository):
    rig.start_and_refresh()
    future = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
    for each in ("root", "timestamp", "snapshot", "targets"):
        repository.signed(each).expires = future
    repository.publish_root()
    repository.publish("targets")
    rig.refresh_succeeds(at=datetime(2037, 6, 1, tzinfo=UTC))
    rig.trusts_the_latest()


def test_a_clock_long_ago_is_no_harm_by_itself(rig):
    rig.start()
    rig.refresh_succeeds(at=datetime(2025, 2, 9, tzinfo=UTC))
    rig.trusts_the_latest()


def test_a_refresh_has_one_time_which_is_that_of_its_start(rig, repository, server):
    rig.start()

    def expire_while_answering(conversation):
        # The client runs already: what is still valid now expires before it sees it.
        moment = now() + timedelta(seconds=2)
        for role in ("timestamp", "snapshot", "targets"):
            repository.signed(role).expires = moment
        repository.publish("targets")
        time.sleep((moment - datetime.now(UTC)).total_seconds() + 0.2)
        conversation.status(404)

    server.answers["metadata/2.root.json"] = expire_while_answering
    rig.refresh_succeeds()
    rig.trusts_the_latest()


DATES = [
    "",
    "tomorrow",
    "2099-01-01",
    "2099-01-01T00:00:00",
    "2099-01-01 00:00:00Z",
    "2099-01-01T00:00:00+00:00",
    "2099-01-01T00:00:00.5Z",
    "2099-13-01T00:00:00Z",
    "2099-02-30T00:00:00Z",
    "2099-01-01T24:00:01Z",
    "99999-01-01T00:00:00Z",
    4070908800,
    None,
]


@pytest.mark.parametrize("date", DATES)
def test_a_date_that_is_none_is_refused(rig, repository, date):
    rig.start_and_refresh()
    repository.before["timestamp"] = lambda signed: signed.update(expires=date)
    repository.publish_timestamp()
    rig.refresh_changes_nothing_and_fails()


def test_keys_do_not_matter_to_expiry(rig, repository):
    repository.timestamp.expires = now() + DAY
    rig.start_and_refresh()
    repository.rotate("timestamp", keys.ed25519())
    repository.publish_root()
    repository.publish_timestamp()
    rig.refresh_fails(at=now() + 2 * DAY)
    rig.trusts(root=2)
