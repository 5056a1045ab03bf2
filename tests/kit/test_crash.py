"""A process ends at the pass it was told, at no other, and only in a demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.kit.crash import EXIT_CODE
from store.settings import Settings, SettingsError, read_database_url

ROOT = Path(__file__).parents[2]
COUNT_TO_FIVE = """
from store.kit.crash import pass_point
for n in range(1, 6):
    print(n, flush=True)
    pass_point()
"""
COMMIT_AND_FETCH = """
import asyncio
from store.kit.db import fetch, start_pool, transaction
async def run():
    await start_pool(2)
    async with transaction():
        await fetch("CREATE TABLE IF NOT EXISTS crashed (step text)")
        await fetch("INSERT INTO crashed VALUES ('one')")
    await fetch("SELECT 1")
    await fetch("INSERT INTO crashed VALUES ('two')")
asyncio.run(run())
"""

CALL_THE_PROVIDER = """
import asyncio, httpx
from store.gateways.stripe.client import StripeCalls
def answer(request):
    print("sent", flush=True)
    return httpx.Response(200, json={"object": "balance", "available": [], "pending": [], "livemode": False})
calls = StripeCalls("sk_test_x", "http://127.0.0.1:1", httpx.MockTransport(answer))
asyncio.run(calls.call("balance", lambda: calls.client.v1.balance.retrieve_async()))
print("answered", flush=True)
"""

CALL_PAYPAL = """
import asyncio, httpx
from store.gateways.paypal.client import PayPalCalls
def answer(request):
    print(request.url.path.rsplit("/")[-1], flush=True)
    return httpx.Response(200, json={"access_token": "t", "expires_in": 100})
calls = PayPalCalls("client", "secret", "http://127.0.0.1:1", httpx.MockTransport(answer))
asyncio.run(calls.call("orders.get", "GET", "/v2/order"))
print("answered", flush=True)
"""


def run(script: str, **env: str) -> tuple[int, str]:
    """(exit code, output) of a process of its own."""
    inherited = {name: os.environ[name] for name in ("PATH", "DATABASE_URL")}
    environment = {**inherited, "PICCOLO_CONF": "store.piccolo_conf", **env}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("at", [1, 3, 5])
def test_process_ends_at_the_pass_it_was_told(at: int) -> None:
    code, out = run(COUNT_TO_FIVE, DEMO="1", CRASH_AT=str(at))

    assert (code, out.split()) == (137, [str(n) for n in range(1, at + 1)])


@pytest.mark.parametrize("env", [{"DEMO": "1"}, {"DEMO": "1", "CRASH_AT": "6"}, {"CRASH_AT": "1"}])
def test_process_goes_on_when_nothing_or_a_later_pass_was_told_or_it_is_no_demo(env: dict[str, str]) -> None:
    code, out = run(COUNT_TO_FIVE, **env)

    assert (code, out.split()) == (0, ["1", "2", "3", "4", "5"])


async def test_passes_stand_before_and_after_each_commit(db: str) -> None:
    """A transaction and a statement that commits by itself have two each; what only reads has none."""
    from store.kit.db import fetch

    written: list[tuple[int, list[str]]] = []
    for at in range(1, 6):
        code, _ = run(COMMIT_AND_FETCH, DEMO="1", CRASH_AT=str(at))
        found = await fetch("SELECT to_regclass('crashed') IS NOT NULL AS made")
        rows = await fetch("SELECT step FROM crashed ORDER BY step") if found[0]["made"] else []
        written.append((code, [row["step"] for row in rows]))
        await fetch("DROP TABLE IF EXISTS crashed")

    end = EXIT_CODE
    assert written == [(end, []), (end, ["one"]), (end, ["one"]), (end, ["one", "two"]), (0, ["one", "two"])]


def test_passes_stand_before_and_after_each_call_to_the_provider() -> None:
    ends = [run(CALL_THE_PROVIDER, DEMO="1", CRASH_AT=str(at)) for at in (1, 2, 3)]

    assert [(code, out.split()) for code, out in ends] == [
        (EXIT_CODE, []),
        (EXIT_CODE, ["sent"]),
        (0, ["sent", "answered"]),
    ]


@pytest.mark.parametrize(
    ("env", "words"),
    [({"CRASH_AT": "3"}, "DEMO is not 1"), ({"CRASH_AT": "3", "DEMO": "0"}, "DEMO is not 1")],
)
def test_shop_refuses_to_start_when_it_is_told_to_die_outside_a_demo(env: dict[str, str], words: str) -> None:
    for read in (Settings.from_env, read_database_url):
        with pytest.raises(SettingsError, match=words):
            read({"DATABASE_URL": "postgresql://localhost/shop", **env})


def test_shop_refuses_to_start_when_the_pass_is_no_number() -> None:
    with pytest.raises(SettingsError, match="CRASH_AT is not a whole number"):
        read_database_url({"DATABASE_URL": "postgresql://localhost/shop", "DEMO": "1", "CRASH_AT": "soon"})


@pytest.mark.parametrize(
    ("at", "steps"),
    [
        (1, []),
        (2, ["token"]),
        (3, ["token"]),
        (4, ["token", "order"]),
        (5, ["token", "order", "answered"]),
    ],
)
def test_process_ends_around_each_call_to_paypal(at: int, steps: list[str]) -> None:
    code, out = run(CALL_PAYPAL, DEMO="1", CRASH_AT=str(at))

    assert code == (0 if "answered" in steps else EXIT_CODE)
    assert [line for line in out.split() if line in ("token", "order", "answered")] == steps
