"""A disk whose power fails: QEMU's log of its writes (blklogwrites), and what may be left of them."""
import os
import shutil
import struct

SECTOR = 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


def blockdev(disk, log):
    """QEMU's words for a disk that logs its writes."""
    return (f"driver=blklogwrites,node-name=store,log-sector-size={SECTOR},"
            f"file.driver=file,file.filename={disk},file.cache.direct=off,"
            f"log.driver=file,log.filename={log}")


def entries(log):
    """(offset, length, flags, data's place in the log), in the order of the log."""
    size = os.path.getsize(log)
    with open(log, "rb") as file:
        place = SECTOR
        while place + SECTOR <= size:
            file.seek(place)
            sector, sectors, flags, length = struct.unpack("<QQQQ", file.read(32))
            if (sector, sectors, flags, length) == (0, 0, 0, 0):
                return
            place += SECTOR
            held = 0 if flags & DISCARD else sectors * SECTOR
            if place + held > size:
                return
            yield sector * SECTOR, sectors * SECTOR, flags, place
            place += held


def lose_power(base, disk, log, random):
    """Writes to `disk` what the power cut left: `base`, all that was flushed, and of the rest a part.

    Returns how many writes were lost, and how many were not flushed."""
    log_entries = list(entries(log))
    flushed = max((n + 1 for n, entry in enumerate(log_entries) if entry[2] & FLUSH), default=0)
    share = random.choice((0.0, 0.5, 0.9))
    lost = 0
    shutil.copyfile(base, disk + ".new")
    with open(disk + ".new", "r+b") as target, open(log, "rb") as source:
        for n, (offset, length, flags, place) in enumerate(log_entries):
            if n >= flushed and not flags & FUA and random.random() >= share:
                lost += 1
                continue
            target.seek(offset)
            if flags & DISCARD:
                while length:
                    piece = min(length, 1 << 20)
                    target.write(bytes(piece))
                    length -= piece
                continue
            source.seek(place)
            while length:
                piece = source.read(min(length, 1 << 20))
                target.write(piece)
                length -= len(piece)
    os.replace(disk + ".new", disk)
    return lost, len(log_entries) - flushed
