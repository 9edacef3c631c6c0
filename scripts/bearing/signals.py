"""Synthetic vibration of a rolling bearing: what the model learns from. Makes signals; learns nothing.

A bearing with a fault gives one blow each time a rolling element passes it. The blows ring a
resonance of the machine, and the load modulates them: an inner-race fault turns through the load
zone once a shaft turn, a ball fault once a cage turn, an outer-race fault stays where it is.
Around that lie the shaft's own harmonics, a gear's tone and noise.
"""

import numpy as np

RATE = 12_800  # samples a second
LENGTH = 2048  # samples in a signal: 0.16 s, four to five turns of the shaft
CLASSES = ("healthy", "inner_race", "outer_race", "ball")

# Events for each turn of the shaft, from the geometry of a 6205 deep-groove ball bearing:
# nine balls of 7.94 mm on a pitch circle of 39.04 mm, contact angle 0.
BLOWS = (0.0, 5.415, 3.585, 4.714)
LOAD_ZONE = (0.0, 1.0, 0.0, 0.398)

_LEAD = 512  # samples before the signal proper, so that it does not start at rest
_CHUNK = 500  # bounds memory


def make(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` signals (float32, one a row) and their classes, the same for the same seed."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    rows = [_chunk(labels[at : at + _CHUNK], random) for at in range(0, count, _CHUNK)]
    return np.concatenate(rows), labels


def _chunk(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count, length = len(labels), LENGTH + _LEAD
    column = (count, 1)
    time = np.arange(length) / RATE
    shaft = random.uniform(23.0, 31.0, column)  # Hz
    signal = np.zeros((count, length))

    # The shaft's first three harmonics, and a gear's tone with sidebands.
    for harmonic, size in ((1, 0.5), (2, 0.25), (3, 0.12)):
        amplitude = size * random.uniform(0.4, 1.6, column)
        signal += amplitude * np.sin(_turning(harmonic * shaft, time, random))
    gear = random.uniform(0.05, 0.3, column) * np.sin(_turning(21 * shaft, time, random))
    signal += gear * (1 + 0.3 * np.sin(_turning(shaft, time, random)))

    # The blows, through the resonance that they ring.
    resonance = random.uniform(2600, 3900, column)
    damping = random.uniform(700, 1600, column)
    ring = np.exp(-damping * time) * np.sin(2 * np.pi * resonance * time)
    size = 2 * length
    blows = np.fft.rfft(_blows(labels, shaft[:, 0], length, random), size)
    signal += np.fft.irfft(blows * np.fft.rfft(ring, size), size)[:, :length]

    # Broadband noise, and now and then a knock from somewhere else.
    signal += random.uniform(0.08, 0.3, column) * random.standard_normal((count, length))
    knocks = (random.random((count, length)) < 0.0006) * random.uniform(0.2, 1.5, (count, length))
    knocks = np.fft.rfft(knocks, size)
    signal += np.fft.irfft(knocks * np.fft.rfft(ring, size), size)[:, :length]

    gain = random.uniform(0.9, 1.1, column)  # the sensor's tolerance
    return (gain * signal)[:, _LEAD:].astype(np.float32)


def _turning(frequency: np.ndarray, time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The angle of something that turns at `frequency`, from an angle that nobody knows."""
    return 2 * np.pi * frequency * time + random.uniform(0, 2 * np.pi, frequency.shape)


def _blows(
    labels: np.ndarray, shaft: np.ndarray, length: int, random: np.random.Generator
) -> np.ndarray:
    """Trains of blows, spread over two samples where they fall between them."""
    count = len(labels)
    train = np.zeros((count, length + 1))
    rate = np.asarray(BLOWS)[labels] * shaft
    zone = np.asarray(LOAD_ZONE)[labels] * shaft
    faulty = rate > 0
    period = RATE / np.where(faulty, rate, 1.0)
    severity = np.exp(random.uniform(np.log(0.5), np.log(4.0), count))
    depth = random.uniform(0.5, 1.0, count) * (zone > 0)
    phase = random.uniform(0, 2 * np.pi, count)
    at = random.uniform(0, 1, count) * period
    row = np.arange(count)
    while True:
        # Elements slip: no two intervals are quite alike.
        live = faulty & (at < length)
        if not live.any():
            return train[:, :length]
        load = 1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * zone * at / RATE + phase))
        amplitude = severity * load * random.uniform(0.8, 1.2, count) * live
        whole = np.minimum(at, length - 1).astype(int)
        part = at - whole
        np.add.at(train, (row, whole), amplitude * (1 - part))
        np.add.at(train, (row, whole + 1), amplitude * part)
        at = at + period * (1 + 0.008 * random.standard_normal(count))
