"""A fleet that does not exist: series with the names of docs/telemetry.md over some days, as OpenMetrics
text for `promtool tsdb create-blocks-from openmetrics`.

Most machines are well. Each of the others has one trouble that an operator must find on the pages; which
one stands in MACHINES. Nothing is random from run to run but the clock.
"""
import dataclasses
import hashlib
import math
import random

HOUR, DAY = 3600, 86400
# As often as the agent takes a sample for a push, unless told otherwise.
STEP = 300
DAYS = 4
CLASSES = ("healthy", "inner_race", "outer_race", "ball")
EDGES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
# How the confidences of a model that is well fall into the intervals that EDGES end; the last is open.
WELL = (0, 0.002, 0.012, 0.02, 0.026, 0.035, 0.055, 0.05, 0.12, 0.20, 0.48)
DEAD = (0, 0, 0, 0, 0, 0, 0, 0, 0.01, 0.98, 0.01)
UNSURE = (0.01, 0.06, 0.14, 0.18, 0.16, 0.14, 0.13, 0.06, 0.06, 0.04, 0.02)
MIX = (0.82, 0.07, 0.06, 0.05)


@dataclasses.dataclass
class Machine:
    """A machine, and what is wrong with it."""
    name: str
    trouble: str = ""
    since_days: float = 9
    version: str = "1.4.2"
    per_hour: float = 420
    celsius: float = 54


MACHINES = [
    Machine("press-01", since_days=21, per_hour=610),
    Machine("press-02", since_days=19),
    Machine("press-03", "switched off", since_days=19, celsius=58),
    Machine("press-04", since_days=18, per_hour=560),
    Machine("press-07", "gain", since_days=18, per_hour=590),
    Machine("pump-01", "shifted", since_days=15),
    Machine("pump-02", "dead sensor", since_days=15),
    Machine("pump-05", "silent", since_days=15, celsius=49),
    Machine("fan-01", "trial", version="1.5.0", since_days=0.19, celsius=47),
    Machine("fan-03", "fell back", since_days=14, celsius=46),
    Machine("fan-04", "unsure", since_days=14, celsius=48),
    Machine("mill-02", "behind", version="1.3.9", since_days=88, celsius=61),
    Machine("mill-04", "certificate", since_days=12, celsius=60),
    Machine("mill-06", "was offline", since_days=12, celsius=63),
    Machine("kiln-01", "hot", since_days=12, celsius=79, per_hour=300),
]
# The alerts that must fire at the end, and no others.
ALERTS = {
    "fan-03": {"NacelleFellBack"},
    "fan-04": {"NacelleDrift", "NacelleConfidenceCollapsed"},
    "kiln-01": {"NacelleTooHot", "NacelleThrottled"},
    "mill-02": {"NacelleVersionBehind"},
    "mill-04": {"NacelleCertificateEnds", "NacelleCertificateEndsSoon"},
    "press-07": {"NacelleDrift"},
    "pump-01": {"NacelleMixShifted"},
    "pump-02": {"NacelleDrift", "NacelleSensorDead"},
    "pump-05": {"NacelleMachineSilent"},
}
RELEASES = {"1.3.9": "11", "1.4.2": "12", "1.5.0": "13"}


def index(seen, expected):
    """The population stability index, as the agent computes it."""
    pairs = [(max(a / sum(seen), 1e-4), max(b / sum(expected), 1e-4)) for a, b in zip(seen, expected)]
    return sum((a - b) * math.log(a / b) for a, b in pairs)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def series(name, value, /, **labels):
    """One sample without its time."""
    def escaped(text):
        return text.replace("\\", r"\\").replace('"', r'\"').replace("\n", r"\n")
    inside = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:.10g}"


class Simulation:
    """The counters of one machine, and how it goes on from one look to the next."""

    def __init__(self, machine, now):
        self.machine, self.now = machine, now
        self.random = random.Random(machine.name)
        self.phase = self.random.uniform(-1, 1)
        self.predictions = dict.fromkeys(CLASSES, 20000.0)
        self.intervals = [40000 * share for share in WELL]
        self.errors, self.refused, self.constant = 2.0, 5.0, 3.0
        self.throttles = 0.0
        # No two machines are the same.
        self.well = [share * self.random.uniform(0.75, 1.3) for share in WELL]
        self.well = [share / sum(self.well) for share in self.well]
        self.window = 0.0
        self.booted = now - DAY * self.random.uniform(12, 70)
        # Each full window has its own noise, and keeps it until the next one is full.
        self.noise = [0.5] * 5

    def ago(self, hours):
        """The time so many hours before the end."""
        return self.now - hours * HOUR

    def talks(self, time):
        trouble = self.machine.trouble
        return not (trouble == "silent" and time > self.ago(19)
                    or trouble == "switched off" and self.ago(30) < time < self.ago(22))

    def look(self, time):
        """What the agent shows at this time, as lines without time."""
        machine, chance = self.machine, self.random
        trouble = machine.trouble
        common = {"instance": machine.name, "job": "nacelle"}
        lines = []

        def show(name, value, **labels):
            lines.append(series(name, value, **common, **labels))

        # The version that runs, and since when.
        version, state, since = machine.version, "good", self.now - machine.since_days * DAY
        update, update_version = "idle", ""
        if trouble == "trial":
            if time < since:
                version, since = "1.4.2", self.now - 14 * DAY
            else:
                state, update, update_version = "trial", "probation", version
        fallen = trouble == "fell back" and time > self.ago(3.2)
        if trouble == "fell back":
            if self.ago(4.4) < time <= self.ago(3.2):
                version, state, since = "1.5.0", "trial", self.ago(4.4)
                update, update_version = "probation", "1.5.0"
            elif fallen:
                since = self.ago(3.2)

        # What is asked of the model, and what it answers: the plant works in two shifts.
        # It is always one in the afternoon at the end, so that each run sees the same.
        local = ((time - self.now) % DAY / HOUR + 13) % 24
        shift = 0.35 + 0.65 / (1 + math.exp(-(local - 6 - self.phase) * 2)) \
            - 0.65 / (1 + math.exp(-(local - 21.5 - self.phase) * 2))
        count = machine.per_hour * STEP / HOUR * shift * chance.uniform(0.85, 1.15)
        mix, spread, constant = list(MIX), self.well, 0.0
        gain = 0.0
        if trouble == "gain":
            gain = min(1, max(0, (time - self.ago(31)) / (6 * HOUR)))
            mix = [a + gain * (b - a) for a, b in zip(MIX, (0.18, 0.09, 0.66, 0.07))]
        if trouble == "shifted":
            part = min(1, max(0, (time - self.ago(40)) / (20 * HOUR)))
            mix = [a + part * (b - a) for a, b in zip(MIX, (0.52, 0.34, 0.08, 0.06))]
        if trouble == "dead sensor" and time > self.ago(9.5):
            mix, spread, constant = [1, 0, 0, 0], DEAD, 0.998
        if trouble == "unsure" and time > self.ago(4):
            spread = UNSURE
        if trouble == "fell back" and version == "1.5.0":
            spread = UNSURE
        wobble = [share * chance.uniform(0.9, 1.1) for share in mix]
        for name, share in zip(CLASSES, wobble):
            self.predictions[name] += count * share / sum(wobble)
        for place, share in enumerate(spread):
            self.intervals[place] += count * share
        self.constant += count * constant
        if chance.random() < 0.002:
            self.errors += 1
        if chance.random() < 0.004:
            self.refused += 1

        # Windows of 500 predictions.
        self.window += count
        if self.window >= 500:
            self.window -= 500
            self.noise = [chance.random() for _ in range(5)]
        noise = self.noise
        mix_index = (0.95 + 0.1 * noise[0]) * index(mix, MIX) + 0.01 + 0.02 * noise[0]
        confidence_index = (0.95 + 0.1 * noise[1]) * index(spread, WELL) + 0.02 * noise[1]
        rms, peak = 0.02 + 0.04 * noise[2], 0.02 + 0.04 * noise[3]
        verdict = "good"
        if gain:
            rms += 3.1 * gain * (0.95 + 0.1 * noise[2])
            peak += 2.4 * gain * (0.95 + 0.1 * noise[3])
        if constant:
            rms, peak = 8.9, 8.7
        if constant or max(rms, peak, confidence_index) > 0.25:
            verdict = "worse"
        elif mix_index > 0.25:
            verdict = "shifted"
        if trouble == "trial" and state == "trial" and time < since + 1.5 * HOUR:
            verdict = "undecided"

        show("nacelle_info", 1, application="bearing", version=version, release=RELEASES[version],
             slot="b" if version == "1.5.0" else "a", state=state, agent="0.1.0")
        show("nacelle_version_since_timestamp_seconds", since)
        show("nacelle_fallback_available", 1)
        show("nacelle_denied_versions", 1 if fallen else 0)
        show("nacelle_fallbacks_total", 1 if fallen else 0)
        show("nacelle_update_state", 1, state=update, version=update_version)
        # A machine that was cut off kept looking, in vain.
        asked = time - time % (30 * 60) + 7
        if trouble == "was offline" and self.ago(52) < time < self.ago(20):
            asked = self.ago(52)
        show("nacelle_last_contact_timestamp_seconds", min(asked, time))
        show("nacelle_service_running", 1)
        show("nacelle_model_up", 1)
        show("nacelle_model_info", 1, model="bearing", digest=digest(version))
        for name in CLASSES:
            show("nacelle_model_predictions_total", math.floor(self.predictions[name]), **{"class": name})
        total = 0
        for edge, inside in zip((*map(str, EDGES), "+Inf"), self.intervals):
            total += inside
            show("nacelle_model_confidence_bucket", math.floor(total), le=edge)
        show("nacelle_model_confidence_count", math.floor(total))
        show("nacelle_model_errors_total", self.errors)
        show("nacelle_model_refused_total", self.refused)
        show("nacelle_model_inputs_constant_total", math.floor(self.constant))
        slow = 1.8 if trouble == "hot" and shift > 0.8 else 1
        show("nacelle_model_latency_seconds_mean", 0.0016 * slow * chance.uniform(0.92, 1.12))
        for name in ("undecided", "good", "shifted", "worse"):
            show("nacelle_drift_verdict", name == verdict, verdict=name)
        show("nacelle_drift_index", mix_index, of="mix")
        show("nacelle_drift_index", confidence_index, of="confidence")
        show("nacelle_drift_index", rms, of="input", input="signal", statistic="rms")
        show("nacelle_drift_index", peak, of="input", input="signal", statistic="peak")
        show("nacelle_drift_limit", 0.25)
        show("nacelle_drift_samples", math.floor(self.window))
        show("nacelle_drift_samples_needed", 500)
        show("nacelle_drift_constant_ratio", constant)
        show("nacelle_drift_error_ratio", 0.0005 * noise[4])

        # The machine itself.
        day = math.sin((local - 9) / 24 * 2 * math.pi)
        heat = machine.celsius + 4 * day + 7 * (shift - 0.7) + chance.uniform(-0.7, 0.7)
        if trouble == "hot":
            heat += 8 * min(1, max(0, (time - self.ago(30)) / (20 * HOUR)))
            if time > self.ago(6):
                heat = max(heat, 88 + chance.uniform(0, 3))
            if heat > 85:
                self.throttles += chance.randrange(1, 5)
        show("nacelle_temperature_celsius", heat, zone="cpu-thermal")
        show("nacelle_temperature_celsius", heat - 11 + chance.uniform(-0.4, 0.4), zone="soc-thermal")
        show("nacelle_throttles_total", self.throttles)
        show("nacelle_memory_total_bytes", 2 * 2**30)
        show("nacelle_memory_available_bytes", 2**30 * (1.21 + 0.02 * day + 0.01 * chance.random()))
        show("nacelle_load1", 0.25 + 0.3 * shift + 0.2 * chance.random())
        show("nacelle_pressure_ratio", 0.01 + 0.03 * shift * chance.random(), resource="cpu")
        show("nacelle_pressure_ratio", 0.002 * chance.random(), resource="memory")
        show("nacelle_pressure_ratio", 0.004 + 0.01 * chance.random(), resource="io")
        show("nacelle_uptime_seconds", time - self.booted)
        show("nacelle_store_size_bytes", 7.2e9)
        show("nacelle_store_free_bytes", 4.1e9)
        show("nacelle_storage_wear_ratio", 0.2, device="mmcblk0")
        lasts = 1.25 if trouble == "certificate" else 30 + 50 * abs(self.phase)
        show("nacelle_certificate_expiry_timestamp_seconds", self.now + lasts * DAY)
        for role, days in (("root", 510), ("targets", 214), ("snapshot", 21), ("timestamp", 5.5)):
            show("nacelle_trust_expiry_timestamp_seconds", self.now + days * DAY, role=role)
        show("nacelle_telemetry_queue_bytes", 0)
        for reason in ("age", "size", "refused"):
            show("nacelle_telemetry_dropped_total", 0, reason=reason)
        return lines


def write(path, now, machines=MACHINES, days=DAYS):
    """Writes the fleet's last days, up to `now` (seconds since 1970)."""
    with open(path, "w", encoding="utf-8") as file:
        for machine in machines:
            simulation = Simulation(machine, now)
            # Machines do not look at the same second; the last look is a moment ago.
            late = simulation.random.randrange(0, 50)
            for time in range(now - days * DAY - late, now, STEP):
                for line in simulation.look(time):
                    if simulation.talks(time):
                        file.write(f"{line} {time}\n")
        file.write("# EOF\n")
