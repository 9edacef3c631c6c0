"""Signatures and keys: schemes, thresholds, what is passed over, and what is refused."""

import pytest
from rig import keys
from rig.keys import RSA, Renamed
from securesystemslib.signer import SSlibKey

ROLES = ["root", "timestamp", "snapshot", "targets"]


def publish(repository):
    """A new version of everything."""
    repository.publish_root()
    repository.publish("targets")


def refuses(rig, role):
    """The refresh ends at the role, which keeps its first version."""
    rig.refresh_fails()
    rig.trusts((role, 1))


@pytest.mark.parametrize("scheme", keys.SCHEMES)
def test_each_scheme_signs_every_role(rig, repository, scheme):
    for role in ROLES:
        repository.rotate(role, keys.SCHEMES[scheme]())
    repository.delegate("targets", "A", ["*"], signers=[keys.SCHEMES[scheme]()])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.downloads("a")
    rig.trusts_the_latest()


@pytest.mark.parametrize("scheme", keys.SCHEMES)
@pytest.mark.parametrize("role", ROLES)
def test_a_signature_of_each_scheme_over_other_bytes_is_refused(rig, repository, scheme, role):
    def alter(document):
        document["signed"]["x-added-later"] = True

    repository.rotate(role, keys.SCHEMES[scheme]())
    rig.start_and_refresh()
    repository.after[role] = alter
    publish(repository)
    refuses(rig, role)


def test_schemes_are_mixed_in_one_role(rig, repository):
    signers = [keys.ecdsa(), keys.ed25519(), keys.rsa_pss()]
    repository.rotate("timestamp", *signers, threshold=3)
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_an_rsa_signature_may_have_the_longest_salt(rig, repository, bits):
    repository.rotate("timestamp", RSA(bits))
    rig.start()
    rig.refresh_succeeds()


@pytest.mark.stricter("the specification (4.2) asks for 2048 bits at least; it does not")
def test_a_short_rsa_key_does_not_count(rig, repository):
    repository.rotate("timestamp", RSA(1024))
    repository.release()
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts(timestamp=None)


def test_the_older_name_of_ecdsa_keys_is_known(rig, repository):
    repository.rotate("timestamp", Renamed(keys.ecdsa(), keytype="ecdsa-sha2-nistp256"))
    rig.start()
    rig.refresh_succeeds()


# Thresholds


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("signing", [0, 1, 2])
def test_fewer_signatures_than_the_threshold_are_refused(rig, repository, role, signing):
    rig.start_and_refresh()
    signers = [keys.ecdsa() for _ in range(4)]
    repository.allow(role, *signers, threshold=3)
    repository.signers[role] = signers[:signing]
    repository.publish_root()
    repository.publish("targets")
    refuses_after_rotation(rig, role)


def refuses_after_rotation(rig, role):
    """The refresh ends at the role; what was kept of it may have gone with its keys."""
    rig.refresh_fails()
    latest = rig.repository.versions[role, rig.repository.signed(role).version]
    assert rig.client.stored().get(f"{role}.json") != latest


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_signatures_of_another_role_s_keys_do_not_count(rig, repository, role):
    rig.start_and_refresh()
    repository.signers[role] = [
        signer for other in ROLES if other != role for signer in repository.signers[other]
    ]
    publish(repository)
    refuses(rig, role)


@pytest.mark.parametrize("role", ROLES)
def test_a_threshold_is_not_reached_by_one_key_s_signature_given_twice(rig, repository, role):
    first, second = keys.ecdsa(), keys.ecdsa()
    repository.rotate(role, first, second, threshold=2)
    rig.start_and_refresh()
    repository.signers[role] = [first, first]
    publish(repository)
    refuses(rig, role)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_id_twice_among_the_signatures_is_refused_though_enough_others_sign(
    rig, repository, role
):
    rig.start_and_refresh()
    repository.after[role] = lambda document: document["signatures"].append(
        dict(document["signatures"][0])
    )
    publish(repository)
    refuses(rig, role)


@pytest.mark.parametrize("threshold", [0, -1, "1", None])
@pytest.mark.parametrize("role", ["root", "timestamp"])
def test_a_threshold_that_is_no_positive_integer_is_refused(rig, repository, role, threshold):
    rig.start_and_refresh()
    repository.before["root"] = lambda signed: signed["roles"][role].update(threshold=threshold)
    repository.publish_root()
    refuses(rig, "root")


def test_a_key_id_twice_in_a_role_is_refused(rig, repository):
    rig.start_and_refresh()
    repository.before["root"] = lambda signed: signed["roles"]["timestamp"].update(
        keyids=signed["roles"]["timestamp"]["keyids"] * 2, threshold=1
    )
    repository.publish_root()
    refuses(rig, "root")


@pytest.mark.stricter("a threshold of 2 asks for two keys; it counts ids")
def test_one_key_under_two_ids_counts_once_where_the_ids_are_made_up(rig, repository):
    """One of the ids is the key's digest; the other one is nothing."""
    signer = keys.ecdsa()
    other = Renamed(signer, "ab" * 32)
    repository.rotate("timestamp", signer, other, threshold=2)
    repository.release()
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts(timestamp=None)


@pytest.mark.stricter("a threshold of 2 asks for two keys; it counts ids")
def test_one_key_under_two_ids_that_are_digests_counts_once(rig, repository):
    signer = keys.ecdsa()
    # An unknown field changes the canonical form and so the id, and the key not at all.
    other = Renamed(signer, **{"x-owner": "somebody"})
    repository.rotate("timestamp", signer, other, threshold=2)
    repository.release()
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts(timestamp=None)


# Bad signatures beside good ones


BAD_SIGNATURES = {
    "empty": "",
    "zeros": "00" * 64,
    "no hex": "there is no signature",
    "odd hex": "abc",
    "long": "ab" * 1000,
    "not ASCII": "é",
}


@pytest.mark.parametrize("signature", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
@pytest.mark.parametrize("scheme", keys.SCHEMES)
def test_a_bad_signature_of_an_allowed_key_is_passed_over_when_enough_are_good(
    rig, repository, signature, scheme
):
    good, bad = keys.ecdsa(), keys.SCHEMES[scheme]()
    repository.rotate("timestamp", good)
    repository.root.add_key(bad.public_key, "timestamp")
    repository.after["timestamp"] = lambda document: document["signatures"].insert(
        0, {"keyid": bad.public_key.keyid, "sig": signature}
    )
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("signature", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
@pytest.mark.parametrize("scheme", keys.SCHEMES)
def test_a_bad_signature_does_not_count(rig, repository, signature, scheme):
    repository.rotate("timestamp", keys.SCHEMES[scheme]())
    rig.start_and_refresh()
    repository.after["timestamp"] = lambda document: document["signatures"][0].update(sig=signature)
    repository.publish_timestamp()
    refuses(rig, "timestamp")


@pytest.mark.parametrize("keyid", ["", "unknown", "00" * 32])
def test_a_signature_of_an_unknown_key_is_passed_over(rig, repository, keyid):
    for role in ROLES:
        repository.after[role] = lambda document: document["signatures"].insert(
            0, {"keyid": keyid, "sig": "00" * 64}
        )
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("signatures", [[], {}, None, "none", [None], [{}], [{"sig": "00"}]])
def test_signatures_of_another_shape_are_refused(rig, repository, signatures):
    rig.start_and_refresh()
    repository.after["timestamp"] = lambda document: document.update(signatures=signatures)
    repository.publish_timestamp()
    rig.refresh_changes_nothing_and_fails()


# Keys


UNKNOWN = {
    "unknown type": {"keytype": "post-quantum", "scheme": "dilithium", "public": "00"},
    "unknown scheme": {"scheme": "ecdsa-sha3-nistp521"},
}
refused_as_a_whole = pytest.mark.stricter(
    "it refuses the whole file for one key of a kind that it does not know"
)


@refused_as_a_whole
@pytest.mark.parametrize("description", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_key_of_an_unknown_kind_is_passed_over_where_it_is_not_needed(
    rig, repository, description
):
    known, unknown = keys.ecdsa(), Renamed(keys.ecdsa(), **description)
    repository.rotate("timestamp", unknown, known)
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()


@pytest.mark.parametrize("description", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_key_of_an_unknown_kind_does_not_count(rig, repository, description):
    known, unknown = keys.ecdsa(), Renamed(keys.ecdsa(), **description)
    repository.rotate("timestamp", unknown, known, threshold=2)
    repository.release()
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts(timestamp=None)


@refused_as_a_whole
@pytest.mark.parametrize("description", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_delegation_s_key_of_an_unknown_kind_is_passed_over(rig, repository, description):
    known, unknown = keys.ecdsa(), Renamed(keys.ecdsa(), **description)
    repository.delegate("targets", "A", ["*"], signers=[unknown, known])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.downloads("a")


MISMATCHED = {
    "ed25519 as ecdsa": (keys.ed25519, {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256"}),
    "ecdsa as ed25519": (keys.ecdsa, {"keytype": "ed25519", "scheme": "ed25519"}),
    "rsa as ecdsa": (keys.rsa_pss, {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256"}),
    "ecdsa as rsa": (keys.ecdsa, {"keytype": "rsa", "scheme": "rsassa-pss-sha256"}),
    "P-384 as P-256": (keys.p384, {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256"}),
    "no PEM": (keys.ecdsa, {"public": "no key at all"}),
    "empty": (keys.ecdsa, {"public": ""}),
    "cut PEM": (keys.ecdsa, {"public": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZ"}),
    "NUL": (keys.ecdsa, {"public": "\0"}),
}


@pytest.mark.parametrize("make, description", MISMATCHED.values(), ids=MISMATCHED.keys())
def test_a_key_that_is_not_what_it_says_never_verifies(rig, repository, make, description):
    repository.rotate("timestamp", Renamed(make(), **description))
    repository.release()
    # The root that holds it may be refused as a whole, too.
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts(timestamp=None)


def test_a_role_s_key_id_without_a_key_is_no_harm_where_it_is_not_needed(rig, repository):
    repository.before["root"] = lambda signed: signed["roles"]["timestamp"]["keyids"].append(
        "12" * 32
    )
    rig.start()
    rig.refresh_succeeds()


def test_a_role_s_key_id_without_a_key_does_not_count(rig, repository):
    rig.start_and_refresh()
    missing = keys.ecdsa()
    keyid = missing.public_key.keyid
    repository.signers["timestamp"].append(missing)

    def name_without_key(signed):
        signed["roles"]["timestamp"]["keyids"].append(keyid)
        signed["roles"]["timestamp"]["threshold"] = 2

    repository.before["root"] = name_without_key
    publish(repository)
    refuses_after_rotation(rig, "timestamp")


# Key ids


@pytest.mark.parametrize("role", ROLES)
def test_a_key_id_may_cover_the_fields_that_nobody_knows(rig, repository, role):
    repository.rotate(role, Renamed(keys.ecdsa(), **{"x-owner": "somebody"}))
    rig.start()
    rig.refresh_succeeds()


@pytest.mark.parametrize("role", ROLES)
def test_a_key_id_may_cover_the_defined_fields_alone(rig, repository, role):
    """Repositories add `keyid_hash_algorithms` and owners to keys whose id they keep."""
    signer = keys.ecdsa()
    extra = {"keyid_hash_algorithms": ["md5"], "x-owner": "somebody"}
    repository.rotate(role, Renamed(signer, signer.public_key.keyid, **extra))
    rig.start()
    rig.refresh_succeeds()


MADE_UP = {"digest of something else": "ab" * 32, "a name": "release-key", "empty": ""}


@pytest.mark.stricter("the specification (4.3) has clients calculate each key id; it does not")
@pytest.mark.parametrize("keyid", MADE_UP.values(), ids=MADE_UP.keys())
@pytest.mark.parametrize("role", ROLES)
def test_a_key_id_that_is_no_digest_of_the_key_is_refused(rig, repository, role, keyid):
    repository.rotate(role, Renamed(keys.ecdsa(), keyid))
    repository.release()
    if rig.client.init(repository.versions["root", 1]) == 0:
        rig.refresh_fails()
    rig.trusts((role, None) if role != "root" else ("timestamp", None))


@pytest.mark.stricter("the specification (4.3) has clients calculate each key id; it does not")
def test_a_delegation_s_key_id_that_is_no_digest_of_the_key_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"], signers=[Renamed(keys.ecdsa(), "ab" * 32)])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.refuses_to_download("a")
    rig.trusts(("A", None))


def test_another_key_under_the_id_of_an_allowed_one_is_refused(rig, repository):
    """The delegation lists, under a key id that the root knows, a key of the attacker's."""
    known = repository.signers["timestamp"][0]
    forged = Renamed(keys.ecdsa(), known.public_key.keyid)
    repository.delegate("targets", "A", ["*"], signers=[forged])
    repository.add_target("A", "a", b"content of a")
    repository.targets["targets"].delegations.keys[forged.keyid] = SSlibKey(
        forged.keyid, "ecdsa", "ecdsa-sha2-nistp256", dict(known.public_key.keyval)
    )
    rig.start()
    rig.refuses_to_download("a")
    rig.trusts(("A", None))
