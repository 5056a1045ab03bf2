"""A code is never used more often than it may be (I23), by however many at once; its naive twin shows why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import pytest

from store.kit import clock
from store.kit.db import engine, fetch, fetch_value, transaction
from store.promotions.service import CodeRefused, confirm_use, hash_email, hold_use, release_use
from tests.guards import unguarded
from tests.promotions.promoting import make_code, use_states, uses

USE = """
INSERT INTO promotion_use (id, promotion, order_ref, email_hash, amount, currency, state)
VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2, 100, 'USD', $3)
"""


async def hold(promotion: UUID, email: str = "ada@example.com", order: UUID | None = None) -> UUID:
    """One order takes a use."""
    order = order or uuid4()
    async with transaction():
        await hold_use(promotion, order, code="TENOFF", email=email, holder=uuid4(), amount=240, currency="USD")
    return order


async def in_transaction(verb: Callable[[UUID], Awaitable[object]], order: UUID) -> object:
    async with transaction():
        return await verb(order)


async def race(runners: int, one: Callable[[int], Awaitable[object]]) -> int:
    """Let all start together; returns how many got through."""
    barrier = asyncio.Barrier(runners)

    async def run(n: int) -> bool:
        await barrier.wait()
        try:
            await one(n)
        except CodeRefused:
            return False
        return True

    return sum(await asyncio.gather(*(run(n) for n in range(runners))))


async def test_code_is_used_as_often_as_it_may_be_when_a_hundred_want_it_at_once(db: str) -> None:
    promotion = await make_code(max_uses=10)

    won = await race(100, lambda n: hold(promotion, f"buyer-{n}@example.com"))

    assert won == 10
    assert (await uses(), await use_states()) == (10, ["held"] * 10)


async def test_address_uses_a_code_once_when_it_tries_a_hundred_times_at_once(db: str) -> None:
    promotion = await make_code(per_email=1)

    won = await race(100, lambda n: hold(promotion, "Ada@Example.com" if n % 2 else "ada@example.com "))

    assert won == 1
    assert (await uses(), await use_states()) == (1, ["held"])


async def test_naive_twin_gives_a_code_away_too_often_when_many_want_it_at_once(db: str) -> None:
    """Read, look, then write, as most shops do it: the control of the race for the last use."""
    await engine().run_script("CREATE TABLE naive_promotion (uses int, max_uses int)")
    await fetch("INSERT INTO naive_promotion VALUES (0, 10)")
    all_have_looked = asyncio.Barrier(20)

    async def take(n: int) -> None:
        async with transaction():
            left = await fetch_value("SELECT uses < max_uses FROM naive_promotion")
            await all_have_looked.wait()
            if not left:
                raise CodeRefused("used up")
            await fetch("UPDATE naive_promotion SET uses = uses + 1")

    try:
        assert await race(20, take) == await fetch_value("SELECT uses FROM naive_promotion") == 20
    finally:
        await engine().run_script("DROP TABLE naive_promotion")


async def test_refusal_says_who_used_it_up_when_no_use_is_left(db: str) -> None:
    promotion = await make_code(max_uses=2, per_email=1)
    await hold(promotion)

    with pytest.raises(CodeRefused, match=r"works once for one email address, and ada@example\.com has"):
        await hold(promotion)
    await hold(promotion, "otto@example.com")
    with pytest.raises(CodeRefused, match="TENOFF has been used as often as it may be"):
        await hold(promotion, "vera@example.com")

    assert await uses() == 2


async def test_use_is_refused_when_the_window_closed_after_the_cart_was_looked_at(db: str) -> None:
    for column, when in (("ends_at", clock.now()), ("starts_at", clock.now().replace(year=2099))):
        promotion = await make_code(code=column.upper(), **{column: when})

        with pytest.raises(CodeRefused):
            await hold(promotion)


async def test_use_is_somebody_elses_when_its_order_is_over(db: str) -> None:
    promotion = await make_code(max_uses=1, per_email=1)
    order = await hold(promotion)

    for _ in range(2):
        await in_transaction(release_use, order)

    assert (await uses(), await use_states()) == (0, ["released"])
    await hold(promotion)
    assert (await uses(), await use_states()) == (1, ["released", "held"])


async def test_use_stays_used_when_its_order_was_paid(db: str) -> None:
    order = await hold(await make_code(max_uses=1))

    assert await in_transaction(confirm_use, order)
    await in_transaction(release_use, order)

    assert (await uses(), await use_states()) == (1, ["used"])
    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch("UPDATE promotion_use SET state = 'released'")
    async with unguarded("DROP TRIGGER promotion_use_within ON promotion_use"):
        await fetch("UPDATE promotion_use SET state = 'released'")


@pytest.mark.parametrize("limit", ["max_uses", "per_email"])
async def test_released_use_is_taken_again_only_while_one_is_left(db: str, limit: str) -> None:
    promotion = await make_code(**{limit: 1})
    late = await hold(promotion)
    await in_transaction(release_use, late)
    between = await hold(promotion)

    async with transaction():
        assert not await confirm_use(late)
        await fetch("UPDATE promotion SET uses = 1")
    await in_transaction(release_use, between)

    assert await in_transaction(confirm_use, late)
    assert (await uses(), sorted(await use_states())) == (1, ["released", "used"])


@pytest.mark.parametrize(
    ("limit", "emails", "constraint"),
    [
        ({"max_uses": 1}, ("a", "b"), "promotion_use_within"),
        ({"per_email": 1}, ("a", "a"), "promotion_use_per_email"),
    ],
    ids=str,
)
async def test_database_refuses_one_use_too_many_when_somebody_writes_past_the_verbs(
    db: str, limit: dict[str, int], emails: tuple[str, str], constraint: str
) -> None:
    promotion = await make_code(**limit)
    await fetch(USE, promotion, hash_email(emails[0]), "used")

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await fetch(USE, promotion, hash_email(emails[1]), "held")

    assert refused.value.constraint_name == constraint
    await fetch(USE, promotion, hash_email(emails[1]), "released")
    async with unguarded("DROP TRIGGER promotion_use_within ON promotion_use"):
        await fetch(USE, promotion, hash_email(emails[1]), "held")


async def test_counter_stays_within_the_limit_when_somebody_writes_past_the_verbs(db: str) -> None:
    await make_code(max_uses=1)

    for wrong in (2, -1):
        with pytest.raises(asyncpg.CheckViolationError, match="promotion_uses"):
            await fetch("UPDATE promotion SET uses = $1", wrong)

    async with unguarded("ALTER TABLE promotion DROP CONSTRAINT promotion_uses"):
        await fetch("UPDATE promotion SET uses = 2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "lower"},
        {"code": ""},
        {"percent": 0},
        {"percent": 10001},
        {"percent": None},
        {"amount": 100, "currency": ""},
        {"amount": 0, "currency": "USD"},
        {"minimum": 100},
        {"minimum": -1, "currency": "USD"},
    ],
    ids=str,
)
async def test_code_is_refused_when_it_makes_no_sense(db: str, wrong: dict[str, object]) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await make_code(**wrong)
