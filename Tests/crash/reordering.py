"""Every state that the weakest file system could leave, at each moment of each operation.

Each operation is recorded once, as the shipped program does it; weakfs.py says what a power failure
after each call could leave, and the oracle judges each of those disks in memory. A sample of them is
put on a real disk, where `nacelle boot` and the next install must work.
"""
import hashlib
import multiprocessing
import os
import random
import shutil

import weakfs
from interruptions import Result, boots, look
from operations import judge
from oracle import Bad
from rig import Trouble, run


def record(bench, operation, place):
    """Runs an operation under the tracer; its recording, checked against what stands on the disk."""
    store, config = bench.begin("record", operation)
    before = f"{place}/before"
    shutil.rmtree(before, ignore_errors=True)
    os.makedirs(before)
    if os.path.isdir(store):
        # Hard links with it.
        run("cp", "-a", f"{store}/.", before)
    else:
        # What is recorded begins with the store's own directory.
        os.makedirs(store)
    file = f"{place}/record"
    status, _, _, text = bench.cut(store, config, operation.words, env=operation.env, record=file)
    if status != operation.status:
        raise Trouble(f"{operation.name} ends with {status}: {text}")
    recording = weakfs.Recording(before, file, store)
    # A model that differs from the file system that it models proves nothing.
    weakfs.same(recording.state(recording.effects), store)
    return recording


def states(bench, operation, recording, seed, limit):
    """All states of one operation: (how many, the bad ones, a sample of the good ones' effects)."""
    chance = random.Random(f"{seed} {operation.name}")
    tried, bad, sample, seen = 0, {}, [], set()
    # A hash of which effects: two moments can leave the same disk.
    numbers = {id(effect): number for number, effect in enumerate(recording.effects)}
    for time in recording.points():
        told = time == len(recording.calls)
        for effects in recording.states(time, chance, limit):
            key = (told, hashlib.md5(repr(sorted(numbers[id(e)] for e in effects)).encode()).digest())
            if key in seen:
                continue
            seen.add(key)
            tried += 1
            try:
                judge(bench, operation, recording.state(effects).store(), told)
            except Bad as error:
                call = recording.calls[time - 1] if time else "-"
                text = str(error)
                count, first = bad.get(text, (0, f"after call {time} ({call}) of {len(recording.calls)}"))
                bad[text] = (count + 1, first)
            else:
                if len(sample) < 64:
                    sample.append((time, effects))
                elif chance.random() < 64 / tried:
                    sample[chance.randrange(64)] = (time, effects)
    return tried, bad, sample


def tier(bench, operations, place, jobs=2, seed=1, limit=24, real=6):
    """The whole tier. limit: how many single changes and draws a moment gets; real: how many of an
    operation's states are put on a disk."""
    result = Result("reordering model")
    recordings = {operation.name: record(bench, operation, place) for operation in operations}

    def share(names, pipe):
        for name in names:
            operation = bench.operations[name]
            tried, bad, sample = states(bench, operation, recordings[name], seed, limit)
            numbers = {id(e): n for n, e in enumerate(recordings[name].effects)}
            chosen = random.Random(seed).sample(sample, min(real, len(sample)))
            pipe.send((name, tried, bad, [(t, [numbers[id(e)] for e in es]) for t, es in chosen]))
        pipe.send(None)

    names = sorted(recordings, key=lambda name: -len(recordings[name].effects))
    context = multiprocessing.get_context("fork")
    readers = []
    for job in range(jobs):
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=share, args=(names[job::jobs], writer))
        process.start()
        writer.close()
        readers.append((reader, process))
    samples = {}
    for reader, process in readers:
        while True:
            try:
                item = reader.recv()
            except EOFError:
                raise Trouble("a process of the model died") from None
            if item is None:
                break
            name, tried, bad, samples[name] = item
            result.add(tried)
            result.notes.append(f"{name}: {tried} states, {len(recordings[name].calls)} calls")
            for text, (count, first) in bad.items():
                result.fail(f"{name}: {count} states: {text}; first {first}")
        process.join()
    on_disk(bench, result, recordings, samples)
    return result


def on_disk(bench, result, recordings, samples):
    """Some of the states for real: the machine starts, and the next install works."""
    for name, chosen in samples.items():
        operation, recording = bench.operations[name], recordings[name]
        for time, numbers in chosen:
            store, config = bench.begin("model", operation)
            shutil.rmtree(store, ignore_errors=True)
            recording.state([recording.effects[number] for number in numbers]).write(store)
            try:
                told = time == len(recording.calls)
                look(bench, operation, store, told)
                if os.path.islink(f"{store}/current") or None not in operation.versions:
                    boots(bench, operation, store, config, told)
                bench.next(store, config)
            except Bad as error:
                result.fail(f"{name}, a state after call {time} put on a disk: {error}")
    result.notes.append(f"{sum(map(len, samples.values()))} of them on a real disk")
