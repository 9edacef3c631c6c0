"""The command line of the client under test on python-tuf's client, to prove the tests by.

It is no part of what Nacelle ships, and fails what is marked as stricter than the reference.
"""

import argparse
import sys
from pathlib import Path

from tuf.ngclient import Updater


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metadata-dir", required=True)
    parser.add_argument("--metadata-url")
    parser.add_argument("--target-name", action="append")
    parser.add_argument("--target-dir")
    parser.add_argument("--target-base-url")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("root", type=Path)
    commands.add_parser("refresh")
    commands.add_parser("download")
    return parser.parse_args()


def updater(options, bootstrap=None):
    """python-tuf's client over the directories and addresses of the command line."""
    return Updater(
        options.metadata_dir,
        options.metadata_url or "http://127.0.0.1/",
        options.target_dir,
        options.target_base_url,
        bootstrap=bootstrap,
    )


def main():
    """Runs one command; the exit status."""
    options = parse()
    try:
        if options.command == "init":
            updater(options, options.root.read_bytes())
            return 0
        client = updater(options)
        client.refresh()
        if options.command == "download":
            for name in options.target_name:
                target = client.get_targetinfo(name)
                if target is None:
                    raise LookupError(f"there is no target {name!r}")
                if not client.find_cached_target(target):
                    client.download_target(target)
    except Exception as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
