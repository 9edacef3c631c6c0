"""Prometheus' remote write, version 1: a protobuf message in a Snappy block, by hand."""
import struct
import urllib.error
import urllib.request


def number(value):
    """A protobuf varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(place, data):
    """A field with a length."""
    return number(place << 3 | 2) + number(len(data)) + data


def message(series):
    """A write request of [({label: text}, [(seconds, value)])]."""
    out = b""
    for labels, samples in series:
        inside = b""
        for name, text in sorted(labels.items()):
            inside += field(1, field(1, name.encode()) + field(2, text.encode()))
        for time, value in samples:
            inside += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + number(int(time * 1000)))
        out += field(1, inside)
    return out


def snappy(data):
    """A block that holds the data as it is, without compression."""
    out = number(len(data))
    for start in range(0, len(data), 1 << 16):
        part = data[start:start + (1 << 16)]
        out += b"\xf4" + struct.pack("<H", len(part) - 1) + part
    return out


def write(address, series):
    """The HTTP status of a write."""
    request = urllib.request.Request(
        address, data=snappy(message(series)), method="POST",
        headers={"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
                 "X-Prometheus-Remote-Write-Version": "0.1.0"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code
