"""Letters out (RFC 5321), by the one relay. `aiosmtplib` is imported with the first letter."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.mail import refusals
from app.mail.refusals import Undelivered
from app.model.mail import Security, Server

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPRecipientRefused

_PERMANENT = 500
_WORDS_MAX = 200


async def send(
    server: Server,
    password: str,
    context: ssl.SSLContext,
    seconds: float,
    sender: str,
    recipients: Sequence[str],
    letter: bytes,
) -> None:
    """Hand one letter to the relay; it is theirs once this returns. Raises `Undelivered`."""
    from aiosmtplib import SMTP

    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=None if server.security is Security.NONE else context,
        local_hostname=sender.rpartition("@")[2] or "localhost",
        timeout=seconds,
    )
    try:
        async with asyncio.timeout(seconds):
            await _connect(client, server)
            await _sign_in(client, server, password)
            await _hand_over(client, sender, recipients, letter)
            await _leave(client)
    except TimeoutError as error:
        raise refusals.too_slow(server.host, server.port) from error
    finally:
        client.close()


async def _connect(client: "SMTP", server: Server) -> None:
    from aiosmtplib import SMTPException, SMTPTimeoutError

    try:
        await client.connect()
    except SMTPTimeoutError as error:
        raise refusals.too_slow(server.host, server.port) from error
    except (SMTPException, OSError, ValueError) as error:
        raise _not_connected(server, error) from error


def _not_connected(server: Server, error: BaseException) -> Undelivered:
    distrust = _cause(error, ssl.SSLCertVerificationError)
    if isinstance(distrust, ssl.SSLCertVerificationError):
        return refusals.untrusted(server.host, words(distrust.verify_message))
    if "STARTTLS" in str(error):
        return refusals.no_encryption(server.host)
    return refusals.unreachable(server.host, server.port, words(str(error)))


async def _sign_in(client: "SMTP", server: Server, password: str) -> None:
    from aiosmtplib import SMTPException

    if not server.username:
        return
    try:
        await client.login(server.username, password)
    except (SMTPException, OSError) as error:
        raise refusals.sign_in_refused(server.host, words(_said(error))) from error


async def _hand_over(client: "SMTP", sender: str, recipients: Sequence[str], letter: bytes) -> None:
    from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

    try:
        await client.sendmail(sender, list(recipients), letter)
    except SMTPSenderRefused as error:
        raise refusals.sender_refused(sender, words(error.message)) from error
    except SMTPRecipientsRefused as error:
        raise _no_recipient(error.recipients) from error
    except SMTPResponseException as error:
        raise refusals.refused(words(error.message), permanent=error.code >= _PERMANENT) from error
    except (SMTPException, OSError) as error:
        raise refusals.refused(words(str(error)), permanent=False) from error


def _no_recipient(refused: "Sequence[SMTPRecipientRefused]") -> Undelivered:
    permanent = all(one.code >= _PERMANENT for one in refused)
    return refusals.recipient_refused(words(refused[0].message), permanent=permanent)


async def _leave(client: "SMTP") -> None:
    """It has taken the letter: that it does not say goodbye changes nothing."""
    from aiosmtplib import SMTPException

    try:
        await client.quit()
    except (SMTPException, OSError):
        return


def _said(error: BaseException) -> str:
    return str(getattr(error, "message", "") or error)


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def words(said: str) -> str:
    """A server's words as one line of what can be shown."""
    tidy = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    return tidy[:_WORDS_MAX].rstrip(" .")
