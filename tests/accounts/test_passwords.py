"""Passwords: which are accepted, what their hash costs, who waits for it."""

import asyncio
import os
import threading

import pytest
from argon2 import extract_parameters

from app.accounts.passwords import Passwords
from app.model.errors import Invalid, Unavailable
from app.settings import Limits
from tests.domain import PASSWORD


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 201,
        "aaaaaaaaaaaa",
        "123456789012",
        "abcdefghijkl",
        "Password2024!",
        "qwertyuiop12",
        "adminadmin12",
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    passwords = Passwords(Limits())
    with pytest.raises(Invalid):
        passwords.demand_acceptable(password)
    passwords.demand_acceptable(PASSWORD)
    passwords.close()


async def test_hashes_are_argon2id_with_the_set_cost() -> None:
    passwords = Passwords(Limits())
    hashed = await passwords.hash(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(hashed, PASSWORD)
    assert not await passwords.verify(hashed, PASSWORD + "x")
    assert not await passwords.verify("broken", PASSWORD)
    passwords.close()


async def test_only_so_many_wait_for_a_hash_and_some_places_are_kept_for_who_is_known() -> None:
    passwords = Passwords(Limits(passwords_waiting_max=3, passwords_waiting_reserved=1))
    strangers = (passwords.verify("", PASSWORD) for _ in range(5))
    known = (passwords.verify("", PASSWORD, reserved=True) for _ in range(2))
    results = await asyncio.gather(*strangers, *known, return_exceptions=True)
    assert [type(result) for result in results] == [bool] * 3 + [Unavailable] * 2 + [bool, Unavailable]
    assert not await passwords.verify("", PASSWORD)
    passwords.close()


async def test_the_hash_of_nobody_costs_what_every_hash_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(Limits())
    verified: list[str] = []
    verify = passwords._hasher.verify

    def watched(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", type("Watched", (), {"verify": staticmethod(watched)}))
    assert not await passwords.verify("", PASSWORD)
    (nobody,) = verified
    monkeypatch.undo()
    assert extract_parameters(nobody) == extract_parameters(await passwords.hash(PASSWORD))
    passwords.close()


async def test_hashing_stands_back_behind_the_loop() -> None:
    passwords = Passwords(Limits())
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    loop = asyncio.get_running_loop()
    pool = await loop.run_in_executor(
        passwords._pool, lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )
    assert pool > own == os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    passwords.close()
