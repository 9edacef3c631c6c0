"""The reference implementation reads what `nacelle-bundle repo` writes, and writes what it reads.

The program is `$NACELLE_BUNDLE`, by default the one that ships, else the debug build.
"""

import functools
import http.server
import json
import os
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.ngclient import Updater

BUILD = Path(__file__).parent.parent.parent / ".build"


def program():
    """The path of nacelle-bundle."""
    named = os.environ.get("NACELLE_BUNDLE")
    places = [Path(named)] if named else [BUILD / "ship" / "nacelle-bundle", BUILD / "debug" / "nacelle-bundle"]
    for place in places:
        if place.is_file():
            return str(place)
    raise FileNotFoundError(f"none of {places} is there; scripts/build-release makes it")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_):
        """Nothing."""


class Desk:
    """A folder with keys, roots, bundles, and a repository that is served."""

    def __init__(self, path):
        self.path = path
        self.repo = path / "repo"
        for key in ["ann", "ci", "eva", "online", "online-2"]:
            self.run("keygen", "signing", key)
        self.run(
            "root", "init", "-o", "root.json", "--days", "700", "--root", "ann.pub",
            "--targets", "ci.pub", "--targets", "eva.pub",
            "--snapshot", "online.pub", "--timestamp", "online.pub", "--sign", "ann.key",
        )  # fmt: skip
        self.run("repo", "init", "repo", "--root", "root.json", *self.keys())
        handler = functools.partial(Quiet, directory=str(self.repo))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def run(self, *words, status=0):
        """Runs a command; the events that it tells."""
        done = subprocess.run(
            [program(), *words, "--json"], cwd=self.path, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def keys(self, online=("online",)):
        """The options that name keys."""
        return ["--targets-key", "ci.key", *(word for key in online for word in ["--online-key", f"{key}.key"])]

    def signer(self, name):
        """A key of ours as the reference implementation takes it."""
        pem = (self.path / f"{name}.key").read_bytes()
        return CryptoSigner(load_pem_private_key(pem, password=None))

    def build(self, version, release):
        """Builds and adds a bundle; its event."""
        tree = self.path / f"tree-{version}"
        tree.mkdir()
        (tree / "model").write_bytes(os.urandom(50_000))
        (tree / "check").write_text("#!/bin/sh\nexit 0\n")
        (tree / "check").chmod(0o755)
        (self.path / f"{version}.yaml").write_text(
            f"application: demo\nversion: {version}\nrelease-counter: {release}\n"
            f"compatible: [bench]\ntree: tree-{version}\nsmoke:\n  kind: command\n  program: check\n"
        )
        self.run("build", f"{version}.yaml", "-o", f"{version}.nacelle", "--no-seal", "--sign", "ci.key")

    def add(self, *versions):
        """Adds bundles; their target paths."""
        files = [f"{version}.nacelle" for version in versions]
        events = self.run("repo", "add", "repo", *files, *self.keys())
        return [event["path"] for event in events if event["event"] == "bundle"]

    def client(self, name="client"):
        """The reference client; what it trusts stays from one to the next of the same name."""
        home = self.path / name
        (home / "targets").mkdir(parents=True, exist_ok=True)
        return Updater(
            str(home), f"{self.url}/metadata/", str(home / "targets"), f"{self.url}/targets/",
            bootstrap=(self.path / "root.json").read_bytes(),
        )  # fmt: skip

    def metadata(self, name):
        """A metadata file of the repository."""
        return Metadata.from_file(str(self.repo / "metadata" / name))


@pytest.fixture
def desk(tmp_path):
    """A repository with nothing in it."""
    desk = Desk(tmp_path)
    yield desk
    desk.server.shutdown()


def test_it_reads_an_empty_repository(desk):
    client = desk.client()
    client.refresh()
    assert client.get_targetinfo("demo/none") is None


def test_it_downloads_an_envelope(desk):
    desk.build("1.0.0", 1)
    (path,) = desk.add("1.0.0")
    client = desk.client()
    target = client.get_targetinfo(path)
    envelope = json.loads(Path(client.download_target(target)).read_bytes())
    assert envelope["payloadType"] == "application/vnd.nacelle.manifest.v1+json"
    custom = target.unrecognized_fields["custom"]["nacelle"]
    assert (custom["version"], custom["release-counter"]) == ("1.0.0", 1)


def test_it_follows_every_step(desk):
    """One client over additions, a removal, refreshes and two rotations."""
    desk.client().refresh()
    desk.build("1.0.0", 1)
    desk.build("1.1.0", 2)
    (old,) = desk.add("1.0.0")
    assert desk.client().get_targetinfo(old)
    (new,) = desk.add("1.1.0")
    client = desk.client()
    assert client.get_targetinfo(old) and client.get_targetinfo(new)
    desk.run("repo", "refresh", "repo", "--online-key", "online.key", "--snapshot", "--days", "9")
    desk.client().refresh()
    desk.run("repo", "remove", "repo", "--version", "1.0.0", *desk.keys())
    client = desk.client()
    assert client.get_targetinfo(old) is None and client.get_targetinfo(new)
    desk.run(
        "root", "extend", "root.json", "-o", "root-2.json", "--days", "700", "--sign", "ann.key",
        "--add", "timestamp=online-2.pub", "--add", "snapshot=online-2.pub",
        "--remove", "timestamp=online.pub", "--remove", "snapshot=online.pub",
    )  # fmt: skip
    desk.run("repo", "rotate", "repo", "root-2.json", *desk.keys(["online", "online-2"]))
    client = desk.client()
    assert client.get_targetinfo(new)
    assert Path(client.download_target(client.get_targetinfo(new))).is_file()
    desk.run("repo", "refresh", "repo", "--online-key", "online-2.key", "--days", "10")
    desk.client().refresh()
    desk.client("another").refresh()
    assert json.loads((desk.path / "client" / "root.json").read_bytes())["signed"]["version"] == 2


def test_its_metadata_is_what_it_would_write(desk):
    """Parsed and canonicalised by the reference, the signatures hold; nothing is lost on the way."""
    desk.build("1.0.0", 1)
    desk.add("1.0.0")
    root = desk.metadata("1.root.json")
    for name, role in [
        ("1.root.json", "root"), ("timestamp.json", "timestamp"), ("2.snapshot.json", "snapshot"),
        ("2.targets.json", "targets"),
    ]:  # fmt: skip
        file = desk.metadata(name)
        root.signed.verify_delegate(role, file.signed_bytes, file.signatures)
        assert file.signed.spec_version == "1.0.34"
        written = json.loads((desk.repo / "metadata" / name).read_bytes())
        assert file.signed.to_dict() == written["signed"]


def test_we_read_and_keep_what_it_writes(desk):
    """The reference adds a target, fields and a delegated role; our commands go on from there."""
    desk.build("1.0.0", 1)
    desk.build("1.1.0", 2)
    (old,) = desk.add("1.0.0")
    later = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=90)
    metadata = desk.repo / "metadata"

    team = Metadata(Targets(version=1, expires=later))
    (desk.path / "page.txt").write_text("page\n")
    (desk.repo / "targets" / "team").mkdir()
    page = TargetFile.from_file("team/page.txt", str(desk.path / "page.txt"))
    team.signed.targets["team/page.txt"] = page
    team.sign(desk.signer("eva"))
    team.to_file(str(metadata / "1.team.json"))
    digest = page.hashes["sha256"]
    (desk.repo / "targets" / "team" / f"{digest}.page.txt").write_text("page\n")

    targets = desk.metadata("2.targets.json")
    targets.signed.version = 3
    targets.signed.expires = later
    targets.signed.unrecognized_fields["x-note"] = "é\n\"\\"
    key = desk.signer("eva").public_key
    role = DelegatedRole("team", [key.keyid], 1, False, paths=["team/*"])
    targets.signed.delegations = Delegations({key.keyid: key}, {"team": role})
    targets.sign(desk.signer("ci"))
    targets.to_file(str(metadata / "3.targets.json"))

    snapshot = Metadata(Snapshot(version=3, expires=later))
    snapshot.signed.meta = {"targets.json": MetaFile(3), "team.json": MetaFile(1)}
    snapshot.sign(desk.signer("online"))
    snapshot.to_file(str(metadata / "3.snapshot.json"))
    timestamp = Metadata(Timestamp(version=3, expires=later))
    timestamp.signed.snapshot_meta = MetaFile(3)
    timestamp.sign(desk.signer("online"))
    timestamp.to_file(str(metadata / "timestamp.json"))

    events = desk.run("repo", "check", "repo")
    assert [event["version"] for event in events if event["event"] == "whole"] == ["1.0.0"]
    assert not [event for event in events if event["event"] in ("wrong", "orphan")]

    (new,) = desk.add("1.1.0")
    written = desk.metadata("4.targets.json").signed
    assert written.unrecognized_fields["x-note"] == "é\n\"\\"
    assert set(written.delegations.roles) == {"team"}
    assert set(desk.metadata("4.snapshot.json").signed.meta) == {"targets.json", "team.json"}
    client = desk.client()
    for path in [old, new, "team/page.txt"]:
        assert Path(client.download_target(client.get_targetinfo(path))).is_file()
    desk.run("repo", "check", "repo")
