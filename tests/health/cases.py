"""Each check really broken once: healthy, broken, mended; by the command it prints wherever that is one of ours.

A case is a generator: it yields `healthy`, `broken` (or `warned`) and `mended` where the doctor is to be asked.
"""

import fcntl
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.certificates import pair as certificates
from installer import layout
from installer.machine import Machine
from tests.abuse.test_time import library
from tests.commands.test_adapter import store
from tests.faults.shim import Shim
from tests.faults.test_full_disk import fill
from tests.health.patient import Case, Patient
from tests.installer.installation import installed
from tests.installer.machines import FakeKernel
from tests.installer.source_files import write_file
from tests.installer.test_upgrade_killed import run_killed
from tests.journeys.appliance import SOURCE, free_port
from tests.journeys.desk import Desk
from tests.mail.dovecot import PASSWORD as MAIL_PASSWORD
from tests.mail.dovecot import USER as MAIL_USER
from tests.mail.dovecot import Dovecot
from tests.storage.mounts import mounted

STORE = """\
source: store
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/orders", retry: {times: 0}}
records: {at: list, id: sn}
follow: {every: 1h}
map: {id: sn}
deliver: {to: orders}
"""
CASES: dict[str, Case] = {}
FULL: set[str] = set()  # those that need root or a compiler, or take long
_DAY_SECONDS = 86_400


def breaks(check: str, *, full: bool = False) -> Callable[[Case], Case]:
    """Register the case of one check."""

    def register(case: Case) -> Case:
        assert check not in CASES
        CASES[check] = case
        if full:
            FULL.add(check)
        return case

    return register


# --- process ----------------------------------------------------------------------------------------------------


@breaks("configuration")
def a_key_that_does_not_exist(patient: Patient) -> Iterator[str]:
    patient.configure('log_level = "info"')
    yield "healthy"
    patient.configure("log_levle = 3")
    yield "broken"
    assert "log_level" in patient.found("configuration").found.en
    patient.configure('log_level = "info"')
    yield "mended"


@breaks("server", full=True)
def a_server_that_is_stopped(patient: Patient) -> Iterator[str]:
    server = patient.start()
    yield "healthy"
    os.kill(server.pid, signal.SIGSTOP)
    yield "broken"
    patient.mend("server")
    yield "mended"
    assert server.ready(), "it went on, and was not killed"


@breaks("descriptors")
def too_few_descriptors_for_the_connections(patient: Patient) -> Iterator[str]:
    patient.configure("[limits]", "connections_max = 1200", "descriptors = 2000")
    patient.start()
    yield "healthy"
    patient.stop()
    patient.start(command=("sh", "-c", 'ulimit -n 900 && exec "$0" "$@"', *SOURCE))
    yield "warned"
    patient.stop()
    command = patient.found("descriptors")
    assert command.state == "fine", "this shell's own limit is wide enough"
    patient.start()
    yield "mended"


@breaks("memory")
def more_connections_than_memory(patient: Patient) -> Iterator[str]:
    patient.configure("[limits]", "connections_max = 1000")
    yield "healthy"
    patient.configure("[limits]", "connections_max = 500000000")
    yield "warned"
    patient.configure("[limits]", "connections_max = 1000")
    yield "mended"


@breaks("settings_changed")
def a_machine_that_shrinks_under_the_server(patient: Patient) -> Iterator[str]:
    patient.environment["MONODESK_TUNE"] = "true"
    server = patient.start()
    yield "healthy"
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (700, 700))
    yield "warned"
    assert "limits.connections_max" in patient.found("settings_changed").found.en
    patient.mend("settings_changed")
    yield "mended"


# --- database ---------------------------------------------------------------------------------------------------


@breaks("database")
def a_page_of_the_database_that_was_overwritten(patient: Patient) -> Iterator[str]:
    with_a_message(patient)
    patient.stop()
    patient.run("backup", str(patient.data / "backups" / f"monodesk-{stamp()}.zip"))
    yield "healthy"
    with patient.database.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xa5" * 40 * 4_096)
    yield "broken"
    patient.mend("database")
    yield "mended"
    with closing(sqlite3.connect(patient.database)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (1,)


@breaks("database_library")
def the_machines_own_old_sqlite(patient: Patient) -> Iterator[str]:
    yield "healthy"
    code = (
        "import sys, types\n"
        "sys.modules['pysqlite3'] = types.ModuleType('pysqlite3')\n"
        "import sqlite3\n"
        "sys.modules['pysqlite3.dbapi2'] = sqlite3.dbapi2\n"
        "from app.health.database import CHECKS\n"
        "(check,) = [one for one in CHECKS if one.id == 'database_library']\n"
        "told = check.look(None)\n"
        "print(told.state, told.found.en)\n"
    )
    done = subprocess.run(["/usr/bin/env", *SOURCE[:1], "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("wrong SQLite 3."), f"is the machine's SQLite new by now? {done.stdout}"
    yield "mended"  # nothing was changed here: this process has ours


@breaks("database_schema")
def a_database_of_a_later_version(patient: Patient) -> Iterator[str]:
    migrated(patient)
    yield "healthy"
    pragma(patient, "user_version = 99")
    yield "broken"
    pragma(patient, f"user_version = {len(list((ROOT_MIGRATIONS).glob('*.sql')))}")
    yield "mended"


@breaks("database_log")
def a_log_that_a_reader_keeps_from_being_emptied(patient: Patient) -> Iterator[str]:
    patient.configure("[limits]", "wal_bytes_max = 2000000")
    patient.start()
    yield "healthy"
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM meta").fetchone()
        with closing(sqlite3.connect(patient.database, isolation_level=None)) as writer:
            for number in range(30):
                ballast = {"key": f"ballast {number % 2}", "value": "x" * 400_000}
                writer.execute("INSERT OR REPLACE INTO meta VALUES (:key, :value)", ballast)
        yield "broken"
    patient.mend("database_log")
    yield "mended"


@breaks("writes", full=True)
def a_disk_that_fails_to_sync(patient: Patient) -> Iterator[str]:
    with Shim(patient.data) as shim:
        server = patient.start(environment=shim.environment)
        yield "healthy"
        deadline = time.monotonic() + 90
        while patient.found("writes").state != "wrong":
            assert time.monotonic() < deadline, "no sync failed"
            shim.arm(2, "EIO")
            server.get("/readyz")
            time.sleep(0.5)
        shim.rest()
        yield "broken"
        patient.mend("writes")
        yield "mended"


@breaks("outbox")
def a_task_that_was_given_up(patient: Patient) -> Iterator[str]:
    with_a_message(patient)
    yield "healthy"
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO outbox (topic, key, payload, state, attempts, error, created_at)"
            " VALUES ('search', 'x', x'31', 'dead', 12, 'OSError: no space', 1)"
        )
    yield "broken"
    assert "no space" in patient.found("outbox").found.en
    patient.mend("outbox")
    yield "mended"


@breaks("audit")
def an_entry_of_the_audit_log_that_was_changed(patient: Patient) -> Iterator[str]:
    with_a_message(patient)
    patient.stop()
    patient.run("backup", str(patient.data / "backups" / f"monodesk-{stamp()}.zip"))
    yield "healthy"
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_stays")
        connection.execute("UPDATE audit SET actor_name = 'somebody else' WHERE number = 1")
    yield "broken"
    assert "entry 1 " in patient.found("audit").found.en
    patient.mend("audit")
    yield "mended"


# --- disk -------------------------------------------------------------------------------------------------------


@breaks("disk_space", full=True)
def a_full_disk(patient: Patient) -> Iterator[str]:
    with mounted(patient.data, "-t", "tmpfs", "-o", "size=24m", "tmpfs"):
        patient.configure("[limits]", "disk_reserve_bytes = 4000000")
        yield "healthy"
        ballast = fill(patient.data)
        yield "broken"
        ballast.unlink()
        yield "mended"


@breaks("disk_inodes", full=True)
def a_disk_without_inodes(patient: Patient) -> Iterator[str]:
    with mounted(patient.data, "-t", "tmpfs", "-o", "size=24m,nr_inodes=2500", "tmpfs"):
        yield "healthy"
        files = [patient.data / str(number) for number in range(2_400)]
        for file in files:
            file.touch()
        yield "broken"
        for file in files:
            file.unlink()
        yield "mended"


@breaks("disk_kind", full=True)
def a_data_folder_in_memory(patient: Patient) -> Iterator[str]:
    image = patient.folder / "disk"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True, timeout=60)
    with mounted(patient.data, "-o", "loop", str(image)):
        yield "healthy"
    with mounted(patient.data, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        yield "broken"
    with mounted(patient.data, "-o", "loop", str(image)):
        yield "mended"


# --- backups ----------------------------------------------------------------------------------------------------


@breaks("backup_age")
def a_backup_of_three_days_ago(patient: Patient) -> Iterator[str]:
    migrated(patient)
    backups = patient.data / "backups"
    patient.run("backup", str(backups / f"monodesk-{stamp()}.zip"))
    yield "healthy"
    (archive,) = backups.glob("*.zip")
    archive.rename(backups / f"monodesk-{stamp(days=-3)}.zip")
    yield "broken"
    patient.mend("backup_age")
    yield "mended"


@breaks("backup_last")
def a_scheduled_backup_without_its_passphrase(patient: Patient) -> Iterator[str]:
    secret = patient.folder / "passphrase"
    secret.write_text("four unrelated words here\n")
    secret.chmod(0o600)
    quick = ("backup_settle_seconds = 0.1", "backup_look_seconds = 0.1", "backup_retry_seconds = 0.5")
    patient.configure("[backups]", f'passphrase_file = "{secret}"', "[limits]", *quick)
    patient.start()
    until(lambda: list((patient.data / "backups").glob("*.zip")) != [])
    yield "healthy"
    patient.stop()
    (archive,) = (patient.data / "backups").glob("*.zip")
    archive.unlink()
    secret.rename(secret.with_name("elsewhere"))
    patient.start()
    until(lambda: patient.found("backup_last").state == "wrong")
    yield "broken"
    secret.with_name("elsewhere").rename(secret)
    until(lambda: patient.found("backup_last").state == "fine")
    yield "mended"


@breaks("backup_readable")
def a_backup_in_which_a_byte_has_changed(patient: Patient) -> Iterator[str]:
    migrated(patient)
    archive = patient.data / "backups" / f"monodesk-{stamp()}.zip"
    patient.run("backup", str(archive))
    yield "healthy"
    with archive.open("r+b") as file:
        file.seek(archive.stat().st_size // 2)
        file.write(b"\x5a" * 64)
    yield "broken"
    patient.mend("backup_readable")
    yield "mended"


# --- files ------------------------------------------------------------------------------------------------------


@breaks("files_missing")
def a_file_that_somebody_has_removed(patient: Patient) -> Iterator[str]:
    server = patient.start()
    with Desk.founded(patient.data, server.port) as desk:
        desk.upload("notes.txt", b"what was agreed on")
    patient.run("backup", str(patient.data / "backups" / f"monodesk-{stamp()}.zip"))
    patient.stop()
    yield "healthy"
    for file in (patient.data / "files").glob("??/*"):
        file.unlink()
    yield "broken"
    patient.mend("files_missing")
    yield "mended"


@breaks("files_orphaned")
def a_file_that_nothing_names(patient: Patient) -> Iterator[str]:
    migrated(patient)
    yield "healthy"
    stray = patient.data / "files" / "ab" / "abcdefghij0123456789"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left over")
    old = time.time() - 3 * _DAY_SECONDS
    os.utime(stray, (old, old))
    yield "warned"
    patient.environment["MONODESK_LIMITS_HOUSEKEEPING_SECONDS"] = "0.2"
    patient.mend("files_orphaned")
    yield "mended"


# --- folder -----------------------------------------------------------------------------------------------------


@breaks("permissions")
def a_key_that_everybody_may_read(patient: Patient) -> Iterator[str]:
    migrated(patient)
    key = patient.data / "keys" / "a name with 'quotes'.key"
    key.touch(mode=0o600)
    yield "healthy"
    key.chmod(0o640)
    yield "warned"
    key.chmod(0o644)
    patient.data.chmod(0o755)
    yield "broken"
    patient.mend("permissions")
    yield "mended"
    assert [path.stat().st_mode & 0o777 for path in (key, patient.data)] == [0o600, 0o700]


@breaks("owner", full=True)
def a_file_of_another_user(patient: Patient) -> Iterator[str]:
    migrated(patient)
    yield "healthy"
    os.chown(patient.database, 12_345, 12_345)
    yield "broken"
    patient.mend("owner")
    yield "mended"


@breaks("log_folder")
def a_log_folder_that_was_removed(patient: Patient) -> Iterator[str]:
    patient.start()
    yield "healthy"
    shutil.rmtree(patient.data / "logs")
    yield "broken"
    patient.mend("log_folder")
    yield "mended"
    assert patient.server.ready()
    assert (patient.data / "logs" / "monodesk.log").exists()


@breaks("leftovers")
def a_folder_of_a_start_that_was_killed(patient: Patient) -> Iterator[str]:
    root = patient.folder / "root"
    (root / "tmp").mkdir(parents=True)
    patient.machine = Machine(root=root)
    yield "healthy"
    left = root / "tmp" / "_MEI0000002aXy7kQ1"
    left.mkdir()
    (left / ".monodesk").touch()
    held = os.open(left, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)  # as every process of the one file does
    assert patient.found("leftovers").state == "fine", "who lives from it holds a lock"
    os.close(held)
    yield "warned"
    patient.mend("leftovers")
    yield "mended"


# --- clock ------------------------------------------------------------------------------------------------------


@breaks("clock", full=True)
def a_clock_that_is_behind_what_is_stored(patient: Patient) -> Iterator[str]:
    patient.start()
    patient.stop()
    yield "healthy"
    fast = {"LD_PRELOAD": str(library()), "FAKETIME": "+2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    patient.start(environment=fast)
    say(patient)
    patient.stop()
    yield "broken"
    with closing(sqlite3.connect(patient.database)) as connection, connection:
        connection.execute("UPDATE messages SET at = at - 2 * 86400000")  # as two days later
    yield "mended"


@breaks("clock_steady", full=True)
def a_clock_that_somebody_sets(patient: Patient) -> Iterator[str]:
    offset = patient.folder / "offset"
    offset.write_text("+0s\n")
    moved = {"LD_PRELOAD": str(library()), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1"}
    quick = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "MONODESK_LIMITS_CLOCK_LOOK_SECONDS": "0.2"}
    patient.start(environment=moved | quick)
    yield "healthy"
    offset.write_text("-3600s\n")
    until(lambda: patient.found("clock_steady").state == "warning")
    yield "warned"
    assert "-3600 s" in patient.found("clock_steady").found.en
    patient.stop()
    patient.start()
    yield "mended"


@breaks("clock_kept")
def a_clock_that_nobody_keeps(patient: Patient) -> Iterator[str]:
    patient.machine = Machine(kernel=FakeKernel(synchronised=True))
    yield "healthy"
    patient.machine = Machine(kernel=FakeKernel(synchronised=False))
    yield "warned"
    patient.machine = Machine(kernel=FakeKernel(synchronised=True))
    yield "mended"


@breaks("time_zone")
def a_zone_that_does_not_exist(patient: Patient) -> Iterator[str]:
    patient.environment["TZ"] = "Europe/Berlin"
    yield "healthy"
    patient.environment["TZ"] = "Mars/Olympus"
    yield "broken"
    patient.environment["TZ"] = "CST-8"
    yield "mended"


# --- network ----------------------------------------------------------------------------------------------------


@breaks("certificate")
def a_certificate_that_has_ended(patient: Patient) -> Iterator[str]:
    pair = (patient.folder / "desk.crt", patient.folder / "desk.key")
    patient.configure("[tls]", 'mode = "files"', f'certificate = "{pair[0]}"', f'key = "{pair[1]}"')
    certify(*pair, days=90)
    yield "healthy"
    certify(*pair, days=5)
    assert patient.found("certificate").state == "warning"
    certify(*pair, days=-1)
    yield "broken"
    certify(*pair, days=90)
    yield "mended"
    certify(pair[0], patient.folder / "another.key", days=90)
    assert patient.found("certificate").state == "wrong", "a key of another certificate"


@breaks("port")
def a_port_that_another_program_has(patient: Patient) -> Iterator[str]:
    port = free_port()
    patient.environment["MONODESK_LISTEN"] = f"127.0.0.1:{port}"
    yield "healthy"
    with socket.create_server(("127.0.0.1", port)):
        yield "broken"
        found = patient.found("port")
        assert f"({os.getpid()})" in found.found.en, "who it is"
        assert f"--listen 127.0.0.1:{port + 1}" in found.command
    yield "mended"


@breaks("proxies")
def a_proxy_that_is_not_trusted(patient: Patient) -> Iterator[str]:
    patient.start()
    yield "healthy"
    forwarded(patient, 30)
    yield "warned"
    patient.mend("proxies")
    forwarded(patient, 30)
    yield "mended"
    assert 'trusted_proxies = ["127.0.0.1"]' in patient.config.read_text()


@breaks("mail", full=True)
def a_mail_server_that_is_away(patient: Patient) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    mailbox = Dovecot(folder / "dovecot")
    mailbox.start()
    try:
        yield from _without_its_mail_server(patient, mailbox)
    finally:
        mailbox.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _without_its_mail_server(patient: Patient, mailbox: Dovecot) -> Iterator[str]:
    migrated(patient)
    secret = patient.data / "keys" / "mail-test.secret"
    secret.parent.mkdir(mode=0o700, exist_ok=True)
    secret.write_text(MAIL_PASSWORD)
    secret.chmod(0o600)
    with closing(sqlite3.connect(patient.data / "monodesk.db")) as database, database:
        database.execute("INSERT INTO inboxes (id, name, created_at, kind) VALUES (?, 'Mail', 1, 'email')", ("0" * 26,))
        database.execute(
            "INSERT INTO mailboxes (inbox_id, address, host, port, security, username, secret) "
            "VALUES (?, ?, 'localhost', ?, 'none', ?, 'file:mail-test.secret')",
            ("0" * 26, MAIL_USER, mailbox.port, MAIL_USER),
        )
    patient.configure("[limits]", "mail_retry_seconds_min = 0.2", "mail_retry_seconds_max = 0.5")
    patient.start()
    until(lambda: patient.found("mail").state == "fine")
    yield "healthy"
    mailbox.stop()
    until(lambda: patient.found("mail").state == "warning")
    yield "warned"
    mailbox.start()
    until(lambda: patient.found("mail").state == "fine")
    yield "mended"


@breaks("sources")
def a_store_that_is_away(patient: Patient) -> Iterator[str]:
    port = free_port()
    patient.configure("[limits]", "source_trouble_seconds = 0.1")
    (patient.data / "adapters").mkdir(mode=0o700)
    (patient.data / "adapters" / "store.yaml").write_text(STORE % {"port": port})
    with store(port):
        patient.start()
        until(lambda: patient.found("sources").state == "fine")
        yield "healthy"
    with suppress(AssertionError):  # it says that nobody answers
        patient.run("adapter", "run", "store")
    until(lambda: patient.found("sources").state == "warning")
    yield "warned"
    with store(port):
        patient.mend("sources")
        yield "mended"


@breaks("installation")
def a_start_script_that_was_changed(patient: Patient) -> Iterator[str]:
    prefix = patient.folder
    made = layout.of_portable(prefix)
    made.version("1.0.0").mkdir(parents=True)
    layout.point(made, "1.0.0")
    script = prefix / "start.sh"
    script.write_text("exec monodesk serve\n")
    record = layout.Record(
        target="portable",
        version="1.0.0",
        data=str(patient.data),
        source="",
        files={str(script): layout.digest(script)},
    )
    layout.write(prefix, record)
    yield "healthy"
    script.write_text("exec monodesk serve --workers 9\n")
    yield "broken"
    assert f"rm -f {script} && {made.program} install --target portable" in patient.found("installation").command
    script.write_text("exec monodesk serve\n")
    made.version("0.9.0").mkdir()
    layout.point(made, "0.9.0")
    patient.mend("installation")  # the link
    yield "mended"


@breaks("upgrade", full=True)
def an_upgrade_that_was_killed(patient: Patient) -> Iterator[str]:
    with installed(patient.folder) as made:
        patient.data = made.layout.data
        file = write_file(patient.folder / "desk", "1.1.0")
        made.server.start()
        patient.adopt(made.server)
        yield "healthy"
        assert run_killed(made, "1:os.rename .current.new current", "upgrade", file, "--allow-unsigned")[0] < 0
        yield "broken"
        patient.mend("upgrade")
        yield "mended"
        assert made.layout.points_to() == "1.0.0"


# --- steps ------------------------------------------------------------------------------------------------------

ROOT_MIGRATIONS = Path(__file__).parents[2] / "app" / "storage" / "migrations"


def stamp(days: int = 0) -> str:
    """A moment as the names of archives have it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y%m%d-%H%M%S")


def migrated(patient: Patient) -> None:
    """A data folder as a server leaves it."""
    patient.start()
    patient.stop()


def with_a_message(patient: Patient) -> None:
    """A server over a conversation of one message."""
    patient.start()
    say(patient)


def say(patient: Patient) -> None:
    with Desk.founded(patient.data, patient.server.port) as desk:
        token, _ = desk.visitor(desk.inbox())
        own = {"Authorization": f"Bearer {token}", "Idempotency-Key": "0" * 32}
        desk.ask("POST", "/api/v1/visitor/messages", {"text": "hello", "files": []}, own)


def pragma(patient: Patient, words: str) -> None:
    with closing(sqlite3.connect(patient.database)) as connection:
        connection.execute(f"PRAGMA {words}")


def until(there: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def forwarded(patient: Patient, count: int) -> None:
    """Requests as a proxy passes them on."""
    for number in range(count):
        patient.server.send("GET", "/api/v1/setup", headers={"X-Forwarded-For": f"203.0.113.{number}"})


def certify(certificate: Path, key: Path, days: float) -> None:
    """A certificate that ends in so many days, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now, secret = time.time(), certificates.new_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desk.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(certificates.moment(now - 90 * _DAY_SECONDS))
        .not_valid_after(certificates.moment(now + days * _DAY_SECONDS))
        .add_extension(certificates.alternative_names(["desk.example"]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    if key.name != "another.key":
        key.write_bytes(certificates.key_pem(secret))
        key.chmod(0o600)
