"""What our mails bear so that answers find their conversation: a signed part of the address, a signed Message-ID.

`support+c<conversation>-<signature>@shop.example`: whoever could guess an id cannot write into its conversation.
"""

import base64
import hashlib
import hmac
import re

from app.mail.secrets import Secrets

_KEY = "mail-address.key"
_KEY_BYTES = 32
_SIGNED_BYTES = 10
_TOKEN = re.compile(r"c([0-9a-z]{26})-([a-z2-7]{16})")


class Tokens:
    """Makes and reads them; the key is made at the first use and lies in `keys/`."""

    def __init__(self, secrets: Secrets, fresh: bytes) -> None:
        self._secrets = secrets
        self._fresh = fresh
        self._held: bytes | None = None

    def address(self, mailbox: str, conversation_id: str) -> str:
        """The mailbox's address, with the conversation in it."""
        name, _, domain = mailbox.rpartition("@")
        return f"{name}+c{conversation_id}-{self._signature(conversation_id)}@{domain}"

    def conversation(self, mailbox: str, address: str) -> str | None:
        """Which conversation an address names, where we made it."""
        name, _, domain = mailbox.rpartition("@")
        prefix, suffix = f"{name}+", f"@{domain}"
        if not (address.startswith(prefix) and address.endswith(suffix)):
            return None
        found = _TOKEN.fullmatch(address[len(prefix) : -len(suffix)])
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        return found[1]

    def header_id(self, message_id: str, domain: str) -> str:
        """The Message-ID of a mail that carries this message."""
        return f"<{message_id}.{self._signature(message_id)}@{domain}>"

    def _signature(self, text: str) -> str:
        signed = hmac.digest(self._key(), text.encode(), hashlib.sha256)[:_SIGNED_BYTES]
        return base64.b32encode(signed).decode().lower()

    def _key(self) -> bytes:
        if self._held is None:
            found = self._secrets.find_bytes(_KEY)
            if found is None or len(found) < _KEY_BYTES:
                found = self._fresh
                self._secrets.keep_bytes(_KEY, found)
            self._held = found
        return self._held
