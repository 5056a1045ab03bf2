"""The worker process: inbox, outbox, mail and sweeps, woken by NOTIFY and by a slow tick in case one was lost.

Each loop works off its own queue and a slow one never blocks another. Leases and fencing make any number of workers
safe, so a second process needs no configuration. While the provider is away nothing is taken that would only fail: it
is asked by one small call from time to time, and what had to wait goes on when it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from store.accounts import service as accounts
from store.gateways.breaker import Refused
from store.gateways.build import build_gateways
from store.gateways.pace import TooFast
from store.gateways.port import PAYPAL, STRIPE, GatewayError, Gateways, StoredFailure, Unavailable
from store.kit import clock
from store.kit.db import start_pool, stop_pool
from store.kit.limits import forget_limits
from store.kit.logs import configure_logs
from store.kit.queue import CHANNEL, hasten, work
from store.kit.web.templates import make_environment
from store.mail.service import Mailer, forget_sent, send_due, submit
from store.orders.service import erase_orders
from store.payments.service import track_parcel
from store.payments.service.declines import forget_payers
from store.payments.service.erase import erase_requests
from store.payments.service.stop import stop_paying
from store.payments.sweep import sweep_payments
from store.payouts.service import forget_receivers, send_reversal, send_transfer
from store.payouts.sweep import sweep_payouts, sweep_transfers
from store.refunds.service import give_back
from store.refunds.sweep import sweep_refunds
from store.settings import Settings
from store.vendors import service as vendors
from store.vendors.sweep import sweep_vendors
from store.webhooks.service import back_fill, forget_bodies, process_due
from store.webhooks.sweep import sweep_endpoints, sweep_silence

ROOT = Path(__file__).parent.parent
TICK_SECONDS = 1.0
TIDY_SECONDS = 300.0
# How often silence and switched-off endpoints are looked for.
WATCH_SECONDS = 60.0
# What a row says that was postponed because the provider was away.
AWAY = tuple(error.__name__ for error in (Unavailable, Refused, TooFast, StoredFailure))
# Back-off grows to an hour: two days and a half, longer than a provider remembers a key.
OPERATION_TRIES = 60
GRACE_SECONDS = 3.0
# What nobody needs any more, each a verb of its slice. A request goes after the order it was for.
TIDIES = (
    forget_limits,
    forget_payers,
    accounts.forget_sessions,
    accounts.forget_links,
    vendors.forget_offers,
    vendors.forget_payout_offers,
    forget_receivers,
    erase_orders,
    erase_requests,
    forget_bodies,
    forget_sent,
)

# What is added to a mail just before it is sent, by kind.
LETTERS = {**accounts.LETTERS, **vendors.LETTERS, **vendors.PAYOUT_LETTERS}

log = structlog.get_logger(__name__)


class Worker:
    """The loops of one process. `drain` runs them once by hand, which is how tests turn the crank.

    `tick`: seconds after which an idle loop looks again although nothing woke it.
    """

    def __init__(self, gateways: Gateways, mailer: Mailer, tick: float = TICK_SECONDS) -> None:
        self.gateways = gateways
        self.mailer = mailer
        self.tick = tick
        self._wakes: list[asyncio.Event] = []
        self._were_away: set[str] = set()
        self._was_off: list[str] = []

    async def run(self, stop: asyncio.Event, dsn: str) -> None:
        """Work until `stop` is set; work in hand is finished first."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._listen(stop, dsn))
            for queue in (self.process_events, self.run_operations, self.send_mail, self.sweep):
                loops.create_task(self._loop(stop, queue, self.tick))
            for tidy in TIDIES:
                loops.create_task(self._loop(stop, tidy, TIDY_SECONDS))
            loops.create_task(self._loop(stop, self.watch, WATCH_SECONDS, woken=False))

    async def drain(self, *, sweep: bool = False) -> None:
        """Work until every queue is empty of what is due now; with `sweep` look at stale rows too."""
        while True:
            done = await self.process_events() + await self.run_operations() + await self.send_mail()
            if sweep:
                done += await self.sweep()
            if not done:
                return

    async def process_events(self) -> int:
        """Apply waiting events."""
        return await process_due(self.gateways, await self._find_away())

    async def run_operations(self) -> int:
        """Run waiting operations by the verb of their kind."""
        return await work("operation", self._operate, tries=OPERATION_TRIES, away=await self._find_away())

    async def send_mail(self) -> int:
        """Send waiting mail."""
        return await send_due(self.mailer, LETTERS)

    async def sweep(self) -> int:
        """Look at stale payments, refunds, vendors, transfers and payouts; not at those of a provider that is away."""
        away = await self._find_away()
        done = await sweep_payments(self.gateways, away) + await sweep_refunds(self.gateways, away)
        if STRIPE not in away:
            done += await sweep_vendors(self.gateways) + await sweep_transfers(self.gateways)
        if self.gateways.paypal is not None and PAYPAL not in away:
            done += await sweep_payouts(self.gateways)
        return done

    async def watch(self) -> int:
        """Have missed events fetched: of silent accounts, and of endpoints that are or just were switched off."""
        await sweep_silence()
        if STRIPE not in await self._find_away():
            self._was_off = await sweep_endpoints(self.gateways, self.mailer.base_url, self._was_off)
        return 0

    async def _find_away(self) -> tuple[str, ...]:
        """The providers that do not answer; the work of one never waits for the other."""
        rails = [STRIPE] if self.gateways.paypal is None else [STRIPE, PAYPAL]
        return tuple([provider for provider in rails if not await self._reach(provider)])

    async def _reach(self, provider: str) -> bool:
        """Whether this provider is there to work with; one that was away is asked by a call that is nobody's."""
        rail = self.gateways.rail(provider)
        if rail.is_away():
            self._were_away.add(provider)
            try:
                await rail.ping()
            except Unavailable:
                return False
            except GatewayError as refused:
                log.warning("provider_refuses", provider=provider, reason=str(refused))
        if provider in self._were_away:
            self._were_away.discard(provider)
            waited = [await hasten(table, AWAY, provider) for table in ("inbox_event", "operation")]
            log.info("provider_is_back", provider=provider, waited=sum(waited))
        return True

    async def _operate(self, row: Mapping[str, Any]) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "refund": lambda body: give_back(self.gateways, UUID(body["capture_id"])),
            "transfer": lambda body: send_transfer(self.gateways, UUID(body["transfer_id"])),
            "reverse_transfer": lambda body: send_reversal(self.gateways, UUID(body["reversal_id"])),
            "track": lambda body: track_parcel(self.gateways, UUID(body["part_id"])),
            "back_fill": lambda body: self._back_fill(body, row["provider"]),
            "stop_paying": self._stop_paying,
        }
        await verbs[row["kind"]](json.loads(row["body"]))

    async def _stop_paying(self, body: dict[str, Any]) -> None:
        await stop_paying(self.gateways, UUID(body["vendor_id"]))

    async def _back_fill(self, body: dict[str, Any], provider: str) -> None:
        await back_fill(self.gateways, body["account"], provider)

    async def _loop(
        self, stop: asyncio.Event, turn: Callable[[], Awaitable[int]], tick: float, *, woken: bool = True
    ) -> None:
        # Cleared before the turn: what is told while the turn finds nothing is not lost.
        wake = asyncio.Event()
        if woken:
            self._wakes.append(wake)
        while not stop.is_set():
            wake.clear()
            try:
                busy = await turn()
            except Exception:
                log.exception("worker_turn_failed", turn=getattr(turn, "__name__", "turn"))
                busy = 0
            if not busy:
                await self._rest(stop, wake, tick)

    async def _rest(self, stop: asyncio.Event, wake: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, wake)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _listen(self, stop: asyncio.Event, dsn: str) -> None:
        """Turn NOTIFY into a wake-up; without a connection the tick alone carries on."""
        while not stop.is_set():
            try:
                connection = await asyncpg.connect(dsn=dsn)
                await connection.add_listener(CHANNEL, self._on_notify)
                while not stop.is_set() and not connection.is_closed():
                    await self._rest_stop(stop, 1.0)
                await connection.close()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._rest_stop(stop, 2.0)

    async def _rest_stop(self, stop: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)

    def _on_notify(self, *_: object) -> None:
        for wake in self._wakes:
            wake.set()


def make_mailer(settings: Settings) -> Mailer:
    """Where mail goes and what it is written with; `templates/` lies beside `store/`."""
    environment = make_environment(ROOT / "templates", ROOT / "static", settings=settings.shown)
    return Mailer(settings.smtp_url, settings.mail_from, settings.base_url, environment, submit)


async def run(settings: Settings) -> None:
    """The worker process, until it is cancelled; work in hand is finished first, for `GRACE_SECONDS` at most."""
    clock.use_offset_file(settings.clock_file)
    configure_logs(settings.log_level, json=not settings.demo)
    await start_pool(settings.db_pool)
    stop = asyncio.Event()
    worker = Worker(build_gateways(settings), make_mailer(settings))
    loops = asyncio.create_task(worker.run(stop, settings.database_url))
    try:
        await asyncio.shield(loops)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([loops], timeout=GRACE_SECONDS)
    finally:
        loops.cancel()
        await stop_pool()
