"""The front of the network: what is computed from a signal before anything learned, in numpy.

`graph.py` builds the same steps from ONNX operators; `release.py` checks that the two agree.
"""

import numpy as np

from signals import LENGTH, RATE

BANDS = 64  # of 16 bins (100 Hz) each, over the whole spectrum
LOW = 32  # single bins (6.25 Hz) of the spectrum, where the shaft's harmonics lie
ENVELOPE = 128  # single bins of the envelope's spectrum, up to 800 Hz
COUNT = BANDS + LOW + ENVELOPE
FLOOR = 1e-3  # added before the logarithm: below it there is only noise

WINDOW = np.hanning(LENGTH).astype(np.float32)


def band_pass(low: float = 2000.0, high: float = 4600.0, taps: int = 63) -> np.ndarray:
    """A windowed-sinc filter that passes the machine's resonance and stops the shaft and the gear."""
    at = np.arange(taps) - (taps - 1) / 2
    ideal = 2 * high / RATE * np.sinc(2 * high / RATE * at)
    ideal -= 2 * low / RATE * np.sinc(2 * low / RATE * at)
    return (ideal * np.hamming(taps)).astype(np.float32)


def compute(signals: np.ndarray) -> np.ndarray:
    """Features (one signal a row): log power of the bands, the low bins and the envelope's bins."""
    return np.concatenate([_chunk(signals[at : at + 500]) for at in range(0, len(signals), 500)])


def _chunk(signals: np.ndarray) -> np.ndarray:
    power = _power(signals)
    bands = power[:, : BANDS * 16].reshape(-1, BANDS, 16).mean(axis=2)
    low = power[:, 1 : 1 + LOW]
    taps = band_pass()
    size = 2 * LENGTH
    filtered = np.fft.irfft(np.fft.rfft(signals, size) * np.fft.rfft(taps, size), size)
    half = (len(taps) - 1) // 2
    envelope = np.abs(filtered[:, half : half + LENGTH])
    envelope -= envelope.mean(axis=1, keepdims=True)
    lines = _power(envelope)[:, 1 : 1 + ENVELOPE]
    return np.log(np.concatenate([bands, low, lines], axis=1) + FLOOR).astype(np.float32)


def _power(signals: np.ndarray) -> np.ndarray:
    spectrum = np.fft.rfft(signals * WINDOW)
    return (spectrum.real**2 + spectrum.imag**2) / LENGTH
