"""Which passwords may be chosen, and how they are kept: Argon2id, off the loop, a bounded number at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from store.accounts.service import passwords
from store.accounts.service.passwords import (
    AT_ONCE,
    MOST_WAITING,
    check_password,
    find_weakness,
    hash_password,
    needs_rehash,
)
from store.accounts.service.persons import Proved, prove
from store.kit.db import fetch, fetch_value
from store.kit.errors import TryLater
from tests.people import PASSWORD, make_person


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "8 characters or more"),
        ("x" * 257, "256 characters or fewer"),
        ("password1", "many people use this one"),
        ("ILoveYou", "many people use this one"),
        ("12345678", "many people use this one"),
        ("aaaaaaaaaaaa", "many people use this one"),
        ("ada.lovelace@example.com", "not your email address"),
        ("Ada.Lovelace", "not your email address"),
    ],
)
def test_password_is_refused_when_it_would_be_tried_first(password: str, words: str) -> None:
    assert words in find_weakness(password, "ada.lovelace@example.com")


@pytest.mark.parametrize("password", [PASSWORD, "tannenbaum im mai", "ключ от квартиры", "🦊🐻🐼🐨🦁🐯🐮🐷"])
def test_password_is_taken_when_nobody_would_guess_it(password: str) -> None:
    assert find_weakness(password, "ada@example.com") == ""


async def test_hash_is_argon2id_with_its_own_salt() -> None:
    one, two = await hash_password(PASSWORD), await hash_password(PASSWORD)

    parameters = extract_parameters(one)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (19 * 1024, 2)
    assert one != two
    assert await check_password(one, PASSWORD)
    assert not await check_password(one, PASSWORD + " ")


async def test_no_password_is_right_when_there_is_none() -> None:
    for kept in ("", None, "not a hash at all"):
        assert not await check_password(kept, "")
        assert not await check_password(kept, "nobody")


async def test_loop_goes_on_and_a_few_run_at_once_when_many_sign_in() -> None:
    meeting = threading.Barrier(AT_ONCE)

    def work() -> str:
        meeting.wait(10)
        return threading.current_thread().name

    names = await asyncio.gather(*(passwords.run_bounded(work) for _ in range(AT_ONCE * 3)))

    assert threading.current_thread().name not in names


async def test_no_more_than_these_few_run_at_once_when_many_sign_in() -> None:
    """One more than may run would have to meet: they wait for it in vain."""
    meeting = threading.Barrier(AT_ONCE + 1)

    def work() -> bool:
        try:
            meeting.wait(0.5)
        except threading.BrokenBarrierError:
            return False
        return True

    met = await asyncio.gather(*(passwords.run_bounded(work) for _ in range(AT_ONCE * 3)))

    assert met == [False] * (AT_ONCE * 3)


async def test_next_one_is_told_to_try_later_when_too_many_wait() -> None:
    open_gate = threading.Event()
    tasks = [
        asyncio.create_task(passwords.run_bounded(lambda: open_gate.wait(10))) for _ in range(AT_ONCE + MOST_WAITING)
    ]
    await asyncio.sleep(0)

    with pytest.raises(TryLater):
        await passwords.run_bounded(lambda: None)

    open_gate.set()
    await asyncio.gather(*tasks)
    assert await passwords.run_bounded(lambda: "free again") == "free again"


async def test_hash_is_made_anew_when_costs_have_grown(db: str) -> None:
    person = await make_person("ada@example.com")
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await fetch("UPDATE person SET password_hash = $2 WHERE id = $1", person, old)

    assert await prove("ada@example.com", "wrong wrong") is None
    assert await fetch_value("SELECT password_hash FROM person") == old
    proved = await prove("ada@example.com", PASSWORD)

    renewed = await fetch_value("SELECT password_hash FROM person")
    assert proved == Proved(person, renewed)
    assert needs_rehash(old)
    assert not needs_rehash(renewed)
    assert await prove("ada@example.com", PASSWORD) == proved
