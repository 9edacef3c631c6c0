"""Names of roles and targets in addresses and in file names: nothing leaves its directory."""

from hashlib import sha256
from urllib.parse import quote

import pytest

ROLES = {
    "slash": "team/models",
    "slashes around": "/team/",
    "parent": "../team",
    "grandparent": "../../../../../../../../tmp/team",
    "question mark": "what?",
    "hash": "#1",
    "percent": "100%",
    "encoded": "a%2Fb",
    "space": "the team",
    "plus": "a+b",
    "ampersand": "a&b=c;d",
    "colon": "http://example.com/",
    "quotes": "'a' \"b\"",
    "backslash": "..\\team",
    "dot": ".",
    "two dots": "..",
    "hidden": ".team",
    "json": "a.json",
    "version": "1.targets",
    "capitals": "TEAM",
    "tilde": "~root",
    "kept": "a-b_c.d~e",
    "brackets": "[a]{b}<c>|^`@!$*(),",
    "letters": "Prüfstand",
    "beyond the plane": "🛰",
    "line break": "a\nb",
    "carriage return": "a\r\nX-Injected: b",
    "option": "--metadata-dir",
    "device": "con",
}


@pytest.mark.parametrize("name", ROLES.values(), ids=ROLES.keys())
def test_role_names_are_percent_encoded_in_addresses_and_file_names(rig, repository, name):
    repository.delegate("targets", name, ["*"])
    repository.add_target(name, "a", b"content of a")
    rig.start()
    rig.downloads("a")
    rig.asked(
        *("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"),
        f"1.{quote(name, safe='')}.json",
        f"targets/{sha256(b'content of a').hexdigest()}.a",
    )
    rig.trusts((name, 1))
    assert_nothing_outside(rig)
    # What is kept under the encoded name is found again.
    rig.downloads("a")
    rig.asked("2.root.json", "timestamp.json")


def assert_nothing_outside(rig):
    """Beside the two directories, the client's place holds what the test put there."""
    place = rig.client.directory
    assert {path.name for path in place.iterdir()} <= {"metadata", "targets", "trusted-root"}
    assert set(place.parent.iterdir()) == {place}


@pytest.mark.parametrize("name", ["root", "timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("style", ["{}.json", "./{}", "{}\0", "{} "])
def test_a_role_whose_name_nearly_is_a_top_level_one_replaces_nothing(rig, repository, name, style):
    near = style.format(name)
    repository.delegate("targets", near, ["*"])
    repository.add_target(near, "a", b"content of a")
    rig.start()
    assert rig.client.download("a") in (0, 1)
    rig.trusts_the_latest()


def test_two_roles_whose_names_differ_in_capitals_are_two(rig, repository):
    for name in ("team", "Team"):
        repository.delegate("targets", name, [f"{name}/*"])
        repository.add_target(name, f"{name}/a", name.encode())
    rig.start()
    rig.downloads("team/a", "Team/a")
    rig.trusts(("team", 1), ("Team", 1))


def test_a_role_name_too_long_for_a_file_fails_and_harms_nothing(rig, repository):
    name = "n" * 300
    repository.delegate("targets", name, ["*"])
    repository.add_target(name, "a", b"content of a")
    rig.start()
    rig.refuses_to_download("a")
    rig.trusts_the_latest()


TARGETS = {
    "plain": "model.onnx",
    "directory": "models/model.onnx",
    "directories": "a/b/c/d/e/model.onnx",
    "space": "the model.onnx",
    "letters": "modèles/Prüfstand.onnx",
    "beyond the plane": "🛰/🌬",
    "kept": "a-b_c.d~e",
    "dots": "a..b/c...d",
    "hidden": ".hidden/.file",
    "no extension": "model",
    "many extensions": "model.tar.gz.sig",
    "digits": "12345",
    "capitals": "MODEL.ONNX",
    "like metadata": "root.json",
    "like a prefix": f"{'ab' * 32}.model",
}


@pytest.mark.parametrize("name", TARGETS.values(), ids=TARGETS.keys())
def test_a_target_is_asked_for_by_hash_and_kept_under_its_encoded_name(rig, repository, name):
    content = f"content of {name}".encode()
    repository.add_target("targets", name, content)
    rig.start_and_refresh()
    rig.downloads(name)
    folder, slash, last = name.rpartition("/")
    digest = sha256(content).hexdigest()
    rig.asked(
        *("2.root.json", "timestamp.json"),
        f"targets/{quote(folder)}{slash}{digest}.{quote(last)}",
    )
    assert rig.files_of_targets() == {quote(name, safe=""): content}
    rig.downloads(name)
    rig.asked("2.root.json", "timestamp.json")


OUTSIDE = [
    "../outside",
    "../../outside",
    "/outside",
    "a/../../outside",
    "a/../b",
    ".",
    "..",
    "a/..",
]
OUTSIDE += ["/etc/nacelle-conformance", "a//b", "./a", "a/", "a\\..\\..\\b", "a\nb", "a?b", "a#b"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_target_s_name_leads_out_of_no_directory(rig, repository, client, name):
    repository.add_target("targets", name, b"content")
    # Whatever address a client makes of such a name, it finds the target there.
    digest = sha256(b"content").hexdigest()
    last = name.rpartition("/")[2]
    for place in ("targets/", "", "targets/a/", "a/", "targets/etc/", "etc/"):
        rig.repository.files[f"{place}{digest}.{last}"] = b"content"
    rig.start()
    status = client.download(name)
    assert_nothing_outside(rig)
    files = rig.files_of_targets()
    if status == 0:
        assert files == {quote(name, safe=""): b"content"}
    else:
        assert files == {}
    assert all(path.parent == client.targets for path in client.targets.rglob("*"))


def test_a_target_s_name_too_long_for_a_file_fails_and_harms_nothing(rig, repository):
    repository.add_target("targets", "n" * 300, b"content")
    rig.start()
    rig.refuses_to_download("n" * 300)


def test_names_may_be_as_long_as_those_of_files(rig, repository):
    role, target = "r" * (255 - len(".json")), "n" * 255
    repository.delegate("targets", role, ["*"])
    repository.add_target(role, target, b"content")
    # The server looks nothing up in a file system: the hash before the name makes it longer.
    rig.start()
    rig.downloads(target)
    rig.has(target, b"content")
    rig.trusts((role, 1))


NEIGHBOURS = [".a.new", ".a", "a.new", "a~", ".a.swp", "a.tmp", ".a.tmp", ".tmp", "a.part", "a%"]


def test_no_target_is_lost_to_the_temporary_file_of_another_one(rig, repository):
    for name in NEIGHBOURS:
        repository.add_target("targets", name, b"neighbour")
    repository.add_target("targets", "a", b"first edition")
    rig.start()
    rig.downloads(*NEIGHBOURS, "a")
    repository.add_target("targets", "a", b"second edition")
    repository.publish("targets")
    rig.downloads("a")
    expected = {quote(name, safe=""): b"neighbour" for name in NEIGHBOURS}
    assert rig.files_of_targets() == {**expected, "a": b"second edition"}


# Unicode calls these the same, and many a string comparison does; names are bytes.
TWINS = {
    "composed and decomposed": ("\u00e9", "e\u0301"),
    "Kelvin and K": ("\u212a", "K"),
    "marks in another order": ("q\u0307\u0323", "q\u0323\u0307"),
    "a syllable and its letters": ("\uac00", "\u1100\u1161"),
}


@pytest.mark.parametrize("one, other", TWINS.values(), ids=TWINS.keys())
def test_targets_whose_names_look_the_same_are_two(rig, repository, one, other):
    repository.add_target("targets", one, b"content of one")
    repository.add_target("targets", other, b"content of the other")
    rig.start()
    rig.downloads(one, other)
    rig.has(one, b"content of one")
    rig.has(other, b"content of the other")


@pytest.mark.parametrize("one, other", TWINS.values(), ids=TWINS.keys())
def test_a_target_is_not_found_by_a_name_that_looks_the_same(rig, repository, one, other):
    repository.add_target("targets", one, b"content of one")
    rig.start()
    rig.refuses_to_download(other)


@pytest.mark.parametrize("one, other", TWINS.values(), ids=TWINS.keys())
def test_roles_whose_names_look_the_same_are_two(rig, repository, one, other):
    repository.delegate("targets", one, ["*"])
    repository.delegate("targets", other, ["*"])
    repository.add_target(other, "a", b"content of a")
    rig.start()
    rig.downloads("a")
    rig.asked(
        *("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"),
        *(f"1.{quote(name)}.json" for name in (one, other)),
        f"targets/{sha256(b'content of a').hexdigest()}.a",
    )
    rig.trusts((one, 1), (other, 1))


@pytest.mark.parametrize("one, other", TWINS.values(), ids=TWINS.keys())
def test_a_pattern_does_not_match_what_looks_the_same(rig, repository, one, other):
    repository.delegate("targets", "A", [f"{one}/*"])
    repository.add_target("A", f"{other}/a", b"content")
    rig.start()
    rig.refuses_to_download(f"{other}/a")
    rig.asked("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json")


@pytest.mark.parametrize("one, other", TWINS.values(), ids=TWINS.keys())
def test_fields_whose_names_look_the_same_are_two(rig, repository, one, other):
    repository.timestamp.unrecognized_fields = {"x": {one: 1, other: 2}, one: 3, other: 4}
    rig.start()
    rig.refresh_succeeds()
    rig.trusts_the_latest()
