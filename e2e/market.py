"""The market that the journeys visit: shop, sandbox, worker and database, as `make demo` starts them.

Each pytest worker pays once for a demo of its own, on free ports and in a folder that goes with it; or, with
E2E_BASE_URL and E2E_SANDBOX_URL, all visit one that runs already (give its DATA too, or what needs rows is skipped;
start it with RATE_SCALE=100000, or the checkout limit is met). Tests share no stock and no provider's world:
`reset` puts shelves, vendors and sandbox back to how they were found; `begin` does so before a journey and remembers
what lies there, for `find_broken` after it.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from e2e.invariants import Before, Broken, find_broken, look_before
from e2e.rows import Row, Rows
from store.demo.folder import read_env
from store.kit.processes import ProcessGroup, end_processes, last_lines
from store.payments.states import LIVE
from store.postgres import EmbeddedPostgres

ROOT = Path(__file__).parent.parent
START_SECONDS = 180.0
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.05
SECRET_KEY = "sk_test_overprint"
PAYPAL_APP = ("overprint", "overprint-secret")
FREE = "on_hand - reserved - sold"
QUEUES = ("inbox_event", "operation", "mail_message")
STAYS_SECONDS = 3.0
# After this a payment has settled at the provider.
SETTLED_SECONDS = 20
# What a sweep has not looked at yet.
DUE = """
SELECT id FROM payment WHERE check_at <= $1 AND "order" = ANY($2) AND status = ANY($3)
UNION ALL SELECT id FROM capture WHERE settle_at <= $1 AND "order" = ANY($2) AND NOT settled
"""
HELD = "SELECT id FROM orders WHERE payment_state IN ('awaiting_payment', 'failed')"
VENDOR_FACTS = (
    "name, about, ink, returns_text, state, paused, closed_at, delivery_price, allow_promotion_codes,"
    " charges_enabled, payouts_enabled, details_submitted,"
    " card_payments, transfers, requirements, check_at, payout_email, payout_email_at"
)
T = TypeVar("T")


class Market:
    """Two addresses and what a test may know and do behind them. URLs without trailing slash."""

    def __init__(self, shop: str, sandbox: str, database: str = "") -> None:
        self.shop, self.sandbox = shop, sandbox
        self._rows = Rows(database) if database else None
        self._before: Before | None = None
        self._console = httpx.Client(base_url=sandbox, timeout=30, trust_env=False)
        if database:
            self._found = {
                "variant": self.rows(f"SELECT id, price, published, {FREE} AS free FROM variant"),
                "product": self.rows(
                    "SELECT id, title, summary, description, category, price, published, archived_at, closed"
                    " FROM product"
                ),
                "vendor": self.rows(f"SELECT id, {VENDOR_FACTS} FROM vendor"),
                "promotion": self.rows("SELECT id, max_uses, active FROM promotion"),
            }

    def rows(self, sql: str, *args: Any) -> list[Row]:
        """The rows of a statement in the shop's database; skips where only the addresses are known."""
        if self._rows is None:
            pytest.skip("needs the shop's database: give DATA of the demo that runs")
        return self._rows.fetch(sql, *args)

    @contextmanager
    def hold(self, sql: str, *args: Any) -> Iterator[None]:
        """Keep the rows that a `SELECT … FOR UPDATE` locks until the block ends."""
        self.rows("BEGIN")
        try:
            assert self.rows(sql, *args), "there is nothing to hold"
            yield
        finally:
            self.rows("COMMIT")

    def tell(self, what: str, **command: Any) -> Row:
        """Command the sandbox: POST /_sandbox/{what}."""
        return dict(self._console.post(f"/_sandbox/{what}", json=command).raise_for_status().json())

    def ask(self, method: str, path: str, **form: str) -> Row:
        """Speak the provider's own API, as somebody at the platform would: the answer's JSON."""
        answer = self._console.request(method, path, data=form, auth=(SECRET_KEY, ""))
        return dict(answer.raise_for_status().json())

    def ask_paypal(self, method: str, path: str, body: Row | None = None) -> Row:
        """Speak PayPal's own API as the shop's app, as somebody beside the shop would: the answer's JSON."""
        answer = self._console.request(method, path, json=body, auth=PAYPAL_APP)
        return dict(answer.raise_for_status().json())

    def truth(self, what: str) -> list[Row]:
        """What the provider knows: GET /_sandbox/truth/{what}, newest first."""
        return list(self._console.get(f"/_sandbox/truth/{what}").raise_for_status().json()["data"])

    def mails(self, to: str) -> list[Row]:
        """What one person's mailbox holds, newest first."""
        return list(self._console.get("/_sandbox/mailbox", params={"to": to}).raise_for_status().json()["data"])

    def clear_faults(self) -> None:
        """Let every request to the provider be answered again."""
        self._console.delete("/_sandbox/faults").raise_for_status()

    def hold_webhooks(self) -> None:
        """Keep back every webhook until `release_webhooks`."""
        self.tell("webhooks", action="hold")

    def release_webhooks(self) -> None:
        """Send what was held."""
        self.tell("webhooks", action="release")

    def drop_webhooks(self) -> None:
        """Lose every webhook from now on."""
        self.tell("webhooks", action="drop", count=0)

    def advance(self, seconds: int) -> None:
        """Move the business clock of sandbox and shop."""
        self.tell("clock", advance=seconds)

    def settle(self) -> None:
        """Wait until no webhook is due at the provider and nothing waits in the shop's queues."""
        wait_until(lambda: self._console.get("/_sandbox/quiet").status_code == 200, "the sandbox to be quiet")
        if self._rows is not None:
            wait_until(lambda: not self._list_waiting(), "the shop's queues to be empty", seen=self._list_waiting)

    def limit_code(self, code: str, left: int) -> None:
        """Let a promotion code be used only so many times more."""
        self.rows("UPDATE promotion SET max_uses = uses + $2 WHERE code = $1", code, left)

    def free(self, sku: str) -> int:
        """How many of one variant anybody could still take."""
        [variant] = self.rows(f"SELECT {FREE} AS free FROM variant WHERE sku = $1", sku)
        return int(variant["free"])

    def stock(self, sku: str, free: int) -> None:
        """Let exactly so many of one variant be free."""
        [variant] = self.rows("SELECT id FROM variant WHERE sku = $1", sku)
        self._stock(variant["id"], free)

    def reset(self) -> None:
        """Put provider, shelves and vendors back to how they were found, and let old attempts rest."""
        if self._rows is None:
            self.tell("reset")
            return
        self.settle()
        # A charge settles seconds after its payment: an event about it that came now would outlive its object.
        self.hold_webhooks()
        self.settle()
        # Shops that a journey opened are none of the provider's any more; who left it begins again.
        self.rows("UPDATE vendor SET check_at = NULL WHERE id <> ALL($1)", [row["id"] for row in self._found["vendor"]])
        self.rows("UPDATE vendor SET state = 'onboarding' WHERE state = 'disconnected'")
        self.rows("UPDATE connected_account SET closed_at = NULL WHERE closed_at IS NOT NULL AND account_ref <> ''")
        self.tell("reset")
        # The provider forgets these with its reset: looking at them again would only fill the log.
        self.rows("UPDATE payment SET check_at = NULL WHERE check_at IS NOT NULL")
        # Nobody can pay these any more: a vendor who stops selling has no page of theirs to close.
        self.rows("UPDATE payment SET status = 'expired' WHERE status IN ('created', 'pending')")
        # Their goods go back now, and not when a later journey moves the clock.
        self.rows("UPDATE orders SET hold_until = now() - interval '1 minute' WHERE id IN (" + HELD + ")")
        self.rows("NOTIFY work")
        wait_until(lambda: not self.rows(HELD), "orders that nobody can pay any more to end")
        self.rows("UPDATE capture SET settle_at = NULL WHERE settle_at IS NOT NULL")
        # Nor is any of what an earlier journey left waiting for a vendor who can have money again.
        for table in ("transfer_reversal", "transfer"):
            self.rows(f"UPDATE {table} SET state = 'canceled' WHERE state IN ('intended', 'waiting')")
            self.rows(f"UPDATE {table} SET look_at = NULL WHERE look_at IS NOT NULL")
        self.rows("UPDATE payout SET state = 'canceled' WHERE state IN ('planned', 'waiting')")
        self.rows("UPDATE payout SET look_at = NULL WHERE look_at IS NOT NULL")
        # What vendors made in a journey leaves the shelves with it.
        made = [row["id"] for row in self._found["product"]]
        self.rows("UPDATE product SET published = false WHERE published AND id <> ALL($1)", made)
        self.rows("DELETE FROM picture WHERE product = ANY($1)", made)
        self.rows(
            "UPDATE promotion SET active = false WHERE id <> ALL($1)", [r["id"] for r in self._found["promotion"]]
        )
        for table, found in self._found.items():
            for row in found:
                self._put_back(table, row)

    def begin(self) -> None:
        """Before a journey: put everything back, and remember what earlier ones left in the shop's rows."""
        self.reset()
        if self._rows is not None:
            self._before = self._rows.run(look_before(self._now()))

    def find_broken(self) -> Broken:
        """After a journey: bring everything to rest and return what it broke; nothing without a database to look at."""
        if self._rows is None or self._before is None or not self._list_own_orders():
            return {}
        self.clear_faults()
        self.tell("webhooks", action="clear")
        self.tell("webhooks", action="release")
        self._bring_to_rest()
        if self.rows('SELECT 1 FROM capture WHERE NOT settled AND "order" = ANY($1)', self._list_own_orders()):
            # Found just now: the provider settles it a moment later.
            self._bring_to_rest()
        # A sweep has taken its rows before it knows what became of them: what is broken stays so.
        deadline = time.monotonic() + STAYS_SECONDS
        while broken := self._rows.run(find_broken(self._before, self.sandbox, SECRET_KEY, self._now())):
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_SECONDS)
        return broken

    def close(self) -> None:
        """Put everything back and leave."""
        self.reset()
        self._console.close()
        if self._rows is not None:
            self._rows.close()

    def _now(self) -> datetime:
        """Business time, UTC."""
        return datetime.fromtimestamp(self._console.get("/_sandbox/clock").raise_for_status().json()["now"], UTC)

    def _list_own_orders(self) -> list[Any]:
        """The orders of this journey."""
        assert self._before is not None
        return [row["id"] for row in self.rows("SELECT id FROM orders WHERE id <> ALL($1)", self._before.orders)]

    def _bring_to_rest(self) -> None:
        """Every event told, every row of this journey looked at, as it is some sweeps later."""
        self.advance(SETTLED_SECONDS)
        self.settle()
        now, own, live = self._now(), self._list_own_orders(), [str(status) for status in LIVE]
        self.rows('UPDATE payment SET check_at = $1 WHERE check_at > $1 AND "order" = ANY($2)', now, own)
        self.rows('UPDATE capture SET settle_at = $1 WHERE settle_at > $1 AND "order" = ANY($2)', now, own)
        self.rows("NOTIFY work")
        wait_until(lambda: not self.rows(DUE, now, own, live), "the sweep to look")
        self.settle()

    def _list_waiting(self) -> list[Row]:
        columns = "state, attempt, run_at, last_error"
        return self.rows(
            " UNION ALL ".join(
                f"SELECT '{queue}' AS queue, id::text, {columns} FROM {queue} WHERE state = 'waiting'"
                for queue in QUEUES
            )
        )

    def _put_back(self, table: str, row: Row) -> None:
        columns = [name for name in row if name not in ("id", "free")]
        names, places = ", ".join(columns), ", ".join(f"${number}" for number in range(2, len(columns) + 2))
        self.rows(
            f"UPDATE {table} SET ({names}) = ROW({places}) WHERE id = $1 AND ({names}) IS DISTINCT FROM ({places})",
            row["id"],
            *(row[name] for name in columns),
        )
        if "free" in row:
            self._stock(row["id"], row["free"])

    def _stock(self, variant: Any, free: int) -> None:
        """By a row in the book of stock: nothing else may touch the counters."""
        self.rows(
            "INSERT INTO stock_move (variant, kind, quantity, ref)"
            f" SELECT id, 'adjust', $2 - ({FREE}), 'e2e:' || gen_random_uuid()"
            f" FROM variant WHERE id = $1 AND {FREE} <> $2",
            variant,
            free,
        )


def wait_until(
    fact: Callable[[], T], what: str, seconds: float = WAIT_SECONDS, *, seen: Callable[[], object] | None = None
) -> T:
    """Look until `fact` is true and return it. Fails, naming `what` and what is `seen`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}" + (f"; seen: {seen()}" if seen else ""))
        time.sleep(LOOK_SECONDS)
    return found


@contextmanager
def visit_market() -> Iterator[Market]:
    """The demo that E2E_BASE_URL names, or one of our own for as long as it is visited."""
    named, sandbox = os.environ.get("E2E_BASE_URL"), os.environ.get("E2E_SANDBOX_URL")
    if named or sandbox:
        if not (named and sandbox):
            pytest.exit("give both, or neither: E2E_BASE_URL and E2E_SANDBOX_URL", returncode=2)
        kept = read_env(Path(os.environ.get("DATA") or ".data") / "demo.env")
        database = kept["DATABASE_URL"] if kept.get("BASE_URL") == named.rstrip("/") else ""
        market = Market(named.rstrip("/"), sandbox.rstrip("/"), database)
        try:
            yield market
        finally:
            market.close()
        return
    with _run_demo() as market:
        yield market


@contextmanager
def _run_demo() -> Iterator[Market]:
    folder = Path(tempfile.mkdtemp(prefix="overprint-e2e-"))
    log = folder / "demo.log"
    port, sandbox_port = _free_ports(2)
    env = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BASE_URL")},
        "DATA": str(folder),
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "POLL_SCALE": "0.1",
        "RATE_SCALE": "100000",
        "STRIPE_DELAYED_METHODS": "us_bank_account",
        "PYTHONUNBUFFERED": "1",
    }
    with ExitStack() as ends:
        ends.callback(_remove, folder)
        group = ends.enter_context(ProcessGroup())
        demo = group.start_process([sys.executable, "-m", "store", "demo"], log=log, env=env, cwd=ROOT)
        ends.callback(end_processes, [demo], within=10)
        wait_until(lambda: "is open" in log.read_text() or demo.poll() is not None, "the demo to open", START_SECONDS)
        if demo.poll() is not None:
            pytest.fail(f"the demo did not start:\n{last_lines(log)}", pytrace=False)
        kept = read_env(folder / "demo.env")
        market = Market(kept["BASE_URL"], kept["STRIPE_API_BASE"], kept["DATABASE_URL"])
        ends.callback(market.close)
        yield market


def _remove(folder: Path) -> None:
    EmbeddedPostgres(folder).remove()
    shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, on either loopback address."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
