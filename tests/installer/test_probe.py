"""What the probe says of made-up machines and of this one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installer.advice import NEIGHBOURS, advise
from installer.facts import Fact
from installer.machine import Machine
from installer.probe import probe, resources
from tests.installer.machines import GIB, DeafKernel, FakeKernel, machine
from tests.journeys.appliance import ROOT

SDA = "../../devices/pci0/ata1/block/sda/sda1"
LISTENS = "  sl  local_address rem_address   st\n   0: {address}:{port:04X} 00000000:0000 0A 0 0 0\n"
ALONE = {"/proc/net/tcp": "  sl\n", "/proc/self/status": "CapEff:\t0000000000000000\n"}


def mounted(kind: str, device: str = "8:1", source: str = "/dev/sda1", at: str = "/") -> str:
    return f"21 1 {device} / {at} rw shared:1 - {kind} {source} rw\n"


@pytest.mark.parametrize(
    ("mountinfo", "files", "links", "numbers", "kind"),
    [
        (mounted("ext4"), {"{disk}/sda1/": "", "{disk}/queue/rotational": "0\n"}, {"8:1": SDA}, (8, 1), "solid"),
        (mounted("xfs"), {"{disk}/sda1/": "", "{disk}/queue/rotational": "1\n"}, {"8:1": SDA}, (8, 1), "rotational"),
        (
            mounted("ext4"),
            {"/sys/devices/virtio1/block/vda/queue/rotational": "1\n"},
            {"254:0": "../../devices/virtio1/block/vda"},
            (254, 0),
            "virtual",
        ),
        (mounted("tmpfs", "0:30"), {}, {}, (0, 30), "memory"),
        (mounted("nfs4", "0:31", "office:/desk"), {}, {}, (0, 31), "network"),
        (mounted("overlay", "0:32", "overlay"), {}, {}, (0, 32), "overlay"),
        (mounted("zfs", "0:33", "pool/desk"), {}, {}, (0, 33), "unknown"),
        (mounted("ext4"), {}, {}, (8, 1), "unknown"),
        (
            mounted("btrfs", "0:34", "/dev/sda1"),
            {"{disk}/sda1/": "", "{disk}/queue/rotational": "0\n"},
            {"btrfs": SDA},
            (0, 34),
            "solid",
        ),
    ],
)
def test_the_kind_of_disk(
    tmp_path: Path,
    mountinfo: str,
    files: dict[str, str],
    links: dict[str, str],
    numbers: tuple[int, int],
    kind: str,
) -> None:
    disk = "/sys/devices/pci0/ata1/block/sda"
    places = {"btrfs": "/sys/class/block/sda1"}
    made = machine(
        tmp_path / "root",
        {"/proc/self/mountinfo": mountinfo, **{name.format(disk=disk): text for name, text in files.items()}},
        links={places.get(name, f"/sys/dev/block/{name}"): target for name, target in links.items()},
        kernel=FakeKernel(numbers=numbers),
    )
    assert resources(made, tmp_path).disk_kind.value == kind


def test_the_deepest_mount_counts_and_of_two_at_one_place_the_last(tmp_path: Path) -> None:
    lines = mounted("ext4") + mounted("xfs", at=str(tmp_path)) + mounted("nfs", "0:9", "host:/x", str(tmp_path))
    found = resources(machine(tmp_path / "root", {"/proc/self/mountinfo": lines}), tmp_path / "not" / "yet")
    assert (found.file_system.value, found.disk_kind.value) == ("nfs", "network")


def test_memory_cores_and_descriptors(tmp_path: Path) -> None:
    made = machine(
        tmp_path, {"/proc/meminfo": "MemTotal:  2048 kB\nMemFree: 1 kB\n"}, kernel=FakeKernel(limits=(-1, -1))
    )
    found = resources(made, tmp_path)
    assert (found.memory_bytes, found.cores, found.limited) == (2_048 * 1_024, 4, False)
    assert (found.descriptors_soft.value, found.descriptors_hard.trouble) == (None, "")
    hidden = resources(machine(tmp_path / "empty"), tmp_path)  # ProcSubset=pid in a unit hides meminfo
    assert (hidden.memory_bytes, hidden.memory_total_bytes.signal) == (8 * GIB, "sysconf(3)")


@pytest.mark.parametrize(
    ("files", "environ", "name", "value"),
    [
        ({"/.dockerenv": ""}, {}, "docker", True),
        ({}, {}, "docker", False),
        ({"/run/.containerenv": ""}, {}, "podman", True),
        ({"/run/systemd/container": "podman\n"}, {}, "podman", True),
        ({"/run/systemd/container": "lxc\n"}, {}, "lxc", True),
        ({"/proc/1/environ": "PATH=/\0container=lxc\0"}, {}, "lxc", True),
        ({"/run/systemd/container": "systemd-nspawn\n"}, {}, "nspawn", True),
        ({"/run/systemd/container": "docker\n"}, {}, "nspawn", False),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes", True),
        ({"/var/run/secrets/kubernetes.io/serviceaccount/": ""}, {}, "kubernetes", True),
        ({"/proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n"}, {}, "wsl", True),
        ({"/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n"}, {}, "wsl", False),
        ({"/usr/lib/systemd/libsystemd-shared-247.so": ""}, {}, "systemd_version", 247),
        ({"/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so": ""}, {}, "systemd_version", 257),
        ({"/usr/lib/systemd/libsystemd-shared-252-32.el9.so": ""}, {}, "systemd_version", 252),
        ({}, {}, "systemd_version", None),
        ({"/run/systemd/system/": ""}, {}, "systemd_is_init", True),
        ({"/sys/fs/selinux/enforce": "1"}, {}, "selinux", "enforcing"),
        ({"/sys/fs/selinux/enforce": "0"}, {}, "selinux", "permissive"),
        ({}, {}, "selinux", "off"),
        ({"/proc/77/comm": "firewalld\n"}, {}, "firewalld", True),
        ({"/proc/77/comm": "bash\n"}, {}, "firewalld", False),
    ],
)
def test_what_is_around(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], name: str, value: object
) -> None:
    around = probe(machine(tmp_path, files, environ=environ), tmp_path).surroundings
    fact: Fact[object] = getattr(around, name)
    assert (fact.value, bool(fact.signal)) == (value, True)


def test_ports_that_are_taken_or_not_allowed(tmp_path: Path) -> None:
    files = {
        **ALONE,
        "/proc/net/tcp": LISTENS.format(address="0100007F", port=80),
        "/proc/net/tcp6": LISTENS.format(address="0" * 32, port=8080),
        "/proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n",
    }
    facts = probe(machine(tmp_path, files), tmp_path)
    told = {port.number: (port.free.value, port.allowed.value) for port in facts.surroundings.ports}
    assert told == {80: (False, False), 443: (True, False), 8080: (False, True)}
    said = " ".join(words.en for words in advise(facts))
    assert "listens on 80, 8080" in said and "may not listen on 443" in said
    with_right = {**files, "/proc/self/status": "CapEff:\t0000000000000400\n"}
    facts = probe(machine(tmp_path / "right", with_right), tmp_path)
    assert all(port.allowed.value for port in facts.surroundings.ports)


def test_neighbours_are_told_once_by_the_strongest_signal(tmp_path: Path) -> None:
    files = {
        **ALONE,
        "/proc/net/tcp": LISTENS.format(address="0100007F", port=5432),
        "/proc/net/tcp6": LISTENS.format(address="0" * 32, port=6379),
        "/proc/20/comm": "postgres\n",
        "/proc/21/comm": "postgres\n",
        "/proc/22/comm": "valkey-server\n",
        "/proc/23/comm": "nginx\n",
        "/run/mysqld/mysqld.sock": "",
    }
    facts = probe(machine(tmp_path, files), tmp_path)
    assert [(one.kind, one.signal) for one in facts.neighbours] == [
        ("mysql", "/run/mysqld/mysqld.sock"),
        ("nginx", "/proc/23/comm: nginx"),
        ("postgresql", "/proc/20/comm: postgres"),
        ("valkey", "/proc/22/comm: valkey-server"),
    ]
    said = [words.en for words in advise(facts)]
    assert any("trusted_proxies" in words for words in said)
    assert any(words.startswith("PostgreSQL runs here") for words in said)


def test_a_gofly_is_told_with_its_database_and_without_its_password(tmp_path: Path) -> None:
    written = {"Server": "10.0.0.9", "Port": "3307", "Database": "kefu", "Username": "fly", "Password": "canary"}
    made = machine(
        tmp_path,
        {**ALONE, "/proc/30/comm": "go-fly\n", "/opt/fly/config/mysql.json": json.dumps(written)},
        links={"/proc/30/cwd": "/opt/fly"},
    )
    facts = probe(made, tmp_path)
    (gofly,) = facts.neighbours
    assert gofly.details == {
        "folder": "/opt/fly", "host": "10.0.0.9", "port": "3307", "database": "kefu", "user": "fly"
    }  # fmt: skip
    assert "canary" not in repr(facts)
    (words,) = [one for one in advise(facts) if "gofly" in one.en]
    assert "mysqldump --single-transaction kefu" in words.en and "10.0.0.9:3307" in words.zh


def test_every_neighbour_and_every_bad_sign_has_advice_in_both_languages(tmp_path: Path) -> None:
    files = {
        **ALONE,
        **{f"/proc/{number}/comm": f"{name}\n" for number, name in enumerate(("mysqld", "redis-server", "gofly"), 40)},
        "/proc/meminfo": "MemTotal: 131072 kB\n",
        "/proc/self/mountinfo": mounted("tmpfs", "0:5", "tmpfs"),
        "/.dockerenv": "",
        "/proc/60/comm": "firewalld\n",
        "/sys/fs/selinux/enforce": "1",
        "/proc/sys/kernel/osrelease": "microsoft\n",
    }
    kernel = FakeKernel(limits=(1_024, 1_024), synchronised=False)
    said = advise(probe(machine(tmp_path, files, kernel=kernel), tmp_path))
    for sign in (
        "256 MB",
        "in memory",
        "1024 descriptors",
        "clock",
        "container",
        "WSL",
        "SELinux",
        "firewalld",
        "gofly",
    ):
        assert any(sign in words.en for words in said), sign
    assert all(any("一" <= sign <= "鿿" for sign in words.zh) for words in said)
    assert set(NEIGHBOURS) == {"postgresql", "mysql", "valkey", "redis", "nginx", "gofly"}


def test_a_machine_that_tells_nothing_stops_nothing(tmp_path: Path) -> None:
    facts = probe(machine(tmp_path, kernel=DeafKernel()), tmp_path)
    assert (facts.resources.memory_bytes, facts.resources.cores) == (None, 1)
    assert facts.resources.disk_kind.value == "unknown"
    assert "Operation not permitted" in facts.resources.processors.trouble
    assert "FileNotFoundError" in facts.neighbours_trouble
    assert any("could not be read" in words.en for words in advise(facts))


def test_this_machine_is_what_the_system_says_it_is(tmp_path: Path) -> None:
    found = resources(Machine(environ=os.environ), tmp_path)
    assert found.processors.value == len(os.sched_getaffinity(0))
    assert found.memory_bytes is not None
    assert found.memory_bytes <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told = subprocess.run(["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True, check=True).stdout
    assert (found.file_system.value or "none")[:3] in told
    assert not [fact for fact in (found.memory_total_bytes, found.file_system, found.disk_free_bytes) if fact.trouble]


@pytest.mark.parametrize(("language", "memory"), [("C.UTF-8", "memory limit"), ("zh_CN.UTF-8", "内存上限")])
def test_the_command_tells_it_in_the_readers_language(tmp_path: Path, language: str, memory: str) -> None:
    began = time.monotonic()
    done = command("--data", str(tmp_path), language=language)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 3 * 1.0  # a second is promised
    rows = [line for line in done.stdout.splitlines() if not line.startswith("! ")]
    assert sum(line.startswith(memory) for line in rows) == 1
    assert len(rows) >= 24
    assert any("/proc/meminfo" in line for line in rows)


def test_the_command_speaks_to_machines(tmp_path: Path) -> None:
    told = json.loads(command("--json", "--data", str(tmp_path)).stdout)
    assert set(told) == {"resources", "surroundings", "neighbours", "neighbours_trouble", "advice"}
    assert told["resources"]["processors"]["signal"] == "sched_getaffinity(2)"
    assert all(set(words) == {"en", "zh"} for words in told["advice"])


def command(*options: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "probe", *options],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": language},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
