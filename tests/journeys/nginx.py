"""Debian's nginx before the appliance, with the very configuration that ARCHITECTURE.md gives to administrators."""

import os
import re
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.journeys.appliance import ROOT

PROXY = "127.0.0.9"  # the address nginx comes from, so that it can be told from its clients on this machine
_STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
_SECONDS_TO_BE_READY_MAX = 90.0
_FOLDERS = "".join(
    f"{name}_temp_path {{folder}}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


class Nginx:
    """Runs until `stop`, its files in `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip(
            "no nginx: apt install nginx-light libnginx-mod-stream"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def serve_sites(self, server: str) -> None:
        """Run with these blocks of `http`."""
        folders = _FOLDERS.format(folder=self.folder)
        self._start(f"http {{\naccess_log off;\n{folders}{server}}}\n")

    def serve_streams(self, server: str) -> None:
        """Run with these blocks of `stream`."""
        if not _STREAM_MODULE.exists():
            pytest.skip("no streams: apt install libnginx-mod-stream")
        self._start(f"stream {{\n{server}}}\n", f"load_module {_STREAM_MODULE};\n")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def _start(self, blocks: str, modules: str = "") -> None:
        user = "user root;\n" if os.geteuid() == 0 else ""
        head = f"{modules}{user}daemon off;\nworker_processes 1;\npid {self.folder}/pid;\nevents {{}}\n"
        (self.folder / "nginx.conf").write_text(head + blocks)
        log = self.folder / "error.log"
        command = [self._program, "-e", str(log), "-p", str(self.folder), "-c", "nginx.conf"]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
        while not _answers(self.port):
            assert self._process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)


def documented() -> str:
    """The configuration of nginx in ARCHITECTURE.md."""
    page = (ROOT / "app" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    return str(block)


def put(text: str, old: str, new: str) -> str:
    """The text with a place of its own replaced; it must be there once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-made one for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "shop.crt", folder / "shop.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
