"""Delegations: the order of the search, what is fetched on its way, and where it ends."""

from collections import namedtuple
from hashlib import sha256

import pytest
from rig import keys
from rig.server import data, status

TOP = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]

# Edges in the order of their appearance: parent, name, and whether the delegation terminates.
# `visited` is what is asked for a target that nobody has, in that order.
Graph = namedtuple("Graph", "edges visited")


def edges(text):
    """Reads `targets>A A>B! targets>C`; an exclamation mark makes a terminating delegation."""
    for edge in text.split():
        parent, name = edge.split(">")
        yield parent, name.rstrip("!"), name.endswith("!")


GRAPHS = {
    "none": Graph("", ""),
    "one": Graph("targets>A", "A"),
    "two": Graph("targets>A targets>B", "A B"),
    "two in the other order": Graph("targets>B targets>A", "B A"),
    "a chain": Graph("targets>A A>B B>C C>D", "A B C D"),
    "depth before breadth": Graph("targets>A targets>B A>C A>D B>E", "A C D B E"),
    "a tree": Graph("targets>A targets>B A>C A>D C>E C>F D>G B>H H>I", "A C E F D G B H I"),
    "a diamond": Graph("targets>A targets>B A>C B>C", "A C B"),
    "a diamond whose foot goes on": Graph("targets>A targets>B A>C B>C C>D B>E", "A C D B E"),
    "a role that delegates to itself": Graph("targets>A A>A A>B", "A B"),
    "a cycle of two": Graph("targets>A A>B B>A", "A B"),
    "a cycle of three with a way out": Graph("targets>A A>B B>C C>A C>D targets>E", "A B C D E"),
    "a cycle below two parents": Graph("targets>A targets>B A>C C>B B>C B>D", "A C B D"),
    "a terminating one ends the search": Graph("targets>A! targets>B", "A"),
    "a terminating one's own delegations are searched": Graph(
        "targets>A! targets>B A>C A>D C>E", "A C E D"
    ),
    "a terminating one below ends the whole search": Graph("targets>A targets>B A>C! A>D", "A C"),
    "a terminating one in the middle": Graph("targets>A targets>B! targets>C A>D", "A D B"),
    "a terminating one at the end": Graph("targets>A targets>B!", "A B"),
    "terminating ones in a chain": Graph("targets>A! A>B! B>C! B>D targets>E", "A B C"),
    "a terminating one in a cycle": Graph("targets>A A>B! B>A B>C A>D targets>E", "A B C"),
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())
def test_the_search_is_pre_order_and_depth_first_and_asks_nobody_twice(rig, repository, graph):
    build(repository, graph)
    rig.start()
    rig.refuses_to_download("nobody-has-this")
    rig.asked(*TOP, *(f"1.{name}.json" for name in graph.visited.split()))
    rig.trusts(*((name, 1) for name in graph.visited.split()), targets=1)
    # What was fetched is used again.
    rig.refuses_to_download("nobody-has-this")
    rig.asked("2.root.json", "timestamp.json")


def build(repository, graph):
    for parent, name, terminating in edges(graph.edges):
        repository.delegate(parent, name, ["*"], terminating=terminating)


FINDS = {
    "the first of two": ("targets>A targets>B", "A B", "A", "A"),
    "the second of two": ("targets>A targets>B", "B", "B", "A B"),
    "the parent before its child": ("targets>A A>B", "A B", "A", "A"),
    "the child before its parent's sibling": ("targets>A targets>B A>C", "B C", "C", "A C"),
    "the top before all": ("targets>A", "targets A", "targets", ""),
    "the end of a chain": ("targets>A A>B B>C C>D D>E", "E", "E", "A B C D E"),
    "behind a cycle": ("targets>A A>B B>A targets>C", "C", "C", "A B C"),
    "below a terminating one": ("targets>A! A>B targets>C", "B C", "B", "A B"),
    "the terminating one itself": ("targets>A! targets>B", "A B", "A", "A"),
    "before a terminating one": ("targets>A targets>B!", "A", "A", "A"),
}


@pytest.mark.parametrize("shape, holders, found, visited", FINDS.values(), ids=FINDS.keys())
def test_the_first_role_that_has_the_target_decides(
    rig, repository, shape, holders, found, visited
):
    build(repository, Graph(shape, visited))
    for holder in holders.split():
        repository.add_target(holder, "wanted", f"content of {holder}".encode())
    rig.start()
    rig.downloads("wanted")
    digest = sha256(f"content of {found}".encode()).hexdigest()
    rig.asked(*TOP, *(f"1.{name}.json" for name in visited.split()), f"targets/{digest}.wanted")
    rig.has("wanted", f"content of {found}".encode())


def test_behind_a_terminating_delegation_nothing_is_found(rig, repository):
    build(repository, GRAPHS["a terminating one ends the search"])
    repository.add_target("B", "wanted", b"content of B")
    rig.start()
    rig.refuses_to_download("wanted")
    rig.asked(*TOP, "1.A.json")


def test_a_terminating_delegation_of_other_paths_ends_nothing(rig, repository):
    repository.delegate("targets", "A", ["other/*"], terminating=True)
    repository.delegate("targets", "B", ["*"])
    repository.add_target("B", "wanted", b"content of B")
    rig.start()
    rig.downloads("wanted")
    rig.has("wanted", b"content of B")


def test_a_refresh_fetches_no_delegated_role(rig, repository):
    build(repository, GRAPHS["a tree"])
    rig.start()
    rig.refresh_succeeds()
    rig.asked(*TOP)


def test_a_target_of_the_top_level_needs_no_delegated_role(rig, repository):
    build(repository, GRAPHS["a tree"])
    repository.add_target("targets", "wanted", b"content")
    rig.start()
    rig.downloads("wanted")
    digest = sha256(b"content").hexdigest()
    rig.asked(*TOP, f"targets/{digest}.wanted")


# Paths

PATTERNS = {
    "the path itself": ("dir/file", "dir/file", True),
    "another path": ("dir/file", "dir/file2", False),
    "a star": ("*.tgz", "foo.tgz", True),
    "a star does not cross a slash": ("*.tgz", "dir/foo.tgz", False),
    "a star in a directory": ("dir/*.tgz", "dir/foo.tgz", True),
    "a star alone does not cross a slash": ("*", "dir/foo.tgz", False),
    "a star matches nothing, too": ("dir/a*.tgz", "dir/a.tgz", True),
    "a star for a directory": ("*/foo", "dir/foo", True),
    "two stars": ("*/*", "dir/foo", True),
    "two stars are not three": ("*/*", "dir/sub/foo", False),
    "a double star is no more than one": ("**", "dir/foo", False),
    "a question mark": ("v?.tgz", "v2.tgz", True),
    "a question mark is one letter": ("v?.tgz", "v22.tgz", False),
    "a question mark is a letter": ("v?.tgz", "v.tgz", False),
    "a question mark is no slash": ("dir?foo", "dir/foo", False),
    "a question mark is a letter beyond ASCII": ("v?.tgz", "vé.tgz", True),
    "a prefix is not enough": ("dir", "dir/foo", False),
    "a suffix is not enough": ("foo", "dir/foo", False),
    "capitals differ": ("Dir/*", "dir/foo", False),
    "capitals differ in the target": ("dir/*.tgz", "dir/FOO.TGZ", False),
    "a dot is a letter": ("a.b", "axb", False),
    "a star matches a leading dot": ("*", ".hidden", True),
    "regular expressions are letters": ("a+(b)", "a+(b)", True),
    "a backslash is no slash": ("dir/*", "dir\\foo", False),
    "a trailing slash": ("dir/", "dir/foo", False),
    "stars around": ("*model*", "the-model-7", True),
    "many stars": ("*a*a*a*a*a*a*a*a*a*a*b", "a" * 100, False),
    "nothing": ("", "foo", False),
}


@pytest.mark.parametrize("pattern, path, matches", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_delegation_is_followed_where_its_pattern_matches(
    rig, repository, pattern, path, matches
):
    repository.delegate("targets", "A", [pattern])
    repository.add_target("A", path, b"content")
    rig.start()
    if matches:
        rig.downloads(path)
        rig.has(path, b"content")
    else:
        rig.refuses_to_download(path)
        rig.asked(*TOP)


def test_any_of_several_patterns_is_enough(rig, repository):
    repository.delegate("targets", "A", ["a/*", "b/*", "c?"])
    repository.add_target("A", "c7", b"content")
    rig.start()
    rig.downloads("c7")


def test_no_pattern_at_all_matches_nothing(rig, repository):
    repository.delegate("targets", "A", [])
    repository.add_target("A", "a", b"content")
    rig.start()
    rig.refuses_to_download("a")
    rig.asked(*TOP)


def test_a_target_must_be_within_the_paths_of_every_delegation_above_it(rig, repository):
    repository.delegate("targets", "A", ["a/*"])
    repository.delegate("A", "B", ["*", "*/*"])
    repository.add_target("B", "b/file", b"content")
    repository.add_target("B", "a/file", b"content")
    rig.start()
    rig.refuses_to_download("b/file")
    rig.asked(*TOP)
    rig.downloads("a/file")


# Hash bins


def bins(count):
    """The prefixes of so many bins of two hexadecimal digits each."""
    size = 256 // count
    return [[f"{n:02x}" for n in range(b * size, (b + 1) * size)] for b in range(count)]


@pytest.mark.parametrize("name", ["a", "dir/file.onnx", "ünï/çødé", "0", "x" * 200])
def test_a_target_is_looked_for_in_its_own_hash_bin_alone(rig, repository, name):
    own = int(sha256(name.encode()).hexdigest()[:2], 16) // 16
    for number, prefixes in enumerate(bins(16)):
        repository.delegate("targets", f"bin-{number:x}", prefixes=prefixes)
    repository.add_target(f"bin-{own:x}", name, b"content")
    rig.start()
    rig.downloads(name)
    assert [path for path in rig.server.take() if "bin-" in path] == [
        f"metadata/1.bin-{own:x}.json"
    ]
    rig.has(name, b"content")


def test_a_target_in_a_foreign_hash_bin_is_not_found(rig, repository):
    digest = sha256(b"wanted").hexdigest()
    other = f"{(int(digest[:2], 16) + 1) % 256:02x}"
    repository.delegate("targets", "A", prefixes=[other])
    repository.add_target("A", "wanted", b"content")
    rig.start()
    rig.refuses_to_download("wanted")
    rig.asked(*TOP)


@pytest.mark.parametrize("length", [1, 3, 8, 63, 64])
def test_a_hash_prefix_may_have_any_length(rig, repository, length):
    repository.delegate("targets", "A", prefixes=[sha256(b"wanted").hexdigest()[:length]])
    repository.add_target("A", "wanted", b"content")
    rig.start()
    rig.downloads("wanted")


def test_hash_bins_below_a_pattern_are_searched(rig, repository):
    repository.delegate("targets", "A", ["dir/*"])
    digest = sha256(b"dir/file").hexdigest()
    repository.delegate("A", "B", prefixes=[digest[:2]])
    repository.add_target("B", "dir/file", b"content")
    rig.start()
    rig.downloads("dir/file")


# Trust


@pytest.fixture
def delegated(rig, repository):
    """A client that has the target `a` of role A."""
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.downloads("a")
    rig.server.take()
    return rig


@pytest.mark.parametrize("signing", ["nobody", "a stranger", "the parent"])
def test_a_delegated_role_needs_its_own_signature(delegated, repository, signing):
    own = repository.signers["A"]
    strangers = {
        "nobody": [],
        "a stranger": [keys.ecdsa()],
        "the parent": repository.signers["targets"],
    }
    repository.signers["A"] = strangers[signing]
    repository.publish("A")
    delegated.refuses_to_download("a")
    delegated.trusts(("A", 1), snapshot=2)
    repository.signers["A"] = own
    repository.publish("A")
    delegated.downloads("a")
    delegated.trusts(("A", 3))


@pytest.mark.parametrize("signing, enough", [([0, 1], True), ([0], False), ([1], False)])
def test_a_delegated_role_needs_its_threshold(rig, repository, signing, enough):
    signers = [keys.ecdsa(), keys.ed25519()]
    repository.delegate("targets", "A", ["*"], signers=signers, threshold=2)
    repository.add_target("A", "a", b"content of a")
    repository.signers["A"] = [signers[index] for index in signing]
    rig.start()
    if enough:
        rig.downloads("a")
    else:
        rig.refuses_to_download("a")
        rig.trusts(("A", None))


def test_a_kept_role_is_verified_against_its_delegator_of_today(delegated, repository):
    repository.targets["targets"].delegations.roles.clear()
    repository.delegate("targets", "A", ["*"], signers=[keys.ecdsa()])
    repository.publish("targets")
    delegated.refuses_to_download("a")


def test_a_kept_role_is_fetched_anew_when_it_was_signed_again_for_its_delegator(
    delegated, repository
):
    repository.targets["targets"].delegations.roles.clear()
    new = keys.ecdsa()
    repository.delegate("targets", "A", ["*"], signers=[new])
    repository.signers["A"] = [new]
    repository.write("A")
    repository.add_target("targets", "other", b"other")
    repository.publish("targets")
    delegated.downloads("a")
    delegated.asked(
        *("2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json", "1.A.json")
    )
    delegated.trusts(("A", 1))


def test_a_kept_role_that_is_delegated_to_no_more_is_not_used(delegated, repository):
    repository.targets["targets"].delegations = None
    repository.publish("targets")
    delegated.refuses_to_download("a")


def test_a_role_is_verified_against_the_delegation_on_whose_way_it_was_found(rig, repository):
    """Two parents delegate to one role with different keys; the first one's does not hold."""
    repository.delegate("targets", "A", ["*"])
    repository.delegate("targets", "B", ["*"])
    repository.delegate("A", "C", ["*"], signers=[keys.ecdsa()])
    right = keys.ecdsa()
    repository.delegate("B", "C", ["*"], signers=[right])
    repository.signers["C"] = [right]
    repository.add_target("C", "wanted", b"content")
    rig.start()
    rig.refuses_to_download("wanted")
    rig.trusts(("C", None))


def test_a_role_that_the_snapshot_does_not_list_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    repository.before["snapshot"] = lambda signed: signed["meta"].pop("A.json")
    rig.start()
    rig.refresh_succeeds()
    rig.refuses_to_download("a")
    assert "metadata/1.A.json" not in rig.server.take()


def test_a_role_that_the_snapshot_does_not_list_ends_the_search(rig, repository):
    repository.delegate("targets", "A", ["*"])
    repository.delegate("targets", "B", ["*"])
    repository.add_target("B", "b", b"content of b")
    repository.before["snapshot"] = lambda signed: signed["meta"].pop("A.json")
    rig.start()
    rig.refuses_to_download("b")


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_role_that_cannot_be_fetched_ends_the_search(rig, repository, server, code):
    repository.delegate("targets", "A", ["*"])
    repository.delegate("targets", "B", ["*"])
    repository.add_target("B", "b", b"content of b")
    server.answers["metadata/1.A.json"] = status(code)
    rig.start()
    rig.refuses_to_download("b")
    assert "metadata/1.B.json" not in server.take()


@pytest.mark.parametrize("described", [(), ("length",), ("sha256",), ("sha512", "length")])
def test_a_delegated_role_of_another_version_is_refused(rig, repository, server, described):
    repository.describes = described
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    rig.downloads("a")
    repository.add_target("A", "a", b"content of a, second edition")
    repository.publish("A")
    server.answers["metadata/2.A.json"] = data(repository.versions["A", 1])
    rig.refuses_to_download("a")
    rig.trusts(("A", 1))


def test_a_delegated_role_whose_hash_is_another_is_refused(rig, repository, server):
    repository.describes = ["sha256"]
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    rig.start()
    server.answers["metadata/1.A.json"] = data(repository.encode("A"))
    rig.refuses_to_download("a")
    rig.trusts(("A", None))


def test_new_versions_of_delegated_roles_are_fetched_when_they_are_needed(delegated, repository):
    repository.add_target("A", "a", b"content of a, second edition")
    repository.publish("A")
    delegated.refresh_succeeds()
    delegated.asked("2.root.json", "timestamp.json", "2.snapshot.json")
    delegated.trusts(("A", 1))
    delegated.downloads("a")
    delegated.trusts(("A", 2))
    delegated.has("a", b"content of a, second edition")


# Shapes that are refused


def test_two_delegations_of_one_name_in_one_role_are_refused(rig, repository):
    repository.delegate("targets", "A", ["*"])
    repository.before["targets"] = lambda signed: signed["delegations"]["roles"].append(
        {**signed["delegations"]["roles"][0], "paths": ["other"]}
    )
    rig.start()
    rig.refresh_fails()
    rig.trusts(targets=None)


def test_a_delegation_by_both_paths_and_hash_prefixes_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"])
    repository.before["targets"] = lambda signed: signed["delegations"]["roles"][0].update(
        path_hash_prefixes=["00"]
    )
    rig.start()
    rig.refresh_fails()
    rig.trusts(targets=None)


@pytest.mark.parametrize("name", ["root", "timestamp", "snapshot", "targets"])
def test_a_delegated_role_may_not_have_the_name_of_a_top_level_role(rig, repository, name):
    def rename(signed):
        signed["delegations"]["roles"][0]["name"] = name

    repository.delegate("targets", "A", ["*"])
    repository.before["targets"] = rename
    rig.start()
    assert rig.client.download("a") == 1
    rig.trusts(root=1, timestamp=1, snapshot=1)


@pytest.mark.parametrize("threshold", [0, -1, "1", None])
def test_a_delegation_s_threshold_is_a_positive_integer(rig, repository, threshold):
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    repository.before["targets"] = lambda signed: signed["delegations"]["roles"][0].update(
        threshold=threshold
    )
    rig.start()
    rig.refuses_to_download("a")
    rig.trusts(("A", None))


def test_a_key_id_twice_in_a_delegation_is_refused(rig, repository):
    repository.delegate("targets", "A", ["*"])
    repository.add_target("A", "a", b"content of a")
    repository.before["targets"] = lambda signed: signed["delegations"]["roles"][0].update(
        keyids=signed["delegations"]["roles"][0]["keyids"] * 2, threshold=2
    )
    rig.start()
    rig.refuses_to_download("a")
    rig.trusts(("A", None))


# How many


@pytest.mark.parametrize("shape", ["wide", "deep"])
def test_twenty_delegations_are_not_too_many(rig, repository, shape):
    parent = "targets"
    for number in range(20):
        repository.delegate(parent, f"r{number:02}", ["*"])
        parent = f"r{number:02}" if shape == "deep" else "targets"
    repository.add_target("r19", "wanted", b"content")
    rig.start()
    rig.downloads("wanted")
    rig.asked(
        *TOP,
        *(f"1.r{number:02}.json" for number in range(20)),
        f"targets/{sha256(b'content').hexdigest()}.wanted",
    )


@pytest.mark.parametrize("shape", ["wide", "deep"])
def test_the_number_of_roles_that_one_target_makes_a_client_fetch_is_limited(
    rig, repository, server, shape
):
    parent, signer = "targets", keys.ecdsa()
    for number in range(600):
        repository.delegate(parent, f"r{number}", ["*"], signers=[signer])
        parent = f"r{number}" if shape == "deep" else "targets"
    repository.add_target("r599", "wanted", b"content")
    rig.start()
    rig.refuses_to_download("wanted")
    assert len(server.take()) < 500


def test_many_delegations_of_other_paths_are_no_harm(rig, repository):
    signer = keys.ecdsa()
    for number in range(500):
        repository.delegate("targets", f"r{number}", [f"models/{number}/*"], signers=[signer])
    repository.add_target("r499", "models/499/wanted", b"content")
    rig.start()
    rig.downloads("models/499/wanted")
    assert "metadata/1.r499.json" in rig.server.take()
