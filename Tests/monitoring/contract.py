"""The names that the agent shows, as docs/telemetry.md has them."""
import re

from prometheus import PROJECT

# Of node_exporter and of Prometheus itself.
FOREIGN = {"node_textfile_mtime_seconds", "ALERTS"}


def shown():
    """Each name of the table, with its labels."""
    text = (PROJECT / "docs/telemetry.md").read_text()
    table = text.split("## What the agent shows", 1)[1].split("\n## ", 1)[0]
    names = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| `nacelle_"):
            continue
        labels = set(re.findall(r"`(\w+)`", cells[2]))
        for name in re.findall(r"`(nacelle_\w+)`", cells[0]):
            names[name] = labels
        for suffix in re.findall(r"\(`(_\w+)`\)", cells[0]):
            base = re.search(r"`(nacelle_\w+)_bucket`", cells[0])[1]
            names[base + suffix] = set()
    return names


def used(text):
    """The names of series of the agent that a text speaks of."""
    return set(re.findall(r"(?<![\w:.-])nacelle_[a-z0-9_]+", text))
