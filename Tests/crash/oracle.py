"""What must hold of a store, whatever happened to the machine; written without a line of the agent's.

A tree is a mapping from path to entry: ("f", mode, content, group), ("d", mode) or ("l", target).
"""
import hashlib
import json
import os
import stat

SLOTS = ("a", "b")
TREES = SLOTS + ("factory",)
STATE = ("floor.json", "denied.json", "history.jsonl")
STATES = ("filling", "filled", "ready", "trial", "good", "bad")


class Bad(Exception):
    """What must never be."""


def read_tree(path):
    """A tree as it stands on a disk; hard links bear the first path of their group."""
    tree = {}

    def walk(folder, prefix):
        for name in sorted(os.listdir(folder)):
            full, inner = f"{folder}/{name}", prefix + name
            info = os.lstat(full)
            if stat.S_ISDIR(info.st_mode):
                tree[inner] = ("d", stat.S_IMODE(info.st_mode))
                walk(full, inner + "/")
            elif stat.S_ISLNK(info.st_mode):
                tree[inner] = ("l", os.readlink(full))
            else:
                with open(full, "rb") as file:
                    content = file.read()
                key = (info.st_dev, info.st_ino) if info.st_nlink > 1 else None
                tree[inner] = ("f", stat.S_IMODE(info.st_mode), content, key)

    walk(path, "")
    return name_groups(tree)


def name_groups(tree):
    """Has each file that is a hard link bear the first path of its group, and that one none.

    Until then it bears anything by which the names of one file know each other; None for no link.
    """
    first = {}
    for inner in sorted(tree, key=os.fsencode):
        entry = tree[inner]
        if entry[0] == "f":
            key = entry[3]
            tree[inner] = entry[:3] + (first.get(key) if key else None,)
            if key:
                first.setdefault(key, inner)
    return tree


def tree_digest(tree):
    """The digest of docs/tree-digest.md, in hexadecimal."""
    whole = hashlib.sha256()
    for path in sorted(tree, key=os.fsencode):
        entry, name = tree[path], os.fsencode(path)
        line = b"%d:%s" % (len(name), name)
        if entry[0] == "d":
            line = b"d %03o %s 0 - -\n" % (entry[1], line)
        elif entry[0] == "l":
            target = os.fsencode(entry[1])
            line = b"l 777 %s %d %s -\n" % (
                line, len(target), hashlib.sha256(target).hexdigest().encode())
        else:
            group = b"-"
            if entry[3]:
                group = b"%d:%s" % (len(os.fsencode(entry[3])), os.fsencode(entry[3]))
            line = b"f %03o %s %d %s %s\n" % (
                entry[1], line, len(entry[2]), hashlib.sha256(entry[2]).hexdigest().encode(), group)
        whole.update(line)
    return whole.hexdigest()


class Store:
    """A store as one reads it without the agent: link, records, and the trees when they are asked for."""

    # No file of a store is longer, but for one that somebody damaged.
    LONGEST = 8 << 20

    def __init__(self, link, records, trees, state=None):
        self.link, self.raw, self._trees, self.state = link, records, trees, state or {}
        self._digests = {}

    @classmethod
    def at(cls, path):
        """A store on a disk."""
        try:
            link = os.readlink(f"{path}/current")
        except FileNotFoundError:
            link = None
        records = {}
        for slot in TREES:
            try:
                with open(f"{path}/records/{slot}.json", "rb") as file:
                    records[slot] = file.read(cls.LONGEST)
            except (FileNotFoundError, IsADirectoryError):
                pass
        trees = {slot: (lambda slot=slot: read_tree(f"{path}/slots/{slot}"))
                 for slot in TREES if os.path.isdir(f"{path}/slots/{slot}")}
        state = {}
        for folder, names in (("", STATE), ("trust/", None)):
            if names is None:
                there = f"{path}/state/{folder}"
                names = os.listdir(there) if os.path.isdir(there) else ()
            for name in names:
                try:
                    with open(f"{path}/state/{folder}{name}", "rb") as file:
                        state[folder + name] = file.read(cls.LONGEST)
                except (FileNotFoundError, IsADirectoryError):
                    pass
        return cls(link, records, trees, state)

    @property
    def running(self):
        """The slot that `current` names."""
        if self.link is None:
            raise Bad("there is no link “current”")
        head, _, slot = self.link.partition("/")
        if head != "slots" or slot not in TREES:
            raise Bad(f"“current” names “{self.link}”")
        return slot

    def record(self, slot):
        """What is recorded of a slot; None where nothing is."""
        if slot not in self.raw:
            return None
        try:
            record = json.loads(self.raw[slot])
            if record["state"] not in STATES or not isinstance(record["whole"], bool):
                raise ValueError("fields")
            return record
        except (ValueError, KeyError, TypeError) as error:
            raise Bad(f"the record of slot {slot} cannot be read: {error}: {self.raw[slot][:80]!r}")

    def digest(self, slot):
        """The tree digest of a slot as it stands."""
        if slot not in self._digests:
            if slot not in self._trees:
                raise Bad(f"slot {slot} is not there")
            self._digests[slot] = tree_digest(self._trees[slot]())
        return self._digests[slot]

    @property
    def floor(self):
        """The release counter below which nothing is accepted; 0 where there is none."""
        try:
            return json.loads(self.state["floor.json"])["releaseCounter"] if "floor.json" in self.state else 0
        except (ValueError, KeyError, TypeError) as error:
            raise Bad(f"the floor cannot be read: {error}")

    @property
    def trust(self):
        """The versions of the repository's metadata as it was seen last, by role."""
        found = {}
        for name, text in self.state.items():
            if name.startswith("trust/") and name.endswith(".json") and not name.startswith("trust/."):
                try:
                    signed = json.loads(text)["signed"]
                    found[signed["_type"]] = signed["version"]
                except (ValueError, KeyError, TypeError) as error:
                    raise Bad(f"{name} cannot be read: {error}")
        return found

    @property
    def denied(self):
        """The versions that are denied."""
        try:
            text = self.state.get("denied.json")
            return {entry["version"] for entry in json.loads(text)["denied"]} if text else set()
        except (ValueError, KeyError, TypeError) as error:
            raise Bad(f"the denials cannot be read: {error}")


def check(store, versions, *, at_rest=False):
    """What runs, by name; raises Bad where it is not whole, or something lies.

    versions: {tree digest: version}; a version with " altered" behind it is one that a disk damaged and
    that runs on all the same. at_rest: nothing may wait for recovery.
    """
    slot = store.running
    digest = store.digest(slot)
    if digest not in versions:
        raise Bad(f"slot {slot} runs and is no whole version")
    version = versions[digest]
    record = store.record(slot)
    if record is None:
        raise Bad(f"slot {slot} runs version {version} and has no record")
    name, _, altered = version.partition(" ")
    if record["version"] != name or record["tree"] != digest and not altered:
        raise Bad(f"slot {slot} runs {version}, its record says {record['version']}")
    if not record["whole"]:
        raise Bad(f"slot {slot} runs {version}, and was not proved whole")
    if record["state"] not in ("trial", "good", "bad"):
        raise Bad(f"slot {slot} runs {version}, its record says {record['state']}")
    for other in TREES:
        if other == slot:
            continue
        record = store.record(other)
        # What is called whole can be gone back to at any time, so it must be.
        if record and record["whole"]:
            name, _, damage = versions.get(store.digest(other), "?").partition(" ")
            now = store.record(slot)
            # What a disk damaged is better than nothing; not than the same version whole.
            mended = damage and at_rest and now["state"] == "good" and now["version"] == name
            if name != record["version"] or mended:
                raise Bad(f"slot {other} is called whole as {record['version']}, and is not")
        if at_rest and record and record["state"] == "trial":
            raise Bad(f"slot {other} is in trial, and does not run")
        if at_rest and record and record["state"] == "ready" and record["version"] in store.denied:
            raise Bad(f"slot {other} stands ready with {record['version']}, which is denied")
    if at_rest:
        record = store.record(slot)
        if record["state"] == "bad" and record.get("fallback"):
            other = store.record(record["fallback"]) 
            if other and other["whole"] and other["state"] in ("good", "ready"):
                raise Bad(f"slot {slot} is bad, and its fallback {record['fallback']} does not run")
    return version
