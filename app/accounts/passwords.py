"""Passwords: what is accepted, and argon2id in a pool of its own so that nothing else waits for it."""

import asyncio
import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.model.errors import Invalid, Unavailable
from app.settings import Limits

_ROUNDS = 2  # OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 rounds, 1 lane
_MEMORY_KIB = 19_456
_LANES = 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_NICENESS = 5  # on a busy core the chat goes first; measured in tests/bench/sign_in.py
_RETRY_MS = 1_000
_CHARACTERS_MAX = 200
_COMMON_STEMS = frozenset(
    {
        "password",
        "passw0rd",
        "qwerty",
        "qwertyuiop",
        "letmein",
        "welcome",
        "admin",
        "administrator",
        "iloveyou",
        "monkey",
        "dragon",
        "football",
        "baseball",
        "changeme",
        "default",
        "superman",
        "batman",
        "trustno1",
        "sunshine",
        "princess",
        "woaini",
        "asdfgh",
        "asdfghjkl",
        "zxcvbn",
        "zxcvbnm",
        "monodesk",
    }
)


class Passwords:
    """Hashes and verifies; both wait in one bounded queue. Close it at the end."""

    def __init__(self, limits: Limits) -> None:
        self._hasher = PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._pool = ThreadPoolExecutor(limits.password_pool, thread_name_prefix="password", initializer=_stand_back)
        self._characters_min = limits.password_characters_min
        self._waiting_max = limits.passwords_waiting_max
        self._reserved = limits.passwords_waiting_reserved
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash of an acceptable password; raises `Invalid` otherwise."""
        self.demand_acceptable(password)
        async with _Turn(self, reserved=True):
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, hashed: str | None, password: str, *, reserved: bool = False) -> bool:
        """Whether `password` belongs to `hashed`; with no hash the answer is no and takes the same time.

        `reserved` places of the queue are for those who are known: strangers cannot fill them.
        """
        async with _Turn(self, reserved=reserved):
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._pool, self._matches, hashed, password)
            return right and bool(hashed)

    def demand_acceptable(self, password: str) -> None:
        """Raise `Invalid` for a password that is too short or among the first to be guessed."""
        if not self._characters_min <= len(password) <= _CHARACTERS_MAX:
            raise Invalid(
                "password_length",
                f"The password must have {self._characters_min} to {_CHARACTERS_MAX} characters. Choose another one.",
                f"密码长度须为 {self._characters_min} 至 {_CHARACTERS_MAX} 个字符。请重新设置。",
                field="password",
            )
        if _is_common(password):
            raise Invalid(
                "password_common",
                "This password is among the first to be guessed. Choose another one, for example four unrelated words.",
                "该密码过于常见，容易被猜到。请换一个，例如由几个不相关的词组成。",
                field="password",
            )

    def close(self) -> None:
        """End the pool's threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def enter(self, *, reserved: bool) -> None:
        """One more waits; raises `Unavailable` when too many do."""
        if self._waiting >= self._waiting_max + (self._reserved if reserved else 0):
            raise Unavailable(
                "sign_in_busy",
                "Too many people sign in at this moment. Try again in a second.",
                "当前登录人数过多。请稍后重试。",
                retry_after_ms=_RETRY_MS,
            )
        self._waiting += 1

    def leave(self) -> None:
        """One less waits."""
        self._waiting -= 1

    def _matches(self, hashed: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(hashed or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False


class _Turn:
    """A place in the queue, for as long as the block runs."""

    def __init__(self, passwords: Passwords, *, reserved: bool) -> None:
        self._passwords = passwords
        self._reserved = reserved

    async def __aenter__(self) -> None:
        self._passwords.enter(reserved=self._reserved)

    async def __aexit__(self, *_: object) -> None:
        self._passwords.leave()


def _stand_back() -> None:
    """A thread of the pool gives way to the others of this process (Linux: niceness belongs to a thread)."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _encoded(salt: bytes, hashed: bytes) -> str:
    """Argon2's own spelling of a hash with the set cost."""
    tail = "$".join(base64.b64encode(part).decode().rstrip("=") for part in (salt, hashed))
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_ROUNDS},p={_LANES}${tail}"


_NOBODY = _encoded(bytes(_SALT_BYTES), bytes(_HASH_BYTES))  # no password is known that gives zeros; as slow as any


def _is_common(password: str) -> bool:
    """One character, a run of neighbours, or a well-known word with digits and signs around it."""
    lowered = password.lower()
    steps = {ord(after) - ord(before) for before, after in pairwise(lowered)}
    if len(set(lowered)) <= 2 or steps <= {1, -9} or steps <= {-1, 9}:
        return True
    bare = lowered.strip("0123456789!@#$%^&*()-_=+.,?~ ")
    half = bare[: len(bare) // 2]
    return bare == "" or bare in _COMMON_STEMS or (half * 2 == bare and half in _COMMON_STEMS)
