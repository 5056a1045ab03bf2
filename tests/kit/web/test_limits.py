"""Rate limits: exactly as many as allowed, over any number of requests at once."""

import asyncio
from typing import Any

import pytest
from litestar.testing import RequestFactory

from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.kit.errors import TooMany
from store.kit.limits import forget_limits
from store.kit.web.limits import RateLimits

LIMITS = RateLimits()


async def try_take(limits: RateLimits, key: str, limit: int, seconds: float) -> bool:
    try:
        await limits.take(key, limit, seconds)
    except TooMany:
        return False
    return True


async def test_exactly_the_limit_passes_when_200_come_at_once(patient: None) -> None:
    results = await asyncio.gather(*(try_take(LIMITS, "ip", 10, 3600) for _ in range(200)))

    assert sum(results) == 10


async def test_too_many_pass_when_the_count_is_read_then_written(patient: None) -> None:
    """The negative control: the naive twin lets more through."""
    await fetch("INSERT INTO rate_limit (key, tat) VALUES ('naive', 0)")

    async def take_naively() -> bool:
        used = await fetch_value("SELECT tat FROM rate_limit WHERE key = 'naive'")
        if used >= 10:
            return False
        await fetch("UPDATE rate_limit SET tat = $1 WHERE key = 'naive'", used + 1)
        return True

    assert sum(await asyncio.gather(*(take_naively() for _ in range(200)))) > 10


async def test_scale_multiplies_when_it_is_set(db: Any) -> None:
    scaled = RateLimits(scale=3)

    assert sum([await try_take(scaled, "ip", 2, 3600) for _ in range(10)]) == 6


async def test_keys_count_apart_when_they_differ(db: Any) -> None:
    assert await try_take(LIMITS, "a", 1, 3600)
    assert await try_take(LIMITS, "b", 1, 3600)
    assert not await try_take(LIMITS, "a", 1, 3600)


async def test_wait_is_told_in_words_and_seconds_when_it_is_too_many(db: Any) -> None:
    await LIMITS.take("ip", 1, 600)

    with pytest.raises(TooMany, match="10 minutes") as caught:
        await LIMITS.take("ip", 1, 600)

    assert 598 <= caught.value.retry_after <= 600


async def test_tries_come_back_when_time_has_passed(db: Any) -> None:
    for _ in range(4):
        await LIMITS.take("ip", 4, 3600)
    await fetch("UPDATE rate_limit SET tat = tat - 900")

    assert [await try_take(LIMITS, "ip", 4, 3600) for _ in range(2)] == [True, False]


async def test_take_is_refused_when_a_transaction_is_open(db: Any) -> None:
    async with transaction():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await LIMITS.take("ip", 1, 60)


async def test_only_spent_keys_stay_when_limits_are_forgotten(db: Any) -> None:
    await LIMITS.take("busy", 1, 3600)
    await fetch("INSERT INTO rate_limit (key, tat) VALUES ('old', $1)", clock.wall().timestamp() - 1)

    assert await forget_limits() == 1
    assert not await try_take(LIMITS, "busy", 1, 3600)


async def test_key_is_unreadable_when_the_table_is_read(db: Any) -> None:
    await LIMITS.take("checkout:203.0.113.9", 1, 60)

    assert await fetch_value("SELECT key ~ '^[0-9a-f]{64}$' FROM rate_limit")


def request_from(peer: str, **headers: str) -> Any:
    request = RequestFactory().get("/", headers={name.replace("_", "-"): text for name, text in headers.items()})
    request.scope["client"] = (peer, 1)
    return request


@pytest.mark.parametrize(
    ("limits", "peer", "headers", "expected"),
    [
        (LIMITS, "203.0.113.9", {}, "203.0.113.9"),
        (LIMITS, "203.0.113.9", {"X_Forwarded_For": "198.51.100.1"}, "203.0.113.9"),
        (
            LIMITS,
            "203.0.113.9",
            {"Forwarded": "for=198.51.100.1", "X_Real_IP": "198.51.100.1"},
            "203.0.113.9",
        ),
        (
            RateLimits(forwarded_header="X-Forwarded-For"),
            "10.0.0.1",
            {"X_Forwarded_For": "6.6.6.6, 198.51.100.1"},
            "198.51.100.1",
        ),
        (RateLimits(forwarded_header="X-Forwarded-For"), "10.0.0.1", {}, "10.0.0.1"),
        (LIMITS, "2001:db8:1:2:3:4:5:6", {}, "2001:db8:1:2::/64"),
        (LIMITS, "::ffff:203.0.113.9", {}, "203.0.113.9"),
        (LIMITS, "::ffff:cb00:7109", {}, "203.0.113.9"),
        (RateLimits(forwarded_header="X-Real-IP"), "10.0.0.1", {"X_Real_IP": "::ffff:198.51.100.1"}, "198.51.100.1"),
        (LIMITS, "unix", {}, "unix"),
    ],
)
def test_client_is_the_peer_when_no_proxy_is_named(
    limits: RateLimits, peer: str, headers: dict[str, str], expected: str
) -> None:
    assert limits.client(request_from(peer, **headers)) == expected


def test_client_is_what_the_proxy_added_when_it_wrote_a_line_of_its_own() -> None:
    request = request_from("10.0.0.1")
    request.scope["headers"] += [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"198.51.100.1")]

    assert RateLimits(forwarded_header="X-Forwarded-For").client(request) == "198.51.100.1"
