"""Identifiers and secrets, made from a passed clock and a passed source of randomness."""

import hashlib
import os
from collections import deque
from collections.abc import Callable

from app.model.clock import Clock

# Crockford base 32, lower case: sorts like the number.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # pragma: allowlist secret - nor is an alphabet one
_ID_CHARACTERS = 26
_TOKEN_BYTES = 16
_RANDOM_BYTES = 10
_STOCK = 64
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]

RandomBytes = Callable[[int], bytes]


class Ids:
    """Makes ids that sort by creation time and cannot be guessed (48 bits of time, 80 random: the ULID layout)."""

    def __init__(self, clock: Clock, random_bytes: RandomBytes = os.urandom) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._drawn: deque[bytes] = deque()  # popping is atomic: ids are made on the writer thread too

    def new(self) -> str:
        """A new id: 26 characters of [0-9a-z], increasing with time, so that indexes grow at their end."""
        number = self._clock.now_ms() << 80 | int.from_bytes(self._draw(), "big")
        pairs: list[str] = []
        for _ in range(_ID_CHARACTERS // 2):
            pairs.append(_PAIRS[number & 1023])
            number >>= 10
        return "".join(reversed(pairs))

    def _draw(self) -> bytes:
        """80 random bits out of a stock: asking the system each time costs a fight for the interpreter's lock."""
        while True:
            try:
                return self._drawn.popleft()
            except IndexError:
                drawn = self._random_bytes(_RANDOM_BYTES * _STOCK)
                self._drawn.extend(drawn[at : at + _RANDOM_BYTES] for at in range(0, len(drawn), _RANDOM_BYTES))

    def token(self) -> str:
        """A new secret: 128 random bits as 32 hexadecimal digits."""
        return self._random_bytes(_TOKEN_BYTES).hex()

    def code(self, characters: int) -> str:
        """A new secret that people write down: five random bits a character, none that looks like another."""
        return "".join(_ALPHABET[byte & 31] for byte in self._random_bytes(characters))

    def key(self, size: int) -> bytes:
        """A new secret for machines: `size` random bytes."""
        return self._random_bytes(size)


def digest(secret: str) -> str:
    """How a secret is kept at rest: SHA-256 in hexadecimal (enough for 128 random bits; passwords take argon2id)."""
    return hashlib.sha256(secret.encode()).hexdigest()
