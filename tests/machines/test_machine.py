"""The machine itself: it boots, is spoken to, keeps its files over a reboot, and leaves nothing behind."""

import socket
from pathlib import Path

import psutil
import pytest

from tests.machines.machine import Machine, machine

pytestmark = pytest.mark.full

_UNIT = """
[Service]
ExecStartPre=/bin/echo it runs
ExecStart=/bin/sleep 1000
[Install]
WantedBy=multi-user.target
"""


def test_a_machine_boots_runs_a_unit_and_reboots(tmp_path: Path) -> None:
    with machine(tmp_path) as debian:
        (debian.root / "etc/systemd/system/try.service").write_text(_UNIT)
        debian.run("systemctl", "daemon-reload")
        debian.run("systemctl", "enable", "--now", "try.service")
        before = debian.run("cat", "/proc/sys/kernel/random/boot_id", "/proc/uptime").stdout
        assert "it runs" in debian.journal("try.service")

        debian.reboot()

        assert debian.run("systemctl", "is-active", "try.service").stdout == "active\n"
        assert debian.run("cat", "/proc/sys/kernel/random/boot_id", "/proc/uptime").stdout != before


def test_its_ports_are_its_own(tmp_path: Path) -> None:
    with machine(tmp_path) as debian:
        assert debian.inside(_listens_on_80) == ("127.0.0.1", 80)
        interfaces = debian.run("ls", "/sys/class/net").stdout.split()
        assert interfaces == ["lo"]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with machine(tmp_path) as debian:
        name, family = debian.name, _family(debian)
        assert any(process.name() == "systemd" for process in family)

    assert not [process for process in family if process.is_running()]
    assert name not in Path("/proc/mounts").read_text()
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").rglob(f"*{name}*"))
    assert not list(Path("/run/systemd/nspawn").rglob(f"*{name}*"))
    assert list(tmp_path.iterdir()) == []


def _listens_on_80() -> object:
    with socket.create_server(("127.0.0.1", 80)) as server:
        return server.getsockname()


def _family(debian: Machine) -> list[psutil.Process]:
    """systemd-nspawn and all that runs in the machine."""
    named = f"--machine={debian.name}"
    (nspawn,) = (one for one in psutil.process_iter(["cmdline"]) if named in (one.info["cmdline"] or ()))
    return [nspawn, *nspawn.children(recursive=True)]
