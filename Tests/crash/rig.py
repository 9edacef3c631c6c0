"""A machine for crash tests: keys, a root of trust, bundles, a configuration, and the programs."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import oracle

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


class Trouble(Exception):
    """What the tests themselves need and do not get."""


class Answer:
    """How a program ended and what it said."""

    def __init__(self, status, text):
        self.status, self.text = status, text

    def __repr__(self):
        return f"status {self.status}: {self.text.strip()[-600:]}"


def run(*words, env=None, timeout=120, status=0):
    """Runs a program, which must end with this status (None: any)."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          env=None if env is None else {**os.environ, **env})
    answer = Answer(done.returncode, done.stdout.decode(errors="replace"))
    if status is not None and answer.status != status:
        raise Trouble(f"{' '.join(map(str, words))}: {answer!r}")
    return answer


class Version:
    """A version and where its bundles lie."""

    def __init__(self, name, counter, bundle, digest):
        self.name, self.counter, self.bundle, self.digest = name, counter, bundle, digest


class Rig:
    """Keys, a root of trust and bundles, made once; any number of stores use them.

    place: a directory of its own. programs: where nacelle and nacelle-bundle stand; `builder` where
    the latter does not stand beside the former.
    """

    def __init__(self, place, programs, builder=None):
        self.place, self.programs = str(place), str(programs)
        self.builder = f"{builder or programs}/nacelle-bundle"
        self.nacelle_program = f"{programs}/nacelle"
        self.versions = {}
        os.makedirs(self.place, exist_ok=True)
        os.makedirs(f"{self.place}/run", exist_ok=True)
        for key in ("release", "second"):
            self.bundle("keygen", "signing", f"{self.place}/{key}", "-q")
        self.bundle("keygen", "device", f"{self.place}/device", "-q")
        self.bundle("root", "init", "--root", f"{self.place}/release.pub", "--targets",
                    f"{self.place}/release.pub", "--threshold", "targets=1", "--days", "30",
                    "--sign", f"{self.place}/release.key", "-o", f"{self.place}/root.json")

    def bundle(self, *words):
        """Runs the builder."""
        return run(self.builder, *words)

    def make(self, name, counter, payload=40_000, healthy=True, proves=True, like=None):
        """Builds a version: a program, weights in several chunks, links of both kinds.

        like: the name of a version whose weights these are, but for one byte in sixteen.
        """
        tree = f"{self.place}/tree.{name}"
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(f"{tree}/bin")
        os.makedirs(f"{tree}/weights/deep")
        with open(f"{tree}/bin/prove", "w") as file:
            file.write(f"#!/bin/sh\n# {name}\nexit {0 if proves else 1}\n")
        os.chmod(f"{tree}/bin/prove", 0o755)
        if like:
            with open(f"{self.place}/tree.{like}/weights/model.bin", "rb") as file:
                data = bytearray(file.read())
            for index in range(0, len(data), 16):
                data[index] ^= 1
        else:
            data = os.urandom(payload)
        with open(f"{tree}/weights/model.bin", "wb") as file:
            file.write(data)
        with open(f"{tree}/weights/deep/small.bin", "wb") as file:
            file.write(name.encode() * 40)
        open(f"{tree}/empty", "w").close()
        os.link(f"{tree}/weights/deep/small.bin", f"{tree}/weights/same.bin")
        os.symlink("weights/model.bin", f"{tree}/model")
        if not healthy:
            open(f"{tree}/unhealthy", "w").close()
        description = f"{self.place}/{name}.json"
        with open(description, "w") as file:
            json.dump({
                "application": "bearing", "version": name, "release-counter": counter,
                "compatible": ["test-rig"], "tree": [{"from": tree, "to": "."}],
                "compression": {"level": 1}, "chunks": {"average": "4KiB"},
                "smoke": {"kind": "command", "program": "bin/prove", "deadline": "20s"},
                "probation": {"duration": "20ms", "interval": "10ms", "start-timeout": "300ms",
                              "failures": 2}}, file)
        bundle = f"{self.place}/{name}.nacelle"
        self.bundle("build", description, "-o", bundle, "--recipient", f"{self.place}/device.pub",
                    "--sign", f"{self.place}/release.key")
        digest = oracle.tree_digest(oracle.read_tree(tree))
        self.versions[digest] = name
        return Version(name, counter, bundle, digest)

    def configure(self, path, store, more=""):
        """Writes a configuration for a store; its application is healthy unless its tree says no."""
        with open(path, "w") as file:
            file.write(f"""machine: test-rig
application: bearing
store: {store}
root: {self.place}/root.json
device-key: {self.place}/device.key
smoke: {{isolation: none, runtime-directory: {self.place}/run}}
activation: {{restart: [/bin/true]}}
probe: {{command: [/usr/bin/test, "!", -e, {store}/current/unhealthy], timeout: 60s}}
{more}""")
        return path

    def nacelle(self, config, *words, env=None, status=None, timeout=120):
        """Runs the agent."""
        return run(self.nacelle_program, *words, "--config", config, env=env, status=status,
                   timeout=timeout)


def scratch(name):
    """A directory in memory, where there is enough of it, else on the disk."""
    info = os.statvfs("/dev/shm")
    base = "/dev/shm" if info.f_bavail * info.f_frsize > 2 << 30 else "/var/tmp"
    return tempfile.mkdtemp(prefix=f"nacelle-{name}-", dir=base)


class Disk:
    """A small file system in a file, mounted: the agent takes no store that lies in memory alone."""

    def __init__(self, place, megabytes=192, kind="ext4", options=()):
        self.place, self.image, self.mount = place, f"{place}/disk.img", f"{place}/disk"
        os.makedirs(self.mount, exist_ok=True)
        with open(self.image, "wb") as file:
            file.truncate(megabytes << 20)
        run(f"mkfs.{kind}", "-q", *options, self.image)
        run("mount", "-o", "loop", self.image, self.mount)

    def close(self):
        """Unmounts it, and removes its file."""
        run("umount", self.mount, status=None)
        os.unlink(self.image)
