"""Debian's dovecot on the loopback: a real IMAP server with one mailbox, whose mails are files in a folder."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from app.mail.relay import NewServer
from app.model.mail import Security

USER, PASSWORD = "support@shop.example", 'a "mail\\box" password 密'
_SECONDS_TO_BE_READY_MAX = 60.0


class Dovecot:
    """Runs until `stop`, its files in `folder`; with `tls` (a PEM of certificate and key) it speaks TLS as well."""

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        self.folder = folder
        self.port = 0
        self.tls_port = 0
        self._tls = tls
        self._program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip(
            "no dovecot: apt install dovecot-imapd"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def start(self) -> None:
        """Run, and wait until it greets."""
        self.port, self.tls_port = self.port or _free_port(), self.tls_port or _free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        conf = self.folder / "dovecot.conf"
        conf.write_text(self._configuration(), encoding="utf-8")
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        log = (self.folder / "out.log").open("wb")
        self._process = subprocess.Popen([self._program, "-F", "-c", str(conf)], stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
        while not self._greets():
            assert self._process.poll() is None, (self.folder / "out.log").read_text()
            assert time.monotonic() < deadline, "dovecot does not greet"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    @property
    def new(self) -> Path:
        return self.folder / "mail" / "new"

    def deliver(self, mail: bytes) -> None:
        """Put a mail into the mailbox, as a mail server does: whole, by a rename."""
        for name in ("tmp", "new", "cur"):
            (self.folder / "mail" / name).mkdir(parents=True, exist_ok=True)
            self._give(self.folder / "mail" / name)
        self._give(self.folder / "mail")
        self._count += 1
        name = f"{1_700_000_000 + self._count}.{self._count}.test"
        arriving = self.folder / "mail" / "tmp" / name
        arriving.write_bytes(mail)
        self._give(arriving)
        arriving.rename(self.new / name)

    def seen(self) -> int:
        """How many mails are marked as seen."""
        return sum(1 for one in (self.folder / "mail" / "cur").glob("*") if "S" in one.name.rpartition(",")[2])

    def renumber(self) -> None:
        """Forget the numbers, as after a restore of the mail server: the generation is another one."""
        for file in (self.folder / "mail").glob("dovecot*"):
            file.unlink()

    def server(self, security: Security = Security.NONE, password: str = PASSWORD) -> NewServer:
        """As an administrator enters it."""
        port = self.tls_port if security is Security.TLS else self.port
        return NewServer("localhost", port, security, USER, password)

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(path, user.pw_uid, user.pw_gid)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.settimeout(5)
                return line.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def _configuration(self) -> str:
        root = os.geteuid() == 0
        user = "nobody" if root else pwd.getpwuid(os.getuid()).pw_name
        owner = pwd.getpwnam(user)
        (self.folder / "mail").mkdir(parents=True, exist_ok=True)
        for path in (self.folder, self.folder / "mail"):
            self._give(path) if path != self.folder else path.chmod(0o755)
        tls = f"ssl = yes\nssl_cert = <{self._tls}\nssl_key = <{self._tls}\n" if self._tls else "ssl = no\n"
        encrypted = f"address = 127.0.0.1\nport = {self.tls_port}\nssl = yes" if self._tls else "port = 0"
        tls_line = f"inet_listener imaps {{\n{encrypted}\n}}\n"
        return (
            f"base_dir = {self.folder}/run\nstate_dir = {self.folder}/state\nlog_path = {self.folder}/log\n"
            "protocols = imap\nlisten = 127.0.0.1\n"
            f"default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = "
            f"{_group(owner.pw_gid)}\n"
            f"mail_location = maildir:{self.folder}/mail\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n"
            "disable_plaintext_auth = no\nauth_mechanisms = plain login\nauth_failure_delay = 0\n"
            "mailbox_list_index = no\nmaildir_very_dirty_syncs = no\nmailbox_idle_check_interval = 1 secs\n"
            f"{tls}"
            "service imap-login {\nchroot =\ninet_listener imap {\naddress = 127.0.0.1\n"
            f"port = {self.port}\n}}\n{tls_line}}}\n"
            "service anvil {\nchroot =\n}\nservice stats {\nchroot =\n}\n"
            f"passdb {{\ndriver = passwd-file\nargs = scheme=PLAIN {self.folder}/users\n}}\n"
            f"userdb {{\ndriver = static\nargs = uid={owner.pw_uid} gid={owner.pw_gid} home={self.folder}\n}}\n"
        )


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
