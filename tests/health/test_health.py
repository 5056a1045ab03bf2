"""Alive, ready, measured: and metrics only for this machine or who knows the token."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from store.health import Health, make_route_handlers, read_gauges, read_migration_names
from store.kit import clock
from store.kit.db import engine, fetch
from store.kit.metrics import REGISTRY
from store.kit.web.errors import exception_handlers
from tests.ready import open_pool
from tests.world import World

TOKEN = "0123456789abcdef"
OPEN = Health()


def make_client(health: Health, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    app = Litestar(make_route_handlers(health), exception_handlers=exception_handlers(), logging_config=None)
    transport = httpx.ASGITransport(app=app, client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def get(path: str, health: Health = OPEN, peer: str = "127.0.0.1") -> httpx.Response:
    async with make_client(health, peer) as client:
        return await client.get(path)


async def test_process_is_alive_when_it_answers() -> None:
    answer = await get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_process_is_ready_when_all_migrations_have_run(db: str) -> None:
    answer = await get("/readyz")

    assert answer.json() == {"status": "ok", "problems": []}
    assert read_migration_names() != []


async def test_process_is_not_ready_when_a_migration_has_not_run(db: str, tmp_path: Path) -> None:
    (tmp_path / "store_2099.py").write_text('ID = "2099-01-01T00:00:00:000000"\nVERSION = "1.38.0"\n')

    answer = await get("/readyz", Health(migrations=tmp_path))

    assert answer.status_code == 503
    assert answer.json()["problems"] == [
        "migration 2099-01-01T00:00:00:000000 has not run: run `python -m store migrate`"
    ]


@pytest.fixture
async def no_database(db: str):
    """A pool that gives no connection any more."""
    engine().pool.terminate()
    yield
    engine().pool = None
    await open_pool()


async def test_process_is_not_ready_when_the_database_does_not_answer(no_database: None) -> None:
    answer = await get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["the database does not answer (InterfaceError)"]


async def test_own_numbers_are_shown_when_the_database_does_not_answer(no_database: None) -> None:
    answer = await get("/metrics")

    assert answer.status_code == 200
    assert "overprint_database_up 0.0" in answer.text
    assert "overprint_orders" not in answer.text


@pytest.mark.parametrize(
    ("peer", "token", "headers", "status"),
    [
        ("127.0.0.1", None, {}, 200),
        ("::1", None, {}, 200),
        ("203.0.113.9", None, {}, 404),
        ("127.0.0.1", None, {"X_Forwarded_For": "203.0.113.9"}, 404),
        ("127.0.0.1", None, {"Forwarded": "for=203.0.113.9"}, 404),
        ("unix", None, {}, 404),
        ("127.0.0.1", TOKEN, {}, 404),
        ("203.0.113.9", TOKEN, {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("203.0.113.9", TOKEN, {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ("203.0.113.9", TOKEN, {"Authorization": "Bearer "}, 404),
        ("203.0.113.9", TOKEN, {"Authorization": "Bearer é"}, 404),
    ],
)
async def test_metrics_are_shown_only_to_this_machine_or_the_bearer(
    db: str, peer: str, token: str | None, headers: dict[str, str], status: int
) -> None:
    raw: Sequence[tuple[bytes, bytes]] = [
        (name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()
    ]
    async with make_client(Health(metrics_token=token), peer) as client:
        answer = await client.get("/metrics", headers=raw)

    assert answer.status_code == status
    assert ("overprint_database_up 1.0" in answer.text) is (status == 200)


async def test_gauges_tell_what_waits_when_rows_are_there(db: str) -> None:
    for number, state in enumerate(("waiting", "waiting", "parked", "done")):
        await fetch(
            "INSERT INTO inbox_event (id, provider, event_id, endpoint, type, sha256, body, state, received_at)"
            " VALUES (gen_random_uuid(), 'stripe', $1, 'account', 't', '', '', $2, $3)",
            f"evt_{number}",
            state,
            clock.wall() - timedelta(seconds=100 * (number + 1)),
        )

    readings = {reading.name: reading.values for reading in await read_gauges()}

    assert readings["queue_rows"] == {("inbox", "waiting"): 2.0, ("inbox", "parked"): 1.0}
    assert 200 <= readings["inbox_age_seconds"][()] < 260
    assert readings["orders"] == {}


async def test_metrics_name_the_orders_when_there_are_some(world) -> None:
    browser = world.browser()
    path = await browser.buy((await fetch("SELECT sku FROM variant WHERE on_hand > 5 ORDER BY sku LIMIT 1"))[0]["sku"])

    readings = {reading.name: reading.values for reading in await read_gauges()}

    assert path.startswith("/orders/")
    assert readings["orders"] == {("paid",): 1.0}


async def test_metrics_tell_doors_calls_and_lag_when_an_order_was_bought(world: World) -> None:
    def read() -> dict[str, float]:
        names = {
            "door": ("confirmations_total", {"provider": "stripe", "door": "webhook", "kind": "settling"}),
            "call": (
                "provider_calls_total",
                {"provider": "stripe", "call": "checkout.sessions.create", "outcome": "ok"},
            ),
            "time": ("provider_call_seconds_count", {"provider": "stripe", "call": "checkout.sessions.create"}),
            "lag": ("webhook_lag_seconds_count", {}),
        }
        return {key: REGISTRY.get_sample_value(f"overprint_{name}", of) or 0.0 for key, (name, of) in names.items()}

    before = read()
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await world.pay(await ada.check_out())
    await world.deliver()

    counted = {key: value - before[key] for key, value in read().items()}
    assert counted.pop("lag") >= 1
    assert counted == {"door": 1, "call": 1, "time": 1}
