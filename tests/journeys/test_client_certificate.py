"""A system proves itself by its certificate: at the one port, with the handshake in this process or in a gateway's."""

import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from app.gateway.upstream import Addresses, encode_addresses
from tests.journeys.appliance import Appliance

_SPEC = """\
source: erp
title: ERP
receive:
  proof: {certificate: {subject: erp.example}}
  reply: {text: taken}
map: {id: number}
deliver: {to: orders}
---
source: pinned
title: Pinned
receive:
  proof: {certificate: {fingerprint: "%s"}, addresses: [127.0.0.0/8]}
map: {id: number}
deliver: {to: orders}
"""


class Identity(Struct, frozen=True):
    """A certificate with its key, in one PEM file; `fingerprint` as people write it."""

    path: Path
    fingerprint: str


class Authority:
    """Signs certificates of systems."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._begun(self._name, self._key.public_key()).add_extension(x509.BasicConstraints(True, None), True)
        self.path = folder / f"{name}.crt"
        self.path.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def identity(self, name: str) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            self._begun(subject, key.public_key())
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{name}-{self.path.stem}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
        return Identity(path, made.fingerprint(hashes.SHA256()).hex(":").upper())

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_system_is_known_by_its_certificate(tmp_path: Path, workers: int) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    erp, crm, forged = ours.identity("erp.example"), ours.identity("crm.example"), theirs.identity("erp.example")
    data = tmp_path / "data"
    (data / "adapters").mkdir(parents=True, mode=0o700)
    (data / "adapters" / "erp.yaml").write_text(_SPEC % crm.fingerprint, encoding="utf-8")
    appliance = Appliance(
        data,
        environment={
            "MONODESK_TLS_MODE": "own", "MONODESK_TLS_NAMES": "localhost", "MONODESK_WORKERS": str(workers),
            "MONODESK_TLS_CLIENT_AUTHORITIES": str(ours.path), "MONODESK_LIMITS_ADAPTER_LOOK_SECONDS": "0.1",
        },
        secure=lambda: _context(data, None),
    )  # fmt: skip
    appliance.start()
    try:
        assert _told(appliance, "erp", erp) == (200, b"taken")
        assert _told(appliance, "erp", crm)[0] == 401
        assert _told(appliance, "erp", None)[0] == 401, "who shows none comes in, and proves nothing"
        assert _told(appliance, "pinned", crm)[0] == 200
        assert _told(appliance, "pinned", erp)[0] == 401
        with pytest.raises((ssl.SSLError, ConnectionError, HTTPException)):
            _told(appliance, "erp", forged)
        assert appliance.stop() == 0
    finally:
        appliance.kill()


def test_behind_a_proxy_that_passes_tls_on_the_certificate_is_the_clients(tmp_path: Path) -> None:
    """One that ends TLS and begins it anew with us brings its own, which proves no client."""
    ours = Authority(tmp_path, "ours")
    erp = ours.identity("erp.example")
    data = tmp_path / "data"
    (data / "adapters").mkdir(parents=True, mode=0o700)
    (data / "adapters" / "erp.yaml").write_text(_SPEC % erp.fingerprint, encoding="utf-8")
    appliance = Appliance(
        data,
        environment={
            "MONODESK_TLS_MODE": "own", "MONODESK_TLS_NAMES": "localhost", "MONODESK_PROXY_PROTOCOL": "true",
            "MONODESK_TRUSTED_PROXIES": "127.0.0.2", "MONODESK_TLS_CLIENT_AUTHORITIES": str(ours.path),
            "MONODESK_LIMITS_ADAPTER_LOOK_SECONDS": "0.1",
        },
        secure=lambda: _context(data, None),
    )  # fmt: skip
    appliance.start()
    try:
        assert _told(appliance, "erp", erp)[0] == 200
        ends = ("203.0.113.7", 40_000), ("127.0.0.1", appliance.port)
        assert _by_proxy(appliance, erp, encode_addresses(Addresses(*ends))) == 200
        assert _by_proxy(appliance, erp, encode_addresses(Addresses(*ends, secure=True))) == 401
        assert appliance.stop() == 0
    finally:
        appliance.kill()


def _by_proxy(appliance: Appliance, identity: Identity, header: bytes) -> int:
    """The status that a client hears behind a proxy which says this of him."""
    context = _context(appliance.data, identity)
    with socket.create_connection(("127.0.0.1", appliance.port), 60, ("127.0.0.2", 0)) as line:
        line.sendall(header)
        with context.wrap_socket(line, server_hostname="localhost") as tls:
            fields = ("Host: localhost", "Content-Type: application/json", "Content-Length: 15", "", "")
            tls.sendall("\r\n".join(("POST /in/erp HTTP/1.1", *fields)).encode() + b'{"number": "7"}')
            return int(tls.recv(65_536).split(b" ")[1])


def _context(data: Path, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(data / "keys" / "authority.crt"))
    if identity is not None:
        context.load_cert_chain(identity.path)
    return context


def _told(appliance: Appliance, source: str, identity: Identity | None) -> tuple[int, bytes]:
    """What a system hears; it sends again while the source begins."""
    for _ in range(200):
        context = _context(appliance.data, identity)
        with closing(HTTPSConnection("localhost", appliance.port, context=context, timeout=60)) as connection:
            connection.request("POST", f"/in/{source}", b'{"number": "7"}', {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.status, answer.read()
        if said[0] != 503:
            return said
    raise AssertionError("the source does not begin")
