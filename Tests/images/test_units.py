"""The units as files: well formed, hardened, and in the order that keeps the application starting."""
import re
import subprocess

import pytest

from conftest import PROJECT, run

SYSTEMD = PROJECT / "images/systemd"
# The exposure that systemd-analyze may find at most, in tenths: docs/devices.md says why each is what it is.
EXPOSURE = {"nacelle.service": 20, "nacelle-boot.service": 25, "nacelle-prove@.service": 45}


def unit(name):
    """What a unit says: section -> key -> values in their order."""
    sections, section = {}, None
    for line in (SYSTEMD / name).read_text().splitlines():
        line = line.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = sections.setdefault(line[1:-1], {})
        else:
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return sections


@pytest.mark.parametrize("name", EXPOSURE)
def test_a_unit_is_rated_ok(name):
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager",
               f"--threshold={EXPOSURE[name]}", SYSTEMD / name)
    assert re.search(r"Overall exposure level for \S+: \d+\.\d OK", said), said[-300:]


@pytest.mark.parametrize("name", EXPOSURE)
def test_systemd_finds_no_fault_in_a_unit(name, tmp_path):
    """Each key is known, each value can be read; the program is a stand-in."""
    program = tmp_path / "nacelle"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for other in EXPOSURE:
        text = (SYSTEMD / other).read_text().replace("/usr/bin/nacelle", str(program))
        # Manual pages and the users are there where the package is.
        text = re.sub(r"^Documentation=.*\n|^(User|Group|SupplementaryGroups)=.*\n", "", text,
                      flags=re.M)
        (tmp_path / other).write_text(text)
    shown = tmp_path / (name.replace("@.", "@a."))
    if not shown.exists():
        shown.write_text((tmp_path / name).read_text())
    done = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", shown],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    about_ours = [line for line in done.stdout.splitlines() if str(tmp_path) in line]
    assert about_ours == []


def test_the_service_never_stays_down():
    service = unit("nacelle.service")
    assert service["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert service["Service"]["Restart"] == ["always"]
    assert service["Service"]["Type"] == ["notify"]
    assert "WatchdogSec" in service["Service"]
    # Neither the network nor the boot unit can keep it from starting.
    assert "Requires" not in service["Unit"] and "BindsTo" not in service["Unit"]
    assert all("network-online" not in value for value in service["Unit"].get("Wants", []))


def test_the_service_is_a_user_of_its_own_and_writes_the_store_alone():
    service = unit("nacelle.service")["Service"]
    assert service["User"] == ["nacelle"] and service["CapabilityBoundingSet"] == [""]
    assert service["ProtectSystem"] == ["strict"]
    assert service["ReadWritePaths"] == [
        "/var/lib/nacelle", "-/run/nacelle", "-/var/lib/nacelle-identity"]


def test_boot_needs_no_network_and_ends_soon():
    boot = unit("nacelle-boot.service")
    assert boot["Service"]["PrivateNetwork"] == ["yes"]
    assert boot["Service"]["TimeoutStartSec"] == ["15s"]
    assert not any("network" in value for key in ("After", "Wants", "Requires")
                   for value in boot["Unit"].get(key, []))


def test_the_application_only_wants_the_boot_unit(tmp_path):
    adopt(tmp_path, "bearing.service")
    drop_in = (tmp_path / "etc/systemd/system/bearing.service.d/50-nacelle.conf").read_text()
    assert "Wants=nacelle-boot.service" in drop_in and "After=nacelle-boot.service" in drop_in
    assert not re.search(r"^(Requires|Requisite|BindsTo|PartOf)=", drop_in, re.M)


def adopt(root, *names, status=0):
    return run(SYSTEMD / "adopt-unit", *names, status=status,
               env={"PATH": "/usr/bin:/bin", "DESTDIR": str(root),
                    "NACELLE_TEMPLATES": str(SYSTEMD)})


def test_adopting_another_unit_takes_the_permission_from_the_first(tmp_path):
    adopt(tmp_path, "bearing.service")
    adopt(tmp_path, "camera@left.service")
    rules = (tmp_path / "etc/polkit-1/rules.d/60-nacelle-application.rules").read_text()
    assert '=== "camera@left.service"' in rules and "bearing" not in rules
    assert not (tmp_path / "etc/systemd/system/bearing.service.d").exists()
    adopt(tmp_path, "--none")
    assert not (tmp_path / "etc/polkit-1/rules.d/60-nacelle-application.rules").exists()
    assert not (tmp_path / "etc/systemd/system/camera@left.service.d").exists()


@pytest.mark.parametrize("name", [
    "", "bearing", "bearing.socket", ".service", 'a" || true || "b.service', "a\nb.service",
    "../x.service", "a/b.service", "nacelle.service", "nacelle-boot.service", "systemd-logind.service",
    "dbus.service", "bearing@.service", "a*.service", "a&b.service"])
def test_a_name_that_could_mean_something_else_is_refused(tmp_path, name):
    adopt(tmp_path, name, status=64)
    assert list(tmp_path.iterdir()) == []


def test_the_rule_names_what_it_permits_and_answers_nothing_else():
    rule = (SYSTEMD / "60-nacelle-prove.rules").read_text()
    code = "\n".join(line for line in rule.splitlines() if not line.startswith("//"))
    assert sorted(set(re.findall(r'"([^"]*)"', code))) == [
        "nacelle", "nacelle-prove@a.service", "nacelle-prove@b.service",
        "org.freedesktop.systemd1.manage-units", "start", "stop", "unit", "verb"]
    assert code.count("Result.YES") == 1 and "spawn" not in code and "test(" not in code
