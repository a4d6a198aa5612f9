"""Real mail servers on the loopback: a relay that keeps what it takes, and who it let in."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.mail.relay import NewRelay, NewServer
from app.model.mail import Security

USER, PASSWORD = "desk", "a relay's own password"


class RelayServer:
    """Takes letters for everybody but `nobody@…`; `answer` is what it says to the next letters instead of 250."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.answer = ""
        self.port = 0
        self.came = asyncio.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        assert isinstance(envelope.content, bytes)
        self.letters.append(envelope.content)
        self.recipients.append([str(one) for one in envelope.rcpt_tos])
        self.came.set()
        return "250 taken"

    def letter(self, number: int = -1) -> EmailMessage:
        """One of the letters, read."""
        found = message_from_bytes(self.letters[number], policy=default)
        assert isinstance(found, EmailMessage)
        return found

    def text(self, number: int = -1) -> str:
        """Its plain text."""
        body = self.letter(number).get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    async def wait(self, count: int) -> None:
        """Until so many have come."""
        async with asyncio.timeout(30):
            while len(self.letters) < count:
                self.came.clear()
                await self.came.wait()

    def settings(self, security: Security = Security.NONE, **other: str) -> NewRelay:
        """As an administrator enters it."""
        server = NewServer("localhost", self.port, security, **other)
        return NewRelay(server, "desk@shop.example", "Shop")


@asynccontextmanager
async def relay_server(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, sign_in: bool = False
) -> AsyncIterator[RelayServer]:
    """One that serves; with `context` by STARTTLS, or by TLS from the first byte; with `sign_in` for its user alone."""
    kept = RelayServer()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a password may cross this line unencrypted: it is the loopback
            return SMTP(
                kept, hostname="relay.test", tls_context=None if implicit else context, auth_required=sign_in,
                auth_require_tls=False, authenticator=authenticate, loop=asyncio.get_running_loop(),
            )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=context if implicit else None)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()


def certified(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    """A server's context under an authority whose certificate is put where the desk looks for it (`keys/`)."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "mail-ca.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
