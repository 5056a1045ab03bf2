"""Webhook deliveries: planned per event and endpoint, signed per attempt, repeated until answered 2xx.

Every delivery is a row, so that a restart loses none: what the world emitted and was not yet planned is
planned at the next start. Back-off and due times are wall time. Scope: the platform's own events go to account
endpoints, those of a connected account to `connect` endpoints with `account` set. A Stripe endpoint that answered
nothing rightly for as long as one delivery was tried is switched off, as the provider does; PayPal only stops trying.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from typing import Any

import httpx

from store.sandbox.attempts import ATTEMPT_SECONDS, post_event
from store.sandbox.faults import DeliveryRule, Faults
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.planning import (
    freeze,
    plan_delivery,
    read_told,
    wanting_endpoints,
    wanting_webhooks,
)
from store.sandbox.recipients import BACK_OFF, Recipient, find_recipient, switch_recipients

AT_ONCE = 16
KEPT_ATTEMPTS = 50

log = logging.getLogger(__name__)


class Deliveries:
    """The queue of webhook deliveries and the attempts to make them.

    `seconds`: how long one attempt waits for its answer.
    """

    seconds = ATTEMPT_SECONDS

    def __init__(
        self,
        worlds: Worlds,
        records: sqlite3.Connection,
        faults: Faults,
        closing: asyncio.Event,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._worlds = worlds
        self._records = records
        self._faults = faults
        self._closing = closing
        self._client = httpx.AsyncClient(transport=transport, timeout=ATTEMPT_SECONDS, trust_env=False)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self.wake = asyncio.Event()

    def plan(self, world: World, account: str, event: dict[str, Any]) -> None:
        """Plan one delivery of `event` per endpoint that wants it; planning it twice changes nothing."""
        told = read_told(event)
        if "event_type" in event:
            endpoints = wanting_webhooks(world, account, event)
            if "_again" in event:
                endpoints = self._send_known_again(told.event, endpoints)
        else:
            endpoints = wanting_endpoints(world, account, told.type)
            if endpoints:
                event = event | {"pending_webhooks": len(endpoints)}
                world.put(account, "event", event)
        for endpoint in endpoints:
            plan_delivery(self._records, self._faults, world.platform, account, told, freeze(event, endpoint), endpoint)
        self._records.execute("INSERT OR IGNORE INTO planned (event) VALUES (?)", (event["id"],))
        self.wake.set()

    def plan_missed(self) -> int:
        """Plan what was emitted but not planned before the last stop; return how many events that were."""
        planned = {row["event"] for row in self._records.execute("SELECT event FROM planned")}
        missed = [
            (world, account, event)
            for world in self._worlds
            for kind in ("event", "paypal_event")
            for account, event in world.find_owned(None, kind)[::-1]
            if event["id"] not in planned
        ]
        for world, account, event in missed:
            self.plan(world, account, event)
        return len(missed)

    def start_due(self) -> list[asyncio.Task[None]]:
        """Start an attempt for every delivery that is due and return the attempts without waiting."""
        due = self._records.execute(
            "SELECT id FROM deliveries WHERE state = 'waiting' AND due <= ? ORDER BY due", (time.time(),)
        ).fetchall()
        return [self._start(row["id"]) for row in due]

    async def run_due(self) -> int:
        """Attempt everything that is due now, wait for the answers, return the number of attempts."""
        attempts = self.start_due()
        await asyncio.gather(*attempts)
        return len(attempts)

    async def await_answer(self, type: str, object_id: str, seconds: float) -> None:
        """Wait at most `seconds` of wall time until first attempts for this event and object are answered.

        Held and dropped deliveries, and those due later than that, are not waited for: no answer can come.
        """
        rows = self._records.execute(
            "SELECT id, due FROM deliveries"
            " WHERE object = ? AND type = ? AND state = 'waiting' AND attempts = 0 AND due <= ?",
            (object_id, type, time.time() + seconds),
        ).fetchall()
        if not rows:
            return
        answers = asyncio.create_task(self._await_first_attempts(rows))
        closing = asyncio.create_task(self._await_closing())
        _, late = await asyncio.wait({answers, closing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def release(self, type: str | None = None, event: str | None = None, endpoint: str | None = None) -> int:
        """Make matching held deliveries due and end the holds; return how many were let go."""
        self._faults.release(type, event, endpoint)
        return self._let_go(DeliveryRule("release", type, event, endpoint))

    def resend(self, type: str | None, event: str | None, endpoint: str | None, count: int) -> int:
        """Make the newest `count` matching deliveries (0 = all) due again, whatever became of them."""
        rule = DeliveryRule("resend", type, event, endpoint)
        rows = self._records.execute("SELECT * FROM deliveries ORDER BY created DESC, rowid DESC")
        meant = [row["id"] for row in rows if rule.matches(row["type"], row["event"], row["endpoint"])]
        return self.send_again(meant[:count] if count else meant)

    def send_again(self, ids: list[str]) -> int:
        """Make these deliveries due now, their tries counted anew; return how many they are."""
        for id in ids:
            self._records.execute(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, due = ?, follows = NULL WHERE id = ?",
                (time.time(), id),
            )
        self.wake.set()
        return len(ids)

    async def attempt_now(self, id: str, seconds: float) -> None:
        """Make one delivery again at once and wait at most `seconds` of wall time for its answer."""
        self.send_again([id])
        await asyncio.wait([self._start(id)], timeout=seconds)

    def switch(self, endpoint: str | None, on: bool) -> int:
        """Switch the endpoints that this id or glob means (None = all) on or off; return how many were otherwise."""
        return switch_recipients(self._worlds, endpoint, on)

    def clear_rules(self) -> int:
        """Forget every webhook rule and let held deliveries go; return how many were held."""
        self._faults.deliveries.clear()
        return self._let_go(DeliveryRule("clear"))

    def measure(self) -> dict[str, int]:
        """Count deliveries by state, and those `under_way` at this moment."""
        counts = dict.fromkeys(("waiting", "held", "delivered", "failed", "dropped"), 0)
        for row in self._records.execute("SELECT state, count(*) AS n FROM deliveries GROUP BY state"):
            counts[row["state"]] = row["n"]
        return counts | {"under_way": len(self._under_way)}

    def list_log(self, limit: int | None = None, **equal: str | None) -> list[dict[str, Any]]:
        """Return deliveries, newest first, each with its attempts under `log`; of those whose columns equal these."""
        names = [name for name, value in equal.items() if value is not None]
        where = " AND ".join(f"{name} = ?" for name in names) or "1"
        rows = self._records.execute(
            "SELECT id, platform, event, account, type, object, endpoint, url, state, attempts, due, created,"  # noqa: S608
            " last_status, last_error, tampering, follows, log"
            f" FROM deliveries WHERE {where} ORDER BY created DESC, rowid DESC LIMIT ?",
            (*(equal[name] for name in names), -1 if limit is None else limit),
        )
        return [{**dict(row), "log": json.loads(row["log"])} for row in rows]

    def read_body(self, id: str) -> bytes:
        """Return the bytes that a delivery carries, empty when there is none of that id."""
        row = self._records.execute("SELECT body FROM deliveries WHERE id = ?", (id,)).fetchone()
        return bytes(row["body"]) if row else b""

    async def abandon(self) -> None:
        """Stop the attempts under way; their deliveries stay due."""
        attempts = list(self._under_way.values())
        for attempt in attempts:
            attempt.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)

    async def close(self) -> None:
        """Stop the attempts under way and close the client."""
        await self.abandon()
        await self._client.aclose()

    def _send_known_again(self, event: str, endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make again what was delivered, failed or dropped, and return the endpoints that were never planned for."""
        rows = self._records.execute("SELECT id, endpoint, state FROM deliveries WHERE event = ?", (event,)).fetchall()
        ids = {one["id"] for one in endpoints}
        pending = ("waiting", "held")
        self.send_again([row["id"] for row in rows if row["endpoint"] in ids and row["state"] not in pending])
        known = {row["endpoint"] for row in rows}
        return [one for one in endpoints if one["id"] not in known]

    def _let_go(self, rule: DeliveryRule) -> int:
        rows = self._records.execute("SELECT id, type, event, endpoint FROM deliveries WHERE state = 'held'")
        return self.send_again([row["id"] for row in rows if rule.matches(row["type"], row["event"], row["endpoint"])])

    def _start(self, id: str) -> asyncio.Task[None]:
        if id not in self._under_way:
            task = asyncio.ensure_future(self._attempt(id))
            self._under_way[id] = task
            task.add_done_callback(lambda _: self._under_way.pop(id, None))
        return self._under_way[id]

    async def _await_first_attempts(self, rows: list[sqlite3.Row]) -> None:
        await asyncio.gather(*(self._first_attempt(row["id"], row["due"]) for row in rows))

    async def _await_closing(self) -> None:
        await self._closing.wait()

    async def _first_attempt(self, id: str, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.time()))
        await asyncio.shield(self._start(id))

    async def _attempt(self, id: str) -> None:
        async with self._places:
            row = self._records.execute("SELECT * FROM deliveries WHERE id = ? AND state = 'waiting'", (id,)).fetchone()
            if row is None:
                return
            to = find_recipient(self._worlds, row["endpoint"], row["url"], row["body"])
            if to is None or not to.enabled:
                self._settle(row, to, None, "The endpoint was deleted or disabled.", 0.0)
                return
            body, headers = to.sign(row["body"], row["tampering"], int(time.time()))
            started = time.monotonic()
            status, excerpt = await post_event(self._client, to.url, body, headers, self.seconds)
            self._settle(row, to, status, excerpt, time.monotonic() - started)

    def _settle(self, row: sqlite3.Row, to: Recipient | None, status: int | None, answer: str, seconds: float) -> None:
        attempts, now = row["attempts"] + 1, time.time()
        accepted = status is not None and 200 <= status < 300
        # Whatever the answer to a tampered attempt was, the true one is still to come.
        good = accepted and not row["tampering"]
        final, back_off = to is None or not to.enabled, to.back_off if to else BACK_OFF
        given_up = final or (attempts > len(back_off) and not row["tampering"])
        state = "delivered" if good else "failed" if given_up else "waiting"
        due = now + (back_off[min(attempts, len(back_off)) - 1] if state == "waiting" else 0)
        entry = {"at": now, "status": status, "ms": round(seconds * 1000), "answer": answer}
        entry |= {"tampering": row["tampering"], "accepted": accepted} if row["tampering"] else {}
        # Matching on `due` keeps a resend that was asked for meanwhile from being overwritten.
        self._records.execute(
            "UPDATE deliveries SET state = ?, attempts = ?, due = ?, last_status = ?, last_error = ?, log = ?,"
            " tampering = NULL WHERE id = ? AND state = 'waiting' AND due = ?",
            (
                state,
                attempts,
                due,
                status,
                None if good else answer,
                json.dumps([*json.loads(row["log"]), entry][-KEPT_ATTEMPTS:]),
                row["id"],
                row["due"],
            ),
        )
        self._let_follow(row["id"])
        if good:
            self._count_down(row["account"], row["event"])
        elif (
            state == "failed"
            and to
            and to.enabled
            and to.gives_up
            and not self._answered_since(row["endpoint"], row["created"])
        ):
            log.warning("webhook endpoint %s is disabled: nothing was answered 2xx for too long", row["endpoint"])
            self.switch(row["endpoint"], on=False)
        if state == "waiting":
            log.info("webhook %s to %s: %s; next try in %s s", row["event"], row["url"], status or answer, due - now)

    def _let_follow(self, id: str) -> None:
        followed = self._records.execute(
            "UPDATE deliveries SET state = 'waiting', due = ?, follows = NULL WHERE follows = ? AND state = 'held'",
            (time.time(), id),
        )
        if followed.rowcount:
            self.wake.set()

    def _answered_since(self, endpoint: str, moment: float) -> bool:
        return bool(
            self._records.execute(
                "SELECT 1 FROM deliveries WHERE endpoint = ? AND state = 'delivered'"
                " AND json_extract(log, '$[#-1].at') >= ? LIMIT 1",
                (endpoint, moment),
            ).fetchone()
        )

    def _count_down(self, account: str, event_id: str) -> None:
        pending = self._records.execute(
            "SELECT count(DISTINCT endpoint) FROM deliveries WHERE event = ? AND state != 'delivered'",
            (event_id,),
        ).fetchone()[0]
        world = self._worlds.find_holder(event_id)
        if world and world.has(account, "event", event_id):
            event = world.get(account, "event", event_id)
            world.put(account, "event", event | {"pending_webhooks": pending})
