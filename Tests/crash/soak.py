"""Hours of crash tests with seeds that nobody chose: one tier after the other, each a line in a log
that is only ever added to.

    soak.py [--hours H] [--resume] [--tiers NAME,…] [--seed N] [--programs DIR]

What has been done stands in .build/soak/log.jsonl; --resume goes on with it, else it is put aside.
The status is 1 where anything was bad.
"""
import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import blocks
import device
import disks
import full
import recording
import rig

# ext4 as it is mounted by default and otherwise, with blocks of 4096 bytes and of 1024.
FILE_SYSTEMS = [
    ("ext4", None, ()), ("ext4", "data=writeback", ()), ("ext4", "data=journal", ()),
    ("ext4", "commit=1,nodelalloc", ()), ("ext4", None, ("-b", "1024")),
    ("ext4", None, ("-O", "^metadata_csum")),
    ("xfs", None, ()), ("btrfs", None, ()),
]
STATES = {"ext4": 1500, "xfs": 600, "btrfs": 300}


class Ended(Exception):
    """Somebody ended the soak."""


def soak_blocks(asked, seed):
    """Power cuts at the blocks: one file system, thousands of states."""
    chance = random.Random(seed)
    with disks.Place("soak") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        payload = chance.choice((10_000, 40_000, 120_000, 400_000))
        versions = recording.make_versions(machine, payload)
        words = chance.choice(FILE_SYSTEMS)
        results = blocks.run(machine, versions, seed=seed, jobs=asked.jobs, states=STATES,
                             wanted=[words])
        for result in results:
            result["name"] += "".join(" " + word for word in words[2])
        return results


def soak_device(asked, seed):
    """A device that fails and lies, at twenty-four places of each kind."""
    with disks.Place("soak") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        return device.run(machine, seed=seed, jobs=asked.jobs, places=24)


def soak_full(asked, seed):
    """Full disks; in one of eight rounds each number of blocks and inodes."""
    chance = random.Random(seed)
    with disks.Place("soak") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        return full.run(machine, seed=seed, jobs=asked.jobs, every=chance.random() < 1 / 8,
                        kind=chance.choice(("ext4", "ext4", "xfs")))


def command(words, seconds):
    """Runs a script of the project in a group of its own: (status, what it printed)."""
    process = subprocess.Popen([f"{rig.PROJECT}/{words[0]}", *words[1:]], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True, cwd=rig.PROJECT)
    try:
        text, _ = process.communicate(timeout=seconds)
        return process.returncode, text
    except subprocess.TimeoutExpired:
        return None, f"not within {seconds} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def script(name, words, seed, seconds, count):
    """A script as a tier; count(text) is the number of states of which its output tells."""
    status, text = command(words, seconds)
    states, bad = count(text), []
    if status != 0:
        bad.append(f"{' '.join(words)}: status {status}: {text[-3000:]}")
    elif not states:
        bad.append(f"{' '.join(words)}: it tells of nothing that it tried: {text[-500:]}")
    last = [line for line in text.strip().splitlines() if line][-1:]
    return [{"name": name, "states": states, "notes": "".join(last)[:200], "seed": seed,
             "bad": bad}]


def last_number(word):
    """Takes the last number that stands before a word: a total is told in the end."""
    def count(text):
        found = re.findall(rf"([\d,]+) {word}", text)
        return int(found[-1].replace(",", "")) if found else 0
    return count


def soak_ladder(asked, seed):
    """The tiers of scripts/crash-ladder: the model, killed and failing system calls."""
    words = ["scripts/crash-ladder", "--thorough", "--seed", str(seed)]
    for tier in ("model", "kills", "again", "errors", "decay", "locks"):
        words += ["--tier", tier]
    return script("crash-ladder", words, seed, 6 * 3600, last_number("states"))


def soak_fuzz(asked, seed):
    """Ten minutes of fuzzing all readers."""
    return script("fuzz", ["scripts/fuzz", "600"], seed, 3600, last_number("executions"))


def soak_power(asked, seed):
    """The device image in QEMU: power cuts in each phase of an update, unflushed writes lost."""
    words = ["scripts/device-test", "--phase", "power", "--seed", str(seed)]
    if not os.path.exists(f"{rig.PROJECT}/.build/images/device-test/store.good.img"):
        words[1:1] = ["--phase", "update"]
    return script("power cuts in QEMU", words, seed, 5400,
                  lambda text: len(re.findall(r"(?m)^  ok .*the power fails in", text)))


# name: (what it does, its weight among the others)
TIERS = {
    "blocks": (soak_blocks, 6), "device": (soak_device, 3), "full": (soak_full, 2),
    "ladder": (soak_ladder, 3), "fuzz": (soak_fuzz, 1), "power": (soak_power, 2),
}
NEEDS = {"ladder": "scripts/crash-ladder", "fuzz": "scripts/fuzz", "power": "scripts/device-test"}


def order(tiers, seed):
    """The tiers for ever, each as often as its weight says, in an order that the seed decides."""
    chance = random.Random(seed)
    while True:
        turn = [name for name in tiers for _ in range(TIERS[name][1])]
        chance.shuffle(turn)
        yield from turn


def summary(path):
    """The log as a table."""
    rows, first, last = {}, None, None
    with open(path) as file:
        for line in file:
            entry = json.loads(line)
            first, last = first or entry["when"], entry["when"]
            row = rows.setdefault(entry["name"], [0, 0, 0, 0.0, []])
            row[0] += 1
            row[1] += entry["states"]
            row[2] += len(entry["bad"])
            row[3] += entry["seconds"]
            row[4].append(entry["seed"])
    print(f"\nFrom {first} to {last} (UTC):\n\n| tier | runs | states | bad | time | seeds |\n"
          "|---|---|---|---|---|---|")
    for name, (runs, states, bad, seconds, seeds) in sorted(rows.items()):
        named = ", ".join(map(str, seeds[:4])) + (", …" if len(seeds) > 4 else "")
        print(f"| {name} | {runs} | {states:,} | {bad} | {seconds / 60:.0f} min | {named} |")
    states, bad = (sum(row[place] for row in rows.values()) for place in (1, 2))
    print(f"| all | {sum(row[0] for row in rows.values())} | {states:,} | {bad} | "
          f"{sum(row[3] for row in rows.values()) / 3600:.1f} h | |")
    return bad


def one_round(asked, path, number, name, seed):
    """Runs a tier, and writes down what came of it."""
    began = time.monotonic()
    try:
        results = TIERS[name][0](asked, seed)
    except (rig.Trouble, RuntimeError, OSError, subprocess.SubprocessError) as error:
        results = [{"name": name, "states": 0, "bad": [f"the test itself: {error}"], "notes": "",
                    "seed": seed}]
    shared = (time.monotonic() - began) / len(results)
    with open(path, "a") as file:
        for result in results:
            result["seconds"] = round(shared, 1)
            file.write(json.dumps({
                "when": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()), "round": number,
                "tier": name, **result}, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    print(f"round {number}, {name}:", flush=True)
    blocks.show(results)


def main():
    words = argparse.ArgumentParser(prog="scripts/soak", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--hours", type=float, default=1.0)
    words.add_argument("--resume", action="store_true")
    words.add_argument("--tiers", default=",".join(TIERS))
    words.add_argument("--seed", type=int, help="of the first round; otherwise nobody chooses it")
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--programs", default=f"{rig.PROJECT}/.build/ship")
    words.add_argument("--builder", help="where nacelle-bundle stands, if elsewhere")
    words.add_argument("--summary", action="store_true", help="the table of what was done, only")
    asked = words.parse_args()
    tiers = asked.tiers.split(",")
    for name in tiers:
        if name not in TIERS:
            words.error(f"there is no tier “{name}”")
    place = f"{rig.PROJECT}/.build/soak"
    os.makedirs(place, exist_ok=True)
    path = f"{place}/log.jsonl"
    if asked.summary:
        return 1 if summary(path) else 0
    if os.path.exists(path) and not asked.resume:
        os.rename(path, f"{place}/log.{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.jsonl")
    number = 0
    if os.path.exists(path):
        with open(path) as file:
            # A line that an interruption cut is none.
            lines = [line for line in file if line.endswith("\n")]
        number = max((json.loads(line)["round"] for line in lines), default=0)
        with open(path, "w") as file:
            file.writelines(lines)
    missing = [name for name in tiers if name in NEEDS
               and not os.path.exists(f"{rig.PROJECT}/{NEEDS[name]}")]
    for name in missing:
        print(f"{name} is left out: there is no {NEEDS[name]}", flush=True)
        tiers.remove(name)

    def end(*_):
        raise Ended

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    stop = time.monotonic() + asked.hours * 3600
    seeds = random.Random(asked.seed) if asked.seed is not None else random.SystemRandom()
    try:
        for name in order(tiers, seeds.getrandbits(31)):
            if time.monotonic() > stop:
                break
            number += 1
            one_round(asked, path, number, name, seeds.getrandbits(31))
    except Ended:
        print("Ended; scripts/soak --resume goes on.", flush=True)
    if not os.path.exists(path):
        return 1
    return 1 if summary(path) else 0


if __name__ == "__main__":
    sys.exit(main())
