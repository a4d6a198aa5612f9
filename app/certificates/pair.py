"""A certificate and its key: read and checked, or written so that nobody else can read them."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from msgspec import Struct

from app.certificates.places import Pair
from app.model.errors import Invalid, Unavailable

_DAY_SECONDS = 86_400


class Facts(Struct, frozen=True):
    """What a person wants to know of a certificate. Names and addresses in lower case; times in seconds since 1970."""

    names: tuple[str, ...]
    issuer: str
    begins: float
    ends: float
    fingerprint: str  # SHA-256, in pairs of digits

    def days_left(self, now: float) -> int:
        """Whole days until it ends; negative afterwards."""
        return int((self.ends - now) // _DAY_SECONDS)

    def covers(self, names: Iterable[str]) -> bool:
        """Whether it stands for all of these."""
        return {name.lower() for name in names} <= set(self.names)


def read(pair: Pair) -> Facts:
    """Read a pair and prove that its parts belong together; raises `Invalid`, which names the file and the fault."""
    certificate, key = _certificate(pair.certificate), _key(pair.key)
    try:
        public, found = _raw(certificate.public_key()), facts(certificate)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(pair.certificate, f"it is not understood ({error})", f"无法识别（{error}）") from error
    if public != _raw(key.public_key()):
        raise _unusable(pair.key, "it belongs to another certificate", "它与证书不匹配")
    return found


def facts(certificate: x509.Certificate) -> Facts:
    """The facts of a certificate."""
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Facts(
        names=_names(certificate),
        issuer=certificate.issuer.rfc4514_string(),
        begins=certificate.not_valid_before_utc.timestamp(),
        ends=certificate.not_valid_after_utc.timestamp(),
        fingerprint=digest,
    )


def new_key() -> ec.EllipticCurvePrivateKey:
    """ECDSA P-256: every client takes it, a handshake costs a tenth of RSA's."""
    return ec.generate_private_key(ec.SECP256R1())


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """Host names and addresses as a certificate names them."""
    return x509.SubjectAlternativeName([_general_name(name) for name in names])


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key in PKCS #8, without a passphrase: the server must start by itself."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(path: Path, content: bytes) -> None:
    """Put a secret in its place, whole and readable by the owner alone; raises `Unavailable`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise Unavailable(
            "key_unwritable",
            f"{path} cannot be written: {error.strerror}. Make room or give this user the right to write there.",
            f"无法写入 {path}：{error.strerror}。请释放空间，或为当前用户开放写入权限。",
        ) from error


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """A key of ours; raises `Invalid`."""
    key = _key(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path, "it is not a key that this server made", "它不是本服务生成的密钥")
    return key


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a file; raises `Invalid`."""
    return _certificate(path)


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as certificates want them."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return tuple(name.lower() for name in (*found.get_values_for_type(x509.DNSName), *addresses))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.lower())


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(_content(path))[0]
    except ValueError as error:
        raise _unusable(path, "there is no certificate in PEM in it", "其中没有 PEM 格式的证书") from error


def _key(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(_content(path), password=None)
    except TypeError as error:
        raise _unusable(path, "its key needs a passphrase; remove it", "密钥设有口令，请先去除") from error
    except UnsupportedAlgorithm as error:
        raise _unusable(
            path, f"its kind of key is not supported ({error})", f"不支持该类型的密钥（{error}）"
        ) from error
    except ValueError as error:
        raise _unusable(path, "there is no private key in PEM in it", "其中没有 PEM 格式的私钥") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, str(error.strerror), str(error.strerror)) from error


def _raw(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _unusable(path: Path, en: str, zh: str) -> Invalid:
    return Invalid(
        "certificate_unusable",
        f"{path} cannot be used for https: {en}. Name a certificate and its key with tls.certificate and tls.key.",
        f"{path} 无法用于 https：{zh}。请用 tls.certificate 和 tls.key 指定配套的证书与私钥。",
    )
