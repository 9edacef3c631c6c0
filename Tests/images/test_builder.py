"""The builder's container file, carried out in a Debian that mmdebstrap makes: there is no container
engine in it. And the pipeline of docs/ci.md, as far as it is commands of ours."""
import re
import shutil
import subprocess

import pytest

from conftest import PROJECT, SHIP, run

FILE = PROJECT / "images/builder/Containerfile"


def instructions():
    text = re.sub(r"\\\n", " ", FILE.read_text())
    return [line.split(None, 1) for line in text.splitlines()
            if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="session")
def container(packages, tmp_path_factory):
    """The file's base and its RUN lines, as root; what USER says holds for the tests."""
    base = PROJECT / ".build/images/builder-base.tar"
    if not base.exists():
        base.parent.mkdir(parents=True, exist_ok=True)
        run("mmdebstrap", "--variant=minbase", "--format=tar", "bookworm", f"{base}.new",
            "http://deb.debian.org/debian")
        (base.parent / f"{base.name}.new").rename(base)
    root = tmp_path_factory.mktemp("container")
    root.chmod(0o755)
    run("tar", "--numeric-owner", "-xf", base, "-C", root)
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    # The scratch directory may lie where devices do not work.
    run("mount", "--bind", "/dev", root / "dev")
    # A program reads its own arguments there, as in every container.
    run("mount", "--bind", "/proc", root / "proc")
    try:
        for word, rest in instructions():
            if word == "COPY":
                pattern, target = rest.split()
                for file in packages.glob(pattern):
                    shutil.copy(file, root / target.lstrip("/"))
            elif word == "RUN":
                run("/usr/sbin/chroot", root, "/bin/sh", "-c", rest,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                         "DEBIAN_FRONTEND": "noninteractive"})
        yield root
    finally:
        run("umount", root / "proc")
        run("umount", root / "dev")


def test_the_file_says_only_what_is_carried_out_here():
    words = [word for word, _ in instructions()]
    assert words[0] == "FROM" and set(words) == {
        "FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert dict(instructions())["USER"] == "builder"
    assert not re.search(r"\.key|SECRET|TOKEN|PASSW", FILE.read_text())


def test_a_bundle_is_built_signed_and_verified_in_it_as_its_user(container):
    script = """set -eu; umask 077; cd
keys=$(mktemp -d); trap 'rm -rf "$keys"' EXIT
nacelle-bundle keygen signing "$keys/ci" -q; nacelle-bundle keygen signing "$keys/release" -q
nacelle-bundle keygen group "$keys/fleet" -q
nacelle-bundle root init -o root.json --days 365 --root "$keys/release.pub" \
    --targets "$keys/ci.pub" --targets "$keys/release.pub" --threshold targets=2 \
    --sign "$keys/release.key" -q
printf '#!/bin/sh\\nexit 0\\n' > app; printf 'secret' > weights
cat > bundle.yaml << END
application: app
version: 1.4.0
release-counter: 14
compatible: [machine]
tree:
  - {from: app, to: bin/app, mode: "755"}
  - {from: weights, to: weights/model}
seal: {paths: [weights/]}
smoke: {kind: command, program: bin/app}
END
nacelle-bundle build bundle.yaml -o app.nacelle --sign "$keys/ci.key" --recipient "$keys/fleet.pub" -q
status=0; nacelle-bundle verify app.nacelle --root root.json --key "$keys/fleet.key" || status=$?
test $status = 12
nacelle-bundle sign app.nacelle --key "$keys/release.key"
nacelle-bundle verify app.nacelle --root root.json --key "$keys/fleet.key"
jq --version; git --version; rsync --version > /dev/null; ssh -V
"""
    said = run("/usr/sbin/chroot", "--userspec=builder", container, "/bin/sh", "-c", script,
               env={"PATH": "/usr/bin:/bin", "HOME": "/home/builder", "LC_ALL": "C.UTF-8"})
    assert "jq-1" in said


def test_the_pipelines_are_yaml_and_call_commands_that_exist():
    text = (PROJECT / "docs/ci.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    for block in blocks:
        assert "\t" not in block
        for command in re.findall(r"nacelle-bundle ((?:repo )?[a-z]+)", block):
            subprocess.run([SHIP / "nacelle-bundle", *command.split(), "--help"], check=True,
                           stdout=subprocess.DEVNULL)
