"""The downloaded file on a Debian with nothing on it: installed, served, talked to, rebooted, removed."""

import json
import re
import stat
import time
import zipfile

import pytest

from app import __version__
from tests.machines.chat import EMAIL, PASSWORD, Desk
from tests.machines.machine import Machine
from tests.machines.traces import files

pytestmark = pytest.mark.full

FILE = "/root/monodesk"
NOTHING_TO_DO = "Nothing to do: it is installed as it should be.\n"
SECONDS_TO_INSTALL_MAX = 10.0
THREE_TIMES = 3.0  # a promise of the product is held with three times the margin: this machine is shared
SCORE_MAX = 2.0


def test_installed_talked_to_rebooted_and_removed(fresh: Machine) -> None:
    before = files(fresh.root)
    began = time.monotonic()
    said = fresh.run(FILE, "install", "--listen", "0.0.0.0:80").stdout
    assert time.monotonic() - began < SECONDS_TO_INSTALL_MAX * THREE_TIMES
    assert "monodesk setup --link" in said
    desk = Desk(80)
    assert fresh.inside(lambda: desk.status("/readyz")) == 200
    fresh.run("monodesk", "setup", "--email", EMAIL, given=PASSWORD)
    fresh.inside(desk.sign_in)
    token, conversation = fresh.inside(lambda: desk.answered_chat("hello?", "here we are"))

    completion = "source /usr/local/share/bash-completion/completions/monodesk && complete -p monodesk"
    assert fresh.run("bash", "-c", completion).stdout == "complete -F _monodesk monodesk\n"

    assert fresh.run(FILE, "install", "--listen", "0.0.0.0:80").stdout == NOTHING_TO_DO
    assert fresh.run("stat", "--format=%U %a", "/var/lib/monodesk").stdout == "monodesk 700\n"
    assert fresh.run("find", "/var/lib/monodesk", "!", "-user", "monodesk").stdout == ""

    fresh.reboot()
    assert fresh.inside(lambda: desk.status("/readyz")) == 200
    assert fresh.inside(lambda: desk.conversations(token)) == [conversation]
    assert json.loads(fresh.run("monodesk", "status", "--json").stdout)["running"] is True
    _is_backed_up_where_root_says(fresh)
    _is_looked_into(fresh)

    fresh.run("monodesk", "uninstall", "--purge")
    assert fresh.inside(lambda: desk.status("/readyz")) == 0
    assert files(fresh.root) == before


def _is_looked_into(fresh: Machine) -> None:
    """Log, installation, and the bundle for who helps, with the journal that a real systemd has kept."""
    assert "serving" in fresh.run("monodesk", "logs", "-n", "20").stdout
    status = json.loads(fresh.run("monodesk", "status", "--json").stdout)
    there = (status["installed_version"], status["target"], status["prefix"])
    assert there == (__version__, "systemd", "/opt/monodesk")
    fresh.run("monodesk", "support-bundle", "/root/desk.zip")
    with zipfile.ZipFile(fresh.root / "root/desk.zip") as bundle:
        journal = [json.loads(line).get("text") for line in bundle.read("journal.jsonl").splitlines()]
        unit = bundle.read("unit.txt").decode()
        assert json.loads(bundle.read("install.json"))["serves_this_folder"]
    assert {"tuned to this machine", "serving"} <= set(journal)
    assert "NoNewPrivileges=yes" in unit.splitlines()


def test_a_second_start_on_the_same_data_is_refused_and_the_service_comes_back_when_killed(fresh: Machine) -> None:
    fresh.run(FILE, "install", "--listen", "127.0.0.1:8080")
    pid = _main_process(fresh)
    refused = fresh.run("monodesk", "serve", "--data", "/var/lib/monodesk", "--listen", "127.0.0.1:9090", check=False)
    assert refused.returncode == 1
    assert f"Process {pid} already serves" in refused.stderr

    fresh.run("systemctl", "kill", "--signal=KILL", "monodesk")
    deadline = time.monotonic() + SECONDS_TO_INSTALL_MAX * THREE_TIMES
    while _main_process(fresh) in (pid, "0") or fresh.inside(lambda: Desk(8080).status("/readyz")) != 200:
        assert time.monotonic() < deadline, fresh.journal("monodesk")


def test_a_reload_reads_the_configuration_again(fresh: Machine) -> None:
    fresh.run(FILE, "install", "--listen", "127.0.0.1:8080")
    pid = _main_process(fresh)
    configuration = fresh.root / "var/lib/monodesk/config.toml"
    configuration.write_text(configuration.read_text() + 'log_level = "nonsense"\n')

    fresh.run("systemctl", "reload", "monodesk")

    deadline = time.monotonic() + SECONDS_TO_INSTALL_MAX * THREE_TIMES
    while "log_level must be one of" not in fresh.journal("monodesk"):  # it says what is wrong, and goes on
        assert time.monotonic() < deadline, fresh.journal("monodesk")
    assert _main_process(fresh) == pid


def test_the_unit_is_fenced_in(fresh: Machine) -> None:
    fresh.run(FILE, "install", "--listen", "0.0.0.0:80")

    said = fresh.run("systemd-analyze", "security", "--no-pager", "monodesk.service", check=False).stdout
    score = re.search(r"Overall exposure level for monodesk.service: ([0-9.]+)", said)
    assert score and float(score[1]) <= SCORE_MAX, said
    assert not fresh.run("systemd-analyze", "verify", "monodesk.service").stderr
    shown = fresh.run("systemctl", "show", "monodesk", "-p", "WatchdogUSec,Type,StatusText,NotifyAccess").stdout
    assert "WatchdogUSec=30s" in shown
    assert "Type=notify" in shown
    assert "StatusText=\n" not in shown  # the server itself has said how it is
    assert "PermissionError" not in fresh.journal("monodesk")


def test_what_fails_is_undone(fresh: Machine) -> None:
    before = files(fresh.root)
    fresh.run("/bin/sh", "-c", "printf '#!/bin/sh\\nexit 1\\n' > /root/systemctl; chmod 755 /root/systemctl")
    failed = fresh.run(FILE, "install", check=False, environment={"PATH": "/root:/usr/sbin:/usr/bin:/sbin:/bin"})

    assert failed.returncode == 1
    assert "systemctl daemon-reload” failed" in failed.stderr
    assert files(fresh.root) == before


def test_uninstall_keeps_the_data_and_a_new_installation_finds_them(fresh: Machine) -> None:
    fresh.run(FILE, "install", "--listen", "127.0.0.1:8080")
    fresh.run("monodesk", "setup", "--email", EMAIL, given=PASSWORD)

    assert "stay" in fresh.run("monodesk", "uninstall").stdout
    assert not (fresh.root / "opt/monodesk").exists()
    assert (fresh.root / "var/lib/monodesk/monodesk.db").exists()

    fresh.run(FILE, "install")
    fresh.inside(Desk(8080).sign_in)


def test_without_any_right_it_lies_in_one_folder(fresh: Machine) -> None:
    fresh.run("useradd", "--create-home", "ann")
    fresh.run("cp", FILE, "/home/ann/file")
    as_ann = ("runuser", "-u", "ann", "--")
    before = files(fresh.root)
    install = (*as_ann, "/home/ann/file", "install", "--prefix", "/home/ann/desk", "--listen", "127.0.0.1:8080")

    refused = fresh.run(*as_ann, "/home/ann/file", "install", "--target", "systemd", check=False)
    assert (refused.returncode, "sudo" in refused.stderr) == (1, True)
    assert "unpack the program" in fresh.run(*install, "--dry-run").stdout
    assert files(fresh.root) == before

    fresh.run(*install)
    assert fresh.run(*install).stdout == NOTHING_TO_DO
    fresh.run(
        "systemd-run", "--collect", "--unit=anns", "--uid=ann", "--service-type=notify", "/home/ann/desk/start.sh"
    )
    desk = Desk(8080)
    program = (*as_ann, "/home/ann/desk/current/monodesk")
    fresh.run(*program, "setup", "--email", EMAIL, given=PASSWORD)
    fresh.inside(desk.sign_in)
    fresh.inside(lambda: desk.answered_chat("hello?", "without any right"))

    refused = fresh.run(*program, "uninstall", "--purge", check=False)
    assert (refused.returncode, "still serves" in refused.stderr) == (1, True)
    fresh.run("systemctl", "stop", "anns")
    fresh.run(*program, "uninstall", "--purge")
    assert files(fresh.root) == before


def test_where_a_user_has_a_systemd_of_his_own_it_is_a_service_of_his(fresh: Machine) -> None:
    fresh.run("useradd", "--create-home", "ann")
    fresh.run("cp", FILE, "/home/ann/file")
    number = fresh.run("id", "-u", "ann").stdout.strip()
    _start_his_systemd(fresh, number)
    his = {"XDG_RUNTIME_DIR": f"/run/user/{number}"}
    as_ann = ("runuser", "-u", "ann", "--")
    before = files(fresh.root)
    install = (*as_ann, "/home/ann/file", "install", "--prefix", "/home/ann/my desk", "--listen", "127.0.0.1:8080")

    fresh.run(*install, environment=his)

    assert fresh.inside(lambda: Desk(8080).status("/readyz")) == 200
    assert fresh.run(*as_ann, "systemctl", "--user", "is-enabled", "monodesk", environment=his).stdout == "enabled\n"
    assert fresh.run(*install, environment=his).stdout == NOTHING_TO_DO
    fresh.run(*as_ann, "/home/ann/my desk/current/monodesk", "uninstall", "--purge", environment=his)
    assert fresh.inside(lambda: Desk(8080).status("/readyz")) == 0
    assert files(fresh.root) == before


def _start_his_systemd(machine: Machine, number: str) -> None:
    """As a sign-in would by PAM, which this smallest Debian does not have."""
    folder = machine.root / "etc/systemd/system/user@.service.d"
    folder.mkdir(parents=True)
    (folder / "without-pam.conf").write_text("[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", f"user@{number}.service")


def _is_backed_up_where_root_says(machine: Machine) -> None:
    """The fenced server could not write there; nothing of it stays in its own folder."""
    told = json.loads(machine.run("monodesk", "backup", "/root/desk.zip", "--json").stdout)
    archive = machine.root / "root" / "desk.zip"
    assert (told["file"], told["bytes"]) == ("/root/desk.zip", archive.stat().st_size)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert zipfile.ZipFile(archive).testzip() is None
    assert list((machine.root / "var/lib/monodesk/backups").glob(".*")) == []
    archive.unlink()
    refused = machine.run("monodesk", "backup", "/proc/desk.zip", check=False)
    assert (refused.returncode, "could not be written" in refused.stderr) == (1, True)


def _main_process(machine: Machine) -> str:
    return machine.run("systemctl", "show", "--property=MainPID", "--value", "monodesk").stdout.strip()
