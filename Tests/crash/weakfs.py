"""The weakest file system that POSIX allows, in memory.

Replays the changes that callcut recorded and gives, for the moment after each of them, the states in
which a power failure could leave the disk: a change is sure only once an fsync that covers it has
returned (a file's data, size and mode: an fsync of the file; a name: an fsync of its directory; all: a
syncfs). Any other change may be there or not, in any combination, each 4 KiB of data by itself. What
one rename does is there whole or not at all.
"""
import os
import stat

from oracle import Bad, Store, TREES, name_groups

PAGE = 4096


class Node:
    """An inode: what it is, and what it holds as the running system sees it."""
    __slots__ = ("kind", "mode", "data", "names", "target", "base")

    def __init__(self, kind, mode=0, data=b"", target=""):
        self.kind, self.mode, self.data, self.target = kind, mode, bytearray(data), target
        self.names = {}
        # What is durable of it from before the record begins.
        self.base = None


class Effect:
    """One change that the disk has or has not."""
    __slots__ = ("time", "kind", "node", "what", "sure")

    def __init__(self, time, kind, node, what):
        self.time, self.kind, self.node, self.what = time, kind, node, what
        # The time from which on it is sure; None: never.
        self.sure = None


def load(path):
    """A tree on a disk as nodes, hard links shared."""
    seen = {}

    def one(full):
        info = os.lstat(full)
        key = (info.st_dev, info.st_ino)
        if key in seen:
            return seen[key]
        mode = stat.S_IMODE(info.st_mode)
        if stat.S_ISDIR(info.st_mode):
            node = Node("d", mode)
            node.names = {name: one(f"{full}/{name}") for name in os.listdir(full)}
        elif stat.S_ISLNK(info.st_mode):
            node = Node("l", target=os.readlink(full))
        else:
            with open(full, "rb") as file:
                node = Node("f", mode, file.read())
        seen[key] = node
        return node

    root = one(path)
    for node in seen.values():
        node.base = (dict(node.names), bytes(node.data), node.mode)
    return root


class Recording:
    """What one operation did to a store, from callcut's record."""

    def __init__(self, before, record, below):
        """before: the store as it was; record: callcut's file; below: the store's path then."""
        self.root = load(before)
        self.effects, self.calls = [], []
        self.below = os.path.realpath(below)
        with open(record) as lines:
            for line in lines:
                self._take(line.split())

    def _inner(self, word):
        path = bytes.fromhex(word).decode()
        if path.endswith(" (deleted)"):
            return None
        assert path == self.below or path.startswith(self.below + "/"), path
        parts = [part for part in path[len(self.below):].split("/") if part]
        return parts

    def _find(self, parts):
        node = self.root
        for part in parts:
            node = node.names[part]
        return node

    def _add(self, kind, node, what):
        self.effects.append(Effect(len(self.calls), kind, node, what))

    def _name(self, node, changes):
        for name, value in changes.items():
            if value is None:
                node.names.pop(name, None)
            else:
                node.names[name] = value
        self._add("name", node, [(node, changes)])

    def _take(self, words):
        _, call, path, other, offset, number, data = words
        offset, number = int(offset), int(number)
        parts = self._inner(path)
        time = len(self.calls)
        # A call of a file that has no name any more changes nothing that anyone sees.
        if parts is not None:
            getattr(self, f"_{call}")(parts, other, offset, number, data)
        self.calls.append(f"{call} {'/'.join(parts) if parts else '.'}")
        assert len(self.calls) == time + 1

    def _new(self, parts, node):
        parent = self._find(parts[:-1])
        node.base = ({}, b"", node.mode)
        self._name(parent, {parts[-1]: node})

    def _openat(self, parts, other, offset, number, data):
        parent = self._find(parts[:-1])
        if parts[-1] not in parent.names:
            self._new(parts, Node("f", number & 0o7777))
        elif number >> 16:
            self._truncate(parts, other, offset, 0, data)

    def _mkdir(self, parts, other, offset, number, data):
        self._new(parts, Node("d", number & 0o7777))

    def _symlink(self, parts, other, offset, number, data):
        self._new(parts, Node("l", target=bytes.fromhex(other).decode()))

    def _link(self, parts, other, offset, number, data):
        self._name(self._find(parts[:-1]), {parts[-1]: self._find(self._inner(other))})

    def _unlink(self, parts, other, offset, number, data):
        self._name(self._find(parts[:-1]), {parts[-1]: None})

    def _rename(self, parts, other, offset, number, data):
        old = self._inner(other)
        source, target = self._find(old[:-1]), self._find(parts[:-1])
        node = source.names[old[-1]]
        if source is target:
            return self._name(source, {old[-1]: None, parts[-1]: node})
        source.names.pop(old[-1])
        target.names[parts[-1]] = node
        self._add("name", target, [(source, {old[-1]: None}), (target, {parts[-1]: node})])

    def _write(self, parts, other, offset, number, data):
        node, raw = self._find(parts), bytes.fromhex(data)
        if len(node.data) < offset:
            node.data.extend(bytes(offset - len(node.data)))
        node.data[offset:offset + len(raw)] = raw
        start = 0
        while start < len(raw):
            end = min(len(raw), start + PAGE - (offset + start) % PAGE)
            self._add("data", node, (offset + start, raw[start:end]))
            start = end

    _pwrite = _write

    def _truncate(self, parts, other, offset, number, data):
        node = self._find(parts)
        if len(node.data) == number:
            return
        node.data[number:] = bytes(max(0, number - len(node.data)))
        self._add("size", node, number)

    def _fallocate(self, parts, other, offset, number, data):
        node = self._find(parts)
        # Mode 0 alone makes a file longer.
        if number == 0 and offset > len(node.data):
            self._truncate(parts, other, 0, offset, data)

    def _chmod(self, parts, other, offset, number, data):
        node = self._find(parts)
        node.mode = number & 0o7777
        self._add("mode", node, node.mode)

    def _chown(self, *_):
        pass

    _utimens = _chown

    def _fsync(self, parts, other, offset, number, data):
        node, time = self._find(parts), len(self.calls)
        for effect in self.effects:
            if effect.sure is None and effect.node is node:
                effect.sure = time

    def _syncfs(self, *_):
        time = len(self.calls)
        for effect in self.effects:
            if effect.sure is None:
                effect.sure = time

    def _unknown(self, parts, *_):
        raise AssertionError(f"a call that the model does not know, on {parts}")

    # States

    def points(self):
        """The moments: after so many calls."""
        return range(len(self.calls) + 1)

    def states(self, time, random, limit):
        """Sets of changes that may be on the disk after so many calls, each as a list of effects."""
        sure = [e for e in self.effects if e.sure is not None and e.sure < time]
        perhaps = [e for e in self.effects
                   if e.time < time and (e.sure is None or e.sure >= time)]
        count = len(perhaps)
        if count <= 6:
            masks = range(1 << count)
        else:
            # None, all, each alone, each missing; then by chance, sparse to dense.
            full = (1 << count) - 1
            masks = [0, full]
            singles = list(range(count))
            if count > limit:
                singles = random.sample(singles, limit)
            for bit in singles:
                masks += [1 << bit, full ^ 1 << bit]
            for share in (0.1, 0.5, 0.9):
                for _ in range(limit // 3):
                    masks.append(sum(1 << bit for bit in range(count) if random.random() < share))
        for mask in dict.fromkeys(masks):
            yield sure + [effect for bit, effect in enumerate(perhaps) if mask >> bit & 1]

    def state(self, effects):
        """A disk with these changes and no others."""
        return State(self, sorted(effects, key=lambda effect: effect.time))


class State:
    """One disk."""

    def __init__(self, recording, effects):
        self.recording = recording
        self.names, self.data, self.modes = {}, {}, {}
        for effect in effects:
            node, what = effect.node, effect.what
            if effect.kind == "name":
                for directory, changes in what:
                    names = self.names.get(directory)
                    if names is None:
                        names = self.names[directory] = dict(directory.base[0])
                    for name, value in changes.items():
                        if value is None:
                            names.pop(name, None)
                        else:
                            names[name] = value
            elif effect.kind == "mode":
                self.modes[node] = what
            else:
                data = self.data.get(node)
                if data is None:
                    data = self.data[node] = bytearray(node.base[1])
                if effect.kind == "size":
                    data[what:] = bytes(max(0, what - len(data)))
                else:
                    offset, raw = what
                    if len(data) < offset:
                        data.extend(bytes(offset - len(data)))
                    data[offset:offset + len(raw)] = raw

    def listing(self, node):
        return self.names.get(node, node.base[0])

    def content(self, node):
        return bytes(self.data.get(node, node.base[1]))

    def mode(self, node):
        return self.modes.get(node, node.base[2])

    def find(self, *parts):
        """A node by its path; None where there is none."""
        node = self.recording.root
        for part in parts:
            if node.kind != "d":
                return None
            node = self.listing(node).get(part)
            if node is None:
                return None
        return node

    def tree(self, *parts):
        """A tree as the oracle takes it."""
        tree = {}
        top = self.find(*parts)
        links = {}

        def count(node):
            for child in self.listing(node).values():
                if child.kind == "d":
                    count(child)
                else:
                    links[child] = links.get(child, 0) + 1

        def walk(node, prefix):
            for name in self.listing(node):
                child, inner = self.listing(node)[name], prefix + name
                if child.kind == "d":
                    tree[inner] = ("d", self.mode(child))
                    walk(child, inner + "/")
                elif child.kind == "l":
                    tree[inner] = ("l", child.target)
                else:
                    tree[inner] = ("f", self.mode(child), self.content(child),
                                   child if links[child] > 1 else None)

        count(top)
        walk(top, "")
        return name_groups(tree)

    def store(self):
        """The store as the oracle takes it."""
        link = self.find("current")
        records, state, trees = {}, {}, {}
        for slot in TREES:
            node = self.find("records", f"{slot}.json")
            if node:
                records[slot] = self.content(node)
            node = self.find("slots", slot)
            if node:
                trees[slot] = lambda slot=slot: self.tree("slots", slot)
        for prefix, folder in (("", self.find("state")), ("trust/", self.find("state", "trust"))):
            for name, node in (self.listing(folder).items() if folder else ()):
                if node.kind == "f":
                    state[prefix + name] = self.content(node)
        return Store(link.target if link and link.kind == "l" else None, records, trees, state)

    def write(self, path):
        """Puts it on a real disk, below a path that does not exist yet."""
        done = {}

        def one(node, full):
            if node in done and node.kind == "f":
                return os.link(done[node], full)
            done[node] = full
            if node.kind == "d":
                os.mkdir(full)
                for name, child in self.listing(node).items():
                    one(child, f"{full}/{name}")
                os.chmod(full, self.mode(node))
            elif node.kind == "l":
                os.symlink(node.target, full)
            else:
                with open(full, "wb") as file:
                    file.write(self.content(node))
                os.chmod(full, self.mode(node))

        one(self.recording.root, path)


def same(state, path):
    """Holds the model against the real thing: with every change, it must be what stands on the disk."""
    def walk(node, full):
        info = os.lstat(full)
        if node.kind == "d":
            names = set(os.listdir(full))
            if names != set(state.listing(node)):
                raise Bad(f"the model knows {sorted(set(state.listing(node)) ^ names)} of {full} otherwise")
            for name in names:
                walk(state.listing(node)[name], f"{full}/{name}")
        elif node.kind == "l":
            if os.readlink(full) != node.target:
                raise Bad(f"the model has another target of {full}")
        else:
            with open(full, "rb") as file:
                if file.read() != state.content(node):
                    raise Bad(f"the model has another content of {full}")
        if node.kind != "l" and stat.S_IMODE(info.st_mode) != state.mode(node):
            raise Bad(f"the model has another mode of {full}: {state.mode(node):o}, not {info.st_mode:o}")

    walk(state.recording.root, path)
