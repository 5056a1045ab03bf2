"""Webhook deliveries: planned per event and endpoint, signed per attempt, repeated until answered 2xx.

Every delivery is a row, so that a restart loses none: what the world emitted and was not yet planned is
planned at the next start. The body is frozen when planned; the signature is made anew for each attempt with
wall time. Back-off and due times are wall time too. Scope: the platform's own events go to account endpoints,
those of a connected account to `connect` endpoints with `account` set. Fact page §4.5, §7.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from typing import Any

import httpx

from store.sandbox.faults import DeliveryRule, Faults
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.stripe.signing import sign_payload

BACK_OFF = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 10800, 21600, 43200)  # seconds after each failed attempt
ATTEMPT_SECONDS = 10.0  # no time-out is documented; secondary texts say 3–30 s (fact page §7.2)
AT_ONCE = 16
EXCERPT = 500

log = logging.getLogger(__name__)


class Deliveries:
    """The queue of webhook deliveries and the attempts to make them."""

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
        connected = account != world.platform
        all_endpoints = world.find(world.platform, "webhook_endpoint")
        endpoints = [endpoint for endpoint in all_endpoints if _wants(endpoint, connected, event["type"])]
        if endpoints:
            event = event | {"pending_webhooks": len(endpoints)}
            world.put(account, "event", event)
        for endpoint in endpoints:
            self._plan_one(account, event, endpoint)
        self._records.execute("INSERT OR IGNORE INTO planned (event) VALUES (?)", (event["id"],))
        self.wake.set()

    def plan_missed(self) -> int:
        """Plan what was emitted but not planned before the last stop; return how many events that were."""
        planned = {row["event"] for row in self._records.execute("SELECT event FROM planned")}
        missed = [
            (world, account, event)
            for world in self._worlds
            for account, event in world.find_owned(None, "event")[::-1]
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

    def release(self, type: str | None, event: str | None) -> int:
        """Make matching held deliveries due and end the holds; return how many were let go."""
        self._faults.release(type, event)
        return self._let_go(DeliveryRule("release", type, event))

    def resend(self, type: str | None, event: str | None, count: int) -> int:
        """Make the newest `count` matching deliveries (0 = all) due again, whatever became of them."""
        rule = DeliveryRule("resend", type, event)
        rows = self._records.execute("SELECT id, type, event FROM deliveries ORDER BY created DESC, rowid DESC")
        meant = [row["id"] for row in rows if rule.matches(row["type"], row["event"])]
        return self._make_due(meant[:count] if count else meant)

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

    def list_log(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Return deliveries, newest first, each with its attempts under `log`."""
        rows = self._records.execute(
            "SELECT id, event, account, type, object, endpoint, url, state, attempts, due, created,"
            " last_status, last_error, log FROM deliveries ORDER BY created DESC, rowid DESC LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [{**dict(row), "log": json.loads(row["log"])} for row in rows]

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

    def _plan_one(self, account: str, event: dict[str, Any], endpoint: dict[str, Any]) -> None:
        type, now = event["type"], time.time()
        take = self._faults.take_delivery
        drop = take("drop", type, event["id"])
        hold = None if drop else take("hold", type, event["id"])
        delay = None if drop else take("delay", type, event["id"])
        copies = 2 if not drop and take("duplicate", type, event["id"]) else 1
        state = "dropped" if drop else "held" if hold else "waiting"
        body = _freeze(event, endpoint)
        for copy in range(1, copies + 1):
            self._records.execute(
                "INSERT OR IGNORE INTO deliveries (id, event, account, type, object, endpoint, url, body,"
                " state, due, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    f"{event['id']}:{endpoint['id']}:{copy}",
                    event["id"],
                    account,
                    type,
                    event["data"]["object"].get("id") or "",
                    endpoint["id"],
                    endpoint["url"],
                    body,
                    state,
                    now + (delay.seconds if delay else 0),
                    now,
                ),
            )

    def _let_go(self, rule: DeliveryRule) -> int:
        rows = self._records.execute("SELECT id, type, event FROM deliveries WHERE state = 'held'")
        return self._make_due([row["id"] for row in rows if rule.matches(row["type"], row["event"])])

    def _make_due(self, ids: list[str]) -> int:
        for id in ids:
            self._records.execute(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, due = ? WHERE id = ?",
                (time.time(), id),
            )
        self.wake.set()
        return len(ids)

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
            endpoint = self._find_endpoint(row["endpoint"])
            if endpoint is None or endpoint["status"] != "enabled":
                self._settle(row, None, "The endpoint was deleted or disabled.", 0.0, final=True)
                return
            started = time.monotonic()
            status, excerpt = await self._post(endpoint, row["body"])
            self._settle(row, status, excerpt, time.monotonic() - started)

    async def _post(self, endpoint: dict[str, Any], body: bytes) -> tuple[int | None, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Overprint-Sandbox/1",
            "Stripe-Signature": sign_payload(body, [endpoint["secret"]], int(time.time())),
        }
        try:
            async with (
                asyncio.timeout(ATTEMPT_SECONDS),
                self._client.stream("POST", endpoint["url"], content=body, headers=headers) as answer,
            ):
                excerpt = ""
                async for part in answer.aiter_text():
                    excerpt += part
                    if len(excerpt) >= EXCERPT:
                        break
                return answer.status_code, excerpt[:EXCERPT]
        except TimeoutError:
            return None, f"No answer within {ATTEMPT_SECONDS:.0f} s."
        except Exception as problem:  # whatever the transport raises, the delivery stays and is tried again
            return None, f"{type(problem).__name__}: {problem}"[:EXCERPT]

    def _settle(self, row: sqlite3.Row, status: int | None, answer: str, seconds: float, final: bool = False) -> None:
        attempts, now = row["attempts"] + 1, time.time()
        good = status is not None and 200 <= status < 300
        state = "delivered" if good else "failed" if final or attempts > len(BACK_OFF) else "waiting"
        due = now + (BACK_OFF[attempts - 1] if state == "waiting" else 0)
        entry = {"at": now, "status": status, "ms": round(seconds * 1000), "answer": answer}
        # Matching on `due` keeps a resend that was asked for meanwhile from being overwritten.
        self._records.execute(
            "UPDATE deliveries SET state = ?, attempts = ?, due = ?, last_status = ?, last_error = ?, log = ?"
            " WHERE id = ? AND state = 'waiting' AND due = ?",
            (
                state,
                attempts,
                due,
                status,
                None if good else answer,
                json.dumps([*json.loads(row["log"]), entry][-50:]),
                row["id"],
                row["due"],
            ),
        )
        if good:
            self._count_down(row["account"], row["event"])
        if state == "waiting":
            log.info(
                "webhook %s to %s: %s; next try in %s s",
                row["event"],
                row["url"],
                status or answer,
                due - now,
            )

    def _count_down(self, account: str, event_id: str) -> None:
        pending = self._records.execute(
            "SELECT count(DISTINCT endpoint) FROM deliveries WHERE event = ? AND state != 'delivered'",
            (event_id,),
        ).fetchone()[0]
        if world := self._worlds.find_holder(event_id):
            event = world.get(account, "event", event_id)
            world.put(account, "event", event | {"pending_webhooks": pending})

    def _find_endpoint(self, id: str) -> dict[str, Any] | None:
        world = self._worlds.find_holder(id)
        return world.get(world.platform, "webhook_endpoint", id) if world else None


def _wants(endpoint: dict[str, Any], connected: bool, type: str) -> bool:
    if endpoint["status"] != "enabled" or endpoint.get("connect", False) != connected:
        return False
    return type in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]


def _freeze(event: dict[str, Any], endpoint: dict[str, Any]) -> bytes:
    sent = event | {"api_version": endpoint.get("api_version") or event["api_version"]}
    return json.dumps(sent, separators=(",", ":"), ensure_ascii=False).encode()
