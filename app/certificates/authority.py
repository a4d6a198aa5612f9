"""An authority of our own: a root that people install once, and server certificates that it signs (RFC 5280).

The root's name constraints let it vouch for nothing but this server's own names, and names and addresses of private
networks: whoever stole its key could not pretend to be anybody else to those who trust it.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.certificates.pair import (
    alternative_names,
    key_pem,
    load_certificate,
    load_key,
    moment,
    new_key,
    write,
)
from app.certificates.places import Pair
from app.settings import Limits

_DAY_SECONDS = 86_400
_CLOCKS_APART_SECONDS = 3_600  # a visitor's clock may be slow: a certificate begins a while before it is made
_NAME_CHARACTERS_MAX = 64  # RFC 5280, ub-common-name
_ALWAYS_NAMED = ("localhost", "local", "lan", "internal", "home.arpa")
_PRIVATE = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
_SIGNS = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip
_SERVES = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


class Authority:
    """A root certificate with its key, kept in `keys/`."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, limits: Limits) -> None:
        self.certificate = certificate
        self._key = key
        self._limits = limits

    @classmethod
    def load_or_make(cls, place: Pair, names: Sequence[str], limits: Limits, now: float) -> "Authority":
        """The one that is kept, else a new one that may vouch for `names`; raises `Invalid` for a broken one."""
        if not (place.certificate.exists() and place.key.exists()):
            key = new_key()
            certificate = _root(key, names, limits, now)
            write(place.key, key_pem(key))
            write(place.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return cls(load_certificate(place.certificate), load_key(place.key), limits)

    def permits(self, name: str) -> bool:
        """Whether the root's constraints let it vouch for this host name or address."""
        constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return any(_within(name.lower(), one.value) for one in constraints.permitted_subtrees or ())

    def vouches(self, certificate: x509.Certificate) -> bool:
        """Whether this very root signed it."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, InvalidSignature):
            return False
        return True

    def issue(self, place: Pair, names: Sequence[str], now: float) -> None:
        """Sign a new certificate for a new key and put both in their place. Raises `Unavailable`."""
        key = new_key()
        ends = min(
            now + self._limits.certificate_days * _DAY_SECONDS - _CLOCKS_APART_SECONDS,
            self.certificate.not_valid_after_utc.timestamp(),
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_titled(names[0]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment(now - _CLOCKS_APART_SECONDS))
            .not_valid_after(moment(ends))
            .add_extension(alternative_names(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SERVES, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        write(place.certificate, certificate.public_bytes(serialization.Encoding.PEM) + key_pem(key))


def unsigned(names: Sequence[str], now: float, seconds: float) -> bytes:
    """A pair in PEM that nobody vouches for: what the port shows while a public authority has not answered yet."""
    key = new_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_titled(names[0]))
        .issuer_name(_titled("Monodesk: not signed yet"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(now - _CLOCKS_APART_SECONDS))
        .not_valid_after(moment(now + seconds))
        .add_extension(alternative_names(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key_pem(key)


def _root(key: ec.EllipticCurvePrivateKey, names: Sequence[str], limits: Limits, now: float) -> x509.Certificate:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Its name is its own: browsers mix up two roots of one name, and a person has two after making a new one.
    title = _titled(f"Monodesk {identifier.digest.hex()[:8]} {names[0]}")
    return (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(now - _CLOCKS_APART_SECONDS))
        .not_valid_after(moment(now + limits.authority_days * _DAY_SECONDS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS, critical=True)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=_permitted(names), excluded_subtrees=None), critical=True
        )
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _permitted(names: Sequence[str]) -> list[x509.GeneralName]:
    hosts = [name.lower() for name in names if not _address(name)]
    networks = [ip_network(network) for network in _PRIVATE]
    public = [ip_network(name) for name in names if _address(name) and not _private(name)]
    return [
        *(x509.DNSName(host) for host in dict.fromkeys((*_ALWAYS_NAMED, *hosts))),
        *(x509.IPAddress(network) for network in (*networks, *public)),
    ]


def _within(name: str, permitted: object) -> bool:
    if isinstance(permitted, IPv4Network | IPv6Network):
        return _address(name) and ip_address(name) in permitted
    return not _address(name) and (name == permitted or name.endswith(f".{permitted}"))


def _private(name: str) -> bool:
    address = ip_address(name)
    return any(address in ip_network(network) for network in _PRIVATE)


def _address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _titled(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_NAME_CHARACTERS_MAX])])
