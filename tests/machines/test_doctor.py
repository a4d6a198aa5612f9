"""The doctor on a machine of his own: beside the fenced service, as root, and mending what install wrote."""

import json
from typing import Any

import pytest

from tests.machines.chat import EMAIL, PASSWORD, Desk
from tests.machines.machine import Machine

pytestmark = pytest.mark.full

FILE = "/root/monodesk"
_OF_THE_MACHINE = {"clock_kept", "disk_kind", "disk_space", "disk_inodes"}  # of the one below, which is anybody's


def examined(machine: Machine) -> dict[str, Any]:
    told = json.loads(machine.run("monodesk", "doctor", "--deep", "--json", check=False).stdout)
    return {finding["id"]: finding for finding in told["findings"]}


def test_a_new_service_is_well_and_a_changed_unit_is_mended_by_the_printed_command(fresh: Machine) -> None:
    fresh.run(FILE, "install", "--listen", "127.0.0.1:8080")
    fresh.run("monodesk", "setup", "--email", EMAIL, given=PASSWORD)
    findings = examined(fresh)
    ill = {name: one for name, one in findings.items() if one["state"] in ("wrong", "warning")}
    assert ill.keys() <= _OF_THE_MACHINE, ill
    live = ("server", "port", "writes", "descriptors", "settings_changed", "installation", "owner", "permissions")
    assert {findings[name]["state"] for name in live} == {"fine"}
    owners = fresh.run("find", "/var/lib/monodesk", "!", "-user", "monodesk").stdout
    assert owners == "", "root has looked, and left nothing of his"

    desk = Desk(8080)
    fresh.inside(desk.sign_in)
    within = fresh.inside(desk.health)  # by the service itself, from behind its fence
    assert {one["state"] for name, one in within.items() if name in live} == {"fine"}
    unseen = [one for one in within.values() if "could not be seen" in one["found"]["en"]]
    assert not unseen

    unit = fresh.root / "etc/systemd/system/monodesk.service"
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes\n", ""))
    changed = examined(fresh)["installation"]
    assert (changed["state"], str(unit.name) in changed["found"]["en"]) == ("wrong", True)
    fresh.run("sh", "-c", changed["command"])
    assert examined(fresh)["installation"]["state"] == "fine"
    assert "NoNewPrivileges" in unit.read_text()
    assert fresh.inside(lambda: desk.status("/readyz")) == 200

    configuration = fresh.root / "var/lib/monodesk/config.toml"
    configuration.write_text(configuration.read_text() + 'log_level = "debug"\n')
    waits = examined(fresh)["settings_changed"]
    assert (waits["state"], waits["command"]) == ("warning", "systemctl restart monodesk.service")
    fresh.run("sh", "-c", waits["command"])
    assert examined(fresh)["settings_changed"]["state"] == "fine"

    fresh.run("chown", "root", "/var/lib/monodesk/keys")
    stolen = examined(fresh)["owner"]
    assert stolen["state"] == "wrong"
    fresh.run("sh", "-c", stolen["command"])
    assert examined(fresh)["owner"]["state"] == "fine"
