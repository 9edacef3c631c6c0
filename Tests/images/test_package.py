"""The packages: what is in them, what they need, the same bytes each time."""
import gzip
import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import PROJECT, SHIP, run

PROGRAMS = {"nacelle": "8", "nacelle-bundle": "1"}


def one(packages, name):
    return next(packages.glob(f"{name}_*.deb"))


@pytest.fixture(scope="session")
def unpacked(packages, tmp_path_factory):
    places = {}
    for name in PROGRAMS:
        places[name] = tmp_path_factory.mktemp(name)
        run("dpkg-deb", "--raw-extract", one(packages, name), places[name])
    return places


def commands(command, above=()):
    """The names of all commands of a program, as its pages are named."""
    path = (*above, command["commandName"])
    yield "-".join(path)
    for sub in command.get("subcommands", []):
        if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
            yield from commands(sub, path)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_command_has_a_page_and_it_renders_without_a_warning(unpacked, name):
    section = PROGRAMS[name]
    described = json.loads(run(SHIP / name, "--experimental-dump-help"))["command"]
    wanted = set(commands(described))
    pages = {page.name.removesuffix(f".{section}.gz"): page
             for page in (unpacked[name] / f"usr/share/man/man{section}").iterdir()}
    assert wanted == set(pages)
    for command, page in pages.items():
        done = subprocess.run(["man", "--warnings=w", "-l", page], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60,
                              env={"LC_ALL": "C.UTF-8", "MANWIDTH": "90", "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0 and done.stderr == "", f"{command}: {done.stderr}"
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS"):
            assert re.search(rf"^{heading}$", done.stdout, re.M), f"{command} lacks {heading}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_option_is_on_its_page(unpacked, name):
    section = PROGRAMS[name]

    def look(command, above=()):
        path = (*above, command["commandName"])
        page = unpacked[name] / f"usr/share/man/man{section}" / f"{'-'.join(path)}.{section}.gz"
        text = gzip.decompress(page.read_bytes()).decode().replace("\\-", "-")
        for argument in command.get("arguments", []):
            for word in argument.get("names", []) if argument.get("shouldDisplay", True) else []:
                dashed = ("-" if word["kind"] == "short" else "--") + word["name"]
                assert f"\\fB{dashed}\\fR" in text, f"{page.name} lacks {dashed}"
        for sub in command.get("subcommands", []):
            if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
                look(sub, path)

    look(json.loads(run(SHIP / name, "--experimental-dump-help"))["command"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_its_libraries_are_few_and_named(packages, name):
    wanted = next(line.split()[1:] for line in
                  (PROJECT / "images/deb/depends").read_text().splitlines()
                  if line.split()[:1] == [name])
    depends = run("dpkg-deb", "--field", one(packages, name), "Depends")
    found = [part.split()[0] for part in depends.split(",")]
    assert sorted(set(found) - {"systemd", "init-system-helpers"}) == sorted(wanted)
    linked = run("readelf", "-d", SHIP / name)
    assert "swift" not in "".join(re.findall(r"NEEDED.*", linked))
    assert "RUNPATH" not in linked and "RPATH" not in linked


def test_the_same_sources_give_the_same_bytes(packages, tmp_path):
    run(PROJECT / "scripts/package", "--unjudged", "--from", SHIP, "--to", tmp_path)
    for name in PROGRAMS:
        again = one(tmp_path, name)
        assert again.read_bytes() == (packages / again.name).read_bytes()


def test_a_library_that_is_not_listed_ends_the_packaging(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    for part in ("scripts", "images"):
        run("cp", "-r", PROJECT / part, project / part)
    for part in ("docs", "CHANGELOG.md"):
        (project / part).symlink_to(PROJECT / part)
    listed = project / "images/deb/depends"
    listed.write_text(listed.read_text().replace(" libyaml-0-2", ""))
    said = run(project / "scripts/package", "--from", SHIP, "--to", tmp_path / "out", status=1,
               env=dict(os.environ, SOURCE_DATE_EPOCH="1700000000"))
    assert "libyaml-0-2" in said and not list((tmp_path / "out").glob("*.deb"))


def test_files_belong_to_root_and_nobody_else_may_write_them(packages):
    for name in PROGRAMS:
        for line in run("dpkg-deb", "--contents", one(packages, name)).splitlines():
            mode, owner = line.split()[:2]
            assert owner == "root/root" and mode[5] != "w" and mode[8] != "w", line
            assert "s" not in mode and "t" not in mode, f"gives its user more than he has: {line}"


def test_the_agent_package_holds_what_a_device_needs_and_the_builder_is_apart(unpacked):
    agent, builder = unpacked["nacelle"], unpacked["nacelle-bundle"]
    for path in ("usr/bin/nacelle", "lib/systemd/system/nacelle.service",
                 "lib/systemd/system/nacelle-boot.service",
                 "lib/systemd/system/nacelle-prove@.service", "usr/lib/sysusers.d/nacelle.conf",
                 "usr/lib/tmpfiles.d/nacelle.conf", "usr/lib/nacelle/adopt-unit",
                 "usr/share/polkit-1/rules.d/60-nacelle-prove.rules",
                 "etc/nacelle/config.yaml.example", "usr/share/bash-completion/completions/nacelle",
                 "usr/share/zsh/vendor-completions/_nacelle",
                 "usr/share/fish/vendor_completions.d/nacelle.fish"):
        assert (agent / path).is_file(), path
    assert (agent / "DEBIAN/conffiles").read_text() == "/etc/nacelle/config.yaml.example\n"
    assert not list(agent.rglob("nacelle-bundle*"))
    assert not (builder / "etc").exists() and not (builder / "lib").exists()
    assert not (builder / "DEBIAN/postinst").exists()


def test_no_script_of_the_package_touches_the_store_or_keys(unpacked):
    for script in ("prerm", "postrm"):
        text = (unpacked["nacelle"] / "DEBIAN" / script).read_text()
        code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
        assert "/var/lib" not in code and "userdel" not in code and "deluser" not in code
        assert all("/etc/nacelle" not in line for line in code.splitlines())


def test_lintian_finds_no_error(packages):
    suppressed = ",".join((PROJECT / "images/deb/lintian-suppressed").read_text().split())
    run("lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", suppressed,
        *packages.glob("*.deb"))


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_scripts_can_be_read_by_their_shell(unpacked, shell):
    agent = unpacked["nacelle"]
    files = [agent / "usr/share/bash-completion/completions/nacelle"] if shell == "bash" else [
        *(agent / "DEBIAN" / name for name in ("postinst", "prerm", "postrm")),
        agent / "usr/lib/nacelle/adopt-unit"]
    for file in files:
        run(shell, "-n", pathlib.Path(file))
