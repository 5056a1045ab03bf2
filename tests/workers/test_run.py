"""The worker's loops: woken by NOTIFY or the tick, going on after outages, and stopped with work in hand finished."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage

from store.kit.db import fetch, fetch_value, transaction
from store.mail.service import Mailer, send_once
from store.workers import Worker
from tests.mail.letters import ORDER
from tests.outages import database_away
from tests.world import World

NEVER = 3600.0
PATIENCE = 30.0
LISTENS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'"
DONE = "SELECT count(*) FROM mail_message WHERE state = 'done'"


async def see(sql: str, wanted: int = 1) -> None:
    """Ask until a query gives this number; each question lets the others go on."""
    async with asyncio.timeout(PATIENCE):
        while await fetch_value(sql) != wanted:
            pass


async def write(cause: str) -> None:
    """Something for the worker to do."""
    async with transaction():
        await send_once("order_confirmed", cause, "ada@example.com", ORDER)


@asynccontextmanager
async def running(worker: Worker, dsn: str) -> AsyncIterator[asyncio.Event]:
    """A worker that runs meanwhile; it is stopped and awaited at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop, dsn))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def test_work_is_done_when_the_database_gives_notice(world: World, db: str) -> None:
    worker = Worker(world.gateways, world.worker.mailer, tick=NEVER)

    async with running(worker, db):
        await see(LISTENS)
        await write("1")
        await see(DONE)

    assert len(world.sandbox.state.mailbox.list_mails()) == 1


async def test_work_is_done_by_the_tick_when_the_notice_was_lost(world: World, db: str) -> None:
    worker = Worker(world.gateways, world.worker.mailer, tick=0.02)

    async with running(worker, "postgresql://127.0.0.1:1/nobody"):
        await write("1")
        await see(DONE)


async def test_work_in_hand_is_finished_when_the_worker_is_stopped(world: World, db: str) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def submit(mailer: Mailer, message: EmailMessage) -> None:
        begun.set()
        await go_on.wait()

    worker = Worker(world.gateways, replace(world.worker.mailer, submit=submit), tick=NEVER)
    await write("1")

    async with running(worker, db) as stop:
        await begun.wait()
        await write("2")
        stop.set()
        go_on.set()

    states = {row["cause"]: row["state"] for row in await fetch("SELECT cause, state FROM mail_message")}
    assert states == {"1": "done", "2": "waiting"}


async def test_worker_goes_on_when_the_database_was_away(world: World, db: str) -> None:
    worker = Worker(world.gateways, world.worker.mailer, tick=0.05)

    async with running(worker, db):
        await see(LISTENS)
        async with database_away(db):
            pass
        await write("1")
        await see(DONE)
        await see(LISTENS)


async def test_slow_queue_keeps_no_other_from_working(world: World, db: str) -> None:
    """Mail hangs; events are applied meanwhile."""
    hanging, go_on = asyncio.Event(), asyncio.Event()

    async def submit(mailer: Mailer, message: EmailMessage) -> None:
        hanging.set()
        await go_on.wait()

    worker = Worker(world.gateways, replace(world.worker.mailer, submit=submit), tick=0.05)
    await write("1")

    async with running(worker, db):
        await hanging.wait()
        await fetch("INSERT INTO operation (id, kind, key, body) VALUES (gen_random_uuid(), 'unheard_of', '1', '{}')")
        await see("SELECT count(*) FROM operation WHERE attempt >= 1")
        go_on.set()
        await see(DONE)
