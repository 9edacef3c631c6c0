"""A TUF repository in memory, whose every byte a test can decide."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from urllib.parse import quote

from securesystemslib.formats import encode_canonical
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from . import keys

TOP_LEVEL = ("root", "timestamp", "snapshot", "targets")
DIGESTS = {"sha256": sha256, "sha512": sha512}


def now():
    """The present second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def file_name(role):
    """The name of a role's file: the role's name, percent-encoded wholly."""
    return f"{quote(role, safe='')}.json"


def compact(document):
    """Metadata as most repositories write it."""
    return json.dumps(document, separators=(",", ":")).encode()


class Repository:
    """Top-level and delegated roles, their signers, and the files that are served.

    Nothing is served before `release`. After that, changes become visible by `publish` (targets
    roles, with a new snapshot and timestamp), `publish_root`, or `write` (one file, as it stands).
    """

    def __init__(self, signer: Callable = keys.ecdsa):
        expires = now() + timedelta(days=30)
        self.root = Root(expires=expires, consistent_snapshot=True)
        self.timestamp = Timestamp(expires=expires)
        self.snapshot = Snapshot(expires=expires, meta={})
        self.targets = {"targets": Targets(expires=expires)}
        # Who signs a role's next file; not always who may.
        self.signers = {role: [signer()] for role in TOP_LEVEL}
        for role in TOP_LEVEL:
            self.root.add_key(self.signers[role][0].public_key, role)
        # What is served, by the path of its URL, and every version written, by role.
        self.files: dict[str, bytes] = {}
        self.versions: dict[tuple[str, int], bytes] = {}
        # Changes of a role's signed part before it is signed, of the whole after that.
        self.before: dict[str, Callable[[dict], None]] = {}
        self.after: dict[str, Callable[[dict], None]] = {}
        self.dump: Callable[[dict], bytes] = compact
        # What parents say of files beside the version: "length", "sha256", "sha512".
        self.describes: tuple[str, ...] = ()
        self.released = False

    # Roles and keys

    def signed(self, role):
        """A role's object of python-tuf's metadata API."""
        match role:
            case "root" | "timestamp" | "snapshot":
                return getattr(self, role)
            case _:
                return self.targets[role]

    def allow(self, role, *signers, threshold=1):
        """States in the root who may sign a top-level role. Who does so is not changed."""
        for keyid in list(self.root.roles[role].keyids):
            self.root.revoke_key(keyid, role)
        for signer in signers:
            self.root.add_key(signer.public_key, role)
        self.root.roles[role].threshold = threshold

    def rotate(self, role, *signers, threshold=1):
        """States in the root who may sign a top-level role, and lets them sign."""
        self.allow(role, *signers, threshold=threshold)
        self.signers[role] = list(signers)

    def delegate(
        self,
        parent,
        name,
        paths=None,
        *,
        prefixes=None,
        terminating=False,
        signers=None,
        threshold=1,
    ):
        """Delegates paths, or hash prefixes, of `parent` to a role, made when it is new."""
        if paths is None and prefixes is None:
            paths = ["*"]
        signers = signers or self.signers.get(name) or [keys.ecdsa()]
        ids = [signer.public_key.keyid for signer in signers]
        delegator = self.targets[parent]
        if delegator.delegations is None:
            delegator.delegations = Delegations({}, {})
        delegator.delegations.roles[name] = DelegatedRole(
            name, ids, threshold, terminating, paths, prefixes
        )
        for signer in signers:
            delegator.delegations.keys[signer.public_key.keyid] = signer.public_key
        if name not in self.targets:
            self.targets[name] = Targets(expires=now() + timedelta(days=30))
            self.signers[name] = list(signers)
        return self.targets[name]

    def add_target(self, role, path, data, algorithms=("sha256",), **fields):
        """Lists a target in a role, and serves it under each of its hashes."""
        hashes = {name: DIGESTS[name](data).hexdigest() for name in algorithms}
        self.targets[role].targets[path] = TargetFile(len(data), hashes, path, fields or None)
        self.serve_target(path, data, hashes.values())

    def serve_target(self, path, data, digests=()):
        """Serves bytes under a target's name, and under the names that begin with its hashes."""
        folder, slash, last = path.rpartition("/")
        self.files[f"targets/{quote(path)}"] = data
        for digest in digests:
            self.files[f"targets/{quote(folder)}{slash}{digest}.{quote(last)}"] = data

    # Publishing

    def release(self):
        """Writes every role in its first version, once."""
        if not self.released:
            self.released = True
            for role in ("root", *self.targets, "snapshot", "timestamp"):
                self.write(role)

    def publish(self, *roles):
        """Writes new versions of targets roles, a snapshot that lists them, and its timestamp.

        Roles that were never written are written too, in the version that they have.
        """
        for role in roles:
            self.targets[role].version += 1
        for role in self.targets:
            if role in roles or (role, self.targets[role].version) not in self.versions:
                self.write(role)
        self.publish_snapshot()

    def publish_snapshot(self):
        """Writes a new snapshot, and a timestamp of it."""
        self.snapshot.version += 1
        self.write("snapshot")
        self.publish_timestamp()

    def publish_timestamp(self):
        """Writes a new timestamp."""
        self.timestamp.version += 1
        self.write("timestamp")

    def publish_root(self):
        """Writes the next version of the root."""
        self.root.version += 1
        self.write("root")

    def write(self, role):
        """Signs a role as it stands and serves it; its parent's entry for it follows.

        Returns the file's bytes.
        """
        data = self.encode(role)
        version = self.signed(role).version
        self.files[self.path(role)] = self.versions[role, version] = data
        if role == "snapshot":
            self.timestamp.snapshot_meta = self.describe(version, data)
        elif role in self.targets:
            self.snapshot.meta[f"{role}.json"] = self.describe(version, data)
        return data

    def encode(self, role):
        """A role's file as it would be written now."""
        signed = self.signed(role).to_dict()
        self.before.get(role, len)(signed)
        document = self.sign(role, signed)
        self.after.get(role, len)(document)
        return self.dump(document)

    def sign(self, role, signed):
        """A signed part with the signatures of those who sign the role."""
        payload = encode_canonical(signed).encode()
        signatures = [signer.sign(payload).to_dict() for signer in self.signers[role]]
        return {"signatures": signatures, "signed": signed}

    def describe(self, version, data):
        """What a parent says of a file."""
        digests = {
            name: DIGESTS[name](data).hexdigest() for name in self.describes if name in DIGESTS
        }
        length = len(data) if "length" in self.describes else None
        return MetaFile(version, length, digests or None)

    def path(self, role):
        """The path of the URL of a role's file, in the version that it has now."""
        name = file_name(role)
        if role == "root" or (role != "timestamp" and self.root.consistent_snapshot):
            name = f"{self.signed(role).version}.{name}"
        return f"metadata/{name}"
