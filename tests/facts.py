"""What the database and the provider say happened, for assertions: rows, effects of a payment, books that agree."""

from __future__ import annotations

from typing import Any

from store.doctor.invariants import INVARIANTS, find_violations
from store.kit import clock
from store.kit.db import fetch
from tests.world import World, rows


async def one(sql: str, *args: Any) -> dict[str, Any]:
    """The only row of a query."""
    found = await rows(sql, *args)
    assert len(found) == 1, found
    return found[0]


async def value(sql: str, *args: Any) -> Any:
    """The only value of a query."""
    (only,) = (await one(sql, *args)).values()
    return only


async def the_order() -> dict[str, Any]:
    """The newest order."""
    return (await rows("SELECT * FROM orders ORDER BY placed_at DESC, id LIMIT 1"))[0]


async def the_payment() -> dict[str, Any]:
    """The newest attempt."""
    return (await rows("SELECT * FROM payment ORDER BY created_at DESC, attempt DESC LIMIT 1"))[0]


async def path_of(order: dict[str, Any] | None = None) -> str:
    """The order page's path."""
    return f"/orders/{(order or await the_order())['token']}"


async def stock_of(sku: str) -> tuple[int, int, int]:
    """(on hand, reserved, sold) of one variant."""
    row = await one("SELECT on_hand, reserved, sold FROM variant WHERE sku = $1", sku)
    return row["on_hand"], row["reserved"], row["sold"]


async def count_effects() -> dict[str, int]:
    """How often each effect of a confirmed payment happened, over the whole database."""
    counts = await one("""
        SELECT (SELECT count(*) FROM transition WHERE machine = 'payment' AND to_state = 'succeeded') AS payments,
          (SELECT count(*) FROM transition WHERE machine = 'order' AND to_state = 'paid') AS orders,
          (SELECT count(*) FROM stock_move WHERE kind = 'sell') AS sales,
          (SELECT count(*) FROM capture) AS captures,
          (SELECT count(*) FROM ledger_tx WHERE kind = 'capture') AS journals,
          (SELECT count(*) FROM mail_message WHERE kind = 'order_confirmed') AS confirmations,
          (SELECT count(*) FROM mail_message WHERE kind = 'sold') AS sold_mails,
          (SELECT count(*) FROM order_event WHERE key = 'paid') AS lines
    """)
    return {name: int(count) for name, count in counts.items()}


ONCE = dict.fromkeys(("payments", "orders", "sales", "captures", "journals", "confirmations", "sold_mails", "lines"), 1)
NEVER = dict.fromkeys(ONCE, 0)


async def timeline() -> list[tuple[str, str]]:
    """(door, text) of every line, oldest first."""
    return [(row["door"], row["text"]) for row in await rows("SELECT door, text FROM order_event ORDER BY id")]


async def mails() -> list[tuple[str, str, str]]:
    """(kind, recipient, state) of every mail."""
    found = await rows("SELECT kind, recipient, state FROM mail_message ORDER BY created_at, kind")
    return [(row["kind"], row["recipient"], row["state"]) for row in found]


async def posted(world: World, path: str, method: str = "POST") -> list[dict[str, Any]]:
    """The requests the provider got for `path`, oldest first."""
    found = await world.truth("requests")
    return [r for r in reversed(found) if r["path"] == path and r["method"] == method]


async def provider_balances(world: World) -> dict[tuple[str, str], int]:
    """What the providers hold, by (holder, currency), zeros left out; the platform's own is `platform` and `paypal`."""
    return {
        (_name_holder(world, row), row["currency"].upper()): row["amount"]
        for row in await world.truth("balances")
        if row["amount"]
    }


def _name_holder(world: World, row: dict[str, Any]) -> str:
    if row["provider"] == "paypal":
        return "paypal"
    return "platform" if row["account"] == world.platform else str(row["account"])


async def ledger_balances() -> dict[tuple[str, str], int]:
    """The ledger's `provider:*` accounts in the same shape."""
    found = await rows(
        "SELECT CASE account WHEN 'provider:paypal:platform' THEN 'paypal' ELSE split_part(account, ':', 3) END"
        " AS holder, currency, sum(amount)::bigint AS amount FROM ledger_entry"
        " WHERE account LIKE 'provider:%' GROUP BY 1, 2 HAVING sum(amount) <> 0"
    )
    return {(row["holder"], row["currency"]): row["amount"] for row in found}


async def assert_books_agree(world: World) -> None:
    """After everything has come to rest: paid here and there (I1), balances (I11), and what the doctor checks."""
    theirs = {row["ref"]: (row["amount"], row["currency"].upper()) for row in await world.truth("captures")}
    ours = {r["capture_ref"]: (r["amount"], r["currency"]) for r in await rows("SELECT * FROM capture")}
    assert ours == theirs
    assert await ledger_balances() == await provider_balances(world)
    assert {one.name: await broken(one.name) for one in INVARIANTS} == {one.name: [] for one in INVARIANTS}
    refunds = {row["ref"]: (row["amount"], row["status"]) for row in await world.truth("refunds")}
    assert {
        r["refund_ref"]: (r["amount"], r["status"]) for r in await rows("SELECT * FROM refund WHERE refund_ref <> ''")
    } == refunds


async def broken(name: str) -> list[str]:
    """The rows that break one of the doctor's invariants (I4, I5 …); empty when it holds."""
    (invariant,) = (one for one in INVARIANTS if one.name == name)
    return [row for row, _ in await find_violations(invariant, clock.now())]


async def assert_stock_adds_up() -> None:
    """Counters are the sum of their moves (I5), reserved and sold what open and paid orders hold (I6)."""
    assert await broken("I5") == await broken("I6") == []


async def make_due(table: str) -> None:
    """Let postponed rows of a queue be due now."""
    await fetch(f"UPDATE {table} SET run_at = now() - interval '1 second' WHERE state = 'waiting'")
