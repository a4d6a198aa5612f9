"""A system proves itself by its certificate: at the one port, with the handshake in this process or in a gateway's."""

import http.client
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

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
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            _told(appliance, "erp", forged)
        assert appliance.stop() == 0
    finally:
        appliance.kill()


def _context(data: Path, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(data / "keys" / "authority.crt"))
    if identity is not None:
        context.load_cert_chain(identity.path)
    return context


def _told(appliance: Appliance, source: str, identity: Identity | None) -> tuple[int, bytes]:
    """What a system hears; it sends again while the source begins."""
    for _ in range(200):
        context = _context(appliance.data, identity)
        connection = http.client.HTTPSConnection("localhost", appliance.port, context=context, timeout=60)
        connection.request("POST", f"/in/{source}", b'{"number": "7"}', {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.status, answer.read()
        connection.close()
        if said[0] != 503:
            return said
    raise AssertionError("the source does not begin")
