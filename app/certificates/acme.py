"""A client of public authorities: ACME (RFC 8555), as far as a server needs it that proves its names over HTTP.

Written here because the usual library brings 4 MB with it (requests, pyOpenSSL, josepy) for eight signed requests.
"""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from msgspec import Struct

from app.certificates.pair import alternative_names, facts
from app.certificates.web import Call, Reply, Unreachable
from app.model.errors import Unavailable
from app.settings import Limits

_BAD_NONCE = "urn:ietf:params:acme:error:badNonce"
_NONCE_TRIES = 10
_PAUSE_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
_PAUSE_SECONDS_MAX = 30.0
_DETAIL_CHARACTERS_MAX = 500
_COORDINATE_BYTES = 32
Answer = TypeVar("Answer")

Show = Callable[[str, str | None], None]
Sleep = Callable[[float], Awaitable[None]]


class _Wire(Struct, frozen=True, rename="camel"):
    """Objects of the protocol; what is not named here is passed over."""


class _Directory(_Wire, frozen=True):
    new_nonce: str
    new_account: str
    new_order: str


class _Fault(_Wire, frozen=True):
    type: str = ""
    detail: str = ""


class _Identifier(_Wire, frozen=True):
    type: str
    value: str


class _Challenge(_Wire, frozen=True):
    type: str
    url: str
    token: str = ""
    error: _Fault | None = None


class _Authorization(_Wire, frozen=True):
    status: str
    identifier: _Identifier
    challenges: list[_Challenge]


class _Order(_Wire, frozen=True):
    status: str
    authorizations: list[str] = []
    finalize: str = ""
    certificate: str = ""
    error: _Fault | None = None


class NotIssued(Unavailable):
    """The authority gave no certificate; the text says what it said."""


class Acme:
    """One authority, and the key by which it knows us.

    `show(token, answer)` must make the answer readable at `http://NAME/.well-known/acme-challenge/TOKEN`; `None` takes
    it away.
    """

    def __init__(
        self,
        directory: str,
        contact: str,
        key: ec.EllipticCurvePrivateKey,
        call: Call,
        show: Show,
        limits: Limits,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._address = directory
        self._contact = contact
        self._key = key
        self._call = call
        self._show = show
        self._limits = limits
        self._sleep = sleep
        self._account = ""
        self._nonce = ""

    async def obtain(self, names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> bytes:
        """A chain in PEM for these names and this key; raises `NotIssued`."""
        try:
            async with asyncio.timeout(self._limits.acme_order_seconds_max):
                return await self._obtain(names, key)
        except TimeoutError as error:
            raise _not_issued("it took too long", "处理超时") from error
        except Unreachable as error:
            raise _not_issued(f"it cannot be reached ({error})", f"无法连接（{error}）") from error
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            raise _not_issued(f"its answer is not understood ({error})", f"无法理解其回答（{error}）") from error

    async def _obtain(self, names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> bytes:
        directory = _decoded(await self._expect(await self._call("GET", self._address, None)), _Directory)
        self._nonce = ""
        self._directory = directory
        self._account = await self._sign_up()
        identifiers = [_identifier(name) for name in names]
        reply = await self._post(directory.new_order, {"identifiers": identifiers})
        order, url = _decoded(reply, _Order), reply.headers["location"]
        for authorization in order.authorizations:
            await self._prove(authorization)
        order = await self._wait_for(url, _Order, ("pending",))
        if order.status == "ready":
            order = _decoded(await self._post(order.finalize, {"csr": _request(names, key)}), _Order)
        order = await self._wait_for(url, _Order, ("ready", "processing"))
        if order.status != "valid":
            raise _refused(order.error)
        chain = (await self._post(order.certificate, None)).body
        _check(chain, names, key)
        return chain

    async def _sign_up(self) -> str:
        """Our account's address; made where there is none (RFC 8555 §7.3)."""
        wish: dict[str, object] = {"termsOfServiceAgreed": True}
        if self._contact:
            wish["contact"] = [f"mailto:{self._contact}"]
        self._account = ""
        return (await self._post(self._directory.new_account, wish)).headers["location"]

    async def _prove(self, url: str) -> None:
        """Show the authority that a name is ours (§8.3). Raises `NotIssued`."""
        found = _decoded(await self._post(url, None), _Authorization)
        if found.status == "valid":
            return
        challenge = next((one for one in found.challenges if one.type == "http-01"), None)
        if challenge is None:
            raise _not_issued("it offers no proof over HTTP", "它不支持 HTTP 方式的验证")
        self._show(challenge.token, f"{challenge.token}.{_thumbprint(self._key)}")
        try:
            await self._post(challenge.url, {})
            found = await self._wait_for(url, _Authorization, ("pending",))
        finally:
            self._show(challenge.token, None)
        if found.status != "valid":
            raise _refused(next((one.error for one in found.challenges if one.error), None), found.identifier.value)

    async def _wait_for(self, url: str, kind: type[Answer], while_in: Sequence[str]) -> Answer:
        """The object as it is once its status is none of these."""
        pauses = iter(_PAUSE_SECONDS)
        while True:
            reply = await self._post(url, None)
            found = _decoded(reply, kind)
            if found.status not in while_in:  # type: ignore[attr-defined]
                return found
            pause = _retry_after(reply) or next(pauses, _PAUSE_SECONDS[-1])
            await self._sleep(min(pause, _PAUSE_SECONDS_MAX))

    async def _post(self, url: str, payload: object) -> Reply:
        """A signed request; without a payload a reading one (§6.3). A nonce that is refused is replaced (§6.5)."""
        for _ in range(_NONCE_TRIES):
            if not self._nonce:
                self._nonce = (await self._call("HEAD", self._directory.new_nonce, None)).headers["replay-nonce"]
            nonce, self._nonce = self._nonce, ""
            reply = await self._call("POST", url, self._signed(url, nonce, payload))
            self._nonce = reply.headers.get("replay-nonce", "")
            if reply.status < 400 or _fault(reply).type != _BAD_NONCE:
                break
        return await self._expect(reply)

    async def _expect(self, reply: Reply) -> Reply:
        if reply.status >= 300:
            fault = _fault(reply)
            raise _refused(fault, retry_after_ms=round((_retry_after(reply) or 0) * 1_000) or None)
        return reply

    def _signed(self, url: str, nonce: str, payload: object) -> bytes:
        """A JWS with ES256 (RFC 7515, RFC 7518 §3.4)."""
        who: dict[str, object] = {"kid": self._account} if self._account else {"jwk": _public(self._key)}
        protected = _encoded(msgspec.json.encode({"alg": "ES256", "nonce": nonce, "url": url, **who}))
        content = "" if payload is None else _encoded(msgspec.json.encode(payload))
        r, s = decode_dss_signature(self._key.sign(f"{protected}.{content}".encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
        return msgspec.json.encode({"protected": protected, "payload": content, "signature": _encoded(signature)})


def _request(names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> str:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(alternative_names(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _encoded(request.public_bytes(serialization.Encoding.DER))


def _check(chain: bytes, names: Sequence[str], key: ec.EllipticCurvePrivateKey) -> None:
    """What we got is what we asked for; raises `ValueError`."""
    certificate = x509.load_pem_x509_certificates(chain)[0]
    if certificate.public_key() != key.public_key() or not facts(certificate).covers(names):
        raise ValueError("the certificate is for another key or other names")


def _public(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half as a JWK, its members in the order that a thumbprint wants."""
    numbers = key.public_key().public_numbers()
    x, y = (_encoded(number.to_bytes(_COORDINATE_BYTES, "big")) for number in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """RFC 7638."""
    return _encoded(hashlib.sha256(msgspec.json.encode(_public(key))).digest())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _identifier(name: str) -> dict[str, str]:
    try:
        return {"type": "ip", "value": str(ip_address(name))}  # RFC 8738
    except ValueError:
        return {"type": "dns", "value": name.lower()}


def _decoded(reply: Reply, kind: type[Answer]) -> Answer:
    return msgspec.json.decode(reply.body, type=kind)


def _fault(reply: Reply) -> _Fault:
    try:
        return msgspec.json.decode(reply.body, type=_Fault)
    except msgspec.MsgspecError:
        return _Fault("", f"HTTP {reply.status}")


def _retry_after(reply: Reply) -> float | None:
    given = reply.headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdigit() else None


def _refused(fault: _Fault | None, name: str = "", retry_after_ms: int | None = None) -> NotIssued:
    detail = (fault.detail or fault.type if fault else "")[:_DETAIL_CHARACTERS_MAX] or "no reason given"
    told = f"{name}: {detail}" if name else detail
    return _not_issued(f"it says “{told}”", f"它的答复是“{told}”", retry_after_ms)


def _not_issued(en: str, zh: str, retry_after_ms: int | None = None) -> NotIssued:
    return NotIssued(
        "certificate_not_issued",
        f"The certificate authority issued nothing: {en}. Each of tls.names must lead to this server's port 80 from "
        "the internet. It is tried again by itself; meanwhile the certificate stays as it is.",
        f"证书机构未签发证书：{zh}。请确保 tls.names 中的每个域名都能从互联网访问到本机的 80 端口；系统会自动重试，"
        "在此之前继续使用现有证书。",
        retry_after_ms=retry_after_ms,
    )
