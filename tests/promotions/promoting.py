"""Codes for tests, and carts that have one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from store.kit.db import fetch, fetch_value

CODE = {
    "code": "TENOFF",
    "percent": 1000,
    "funded_by": "platform",
}


async def make_code(**values: Any) -> UUID:
    """A promotion, by default 10 % off the goods at the platform's cost, without limits."""
    columns = {"id": uuid4(), **CODE, **values}
    if columns.get("amount") is not None:
        columns["percent"] = None
    names, places = ", ".join(columns), ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await fetch(f"INSERT INTO promotion ({names}) VALUES ({places})", *columns.values())
    return columns["id"]


async def give_code(cart_token: str, code: str = "TENOFF") -> None:
    """Put a code on a cart without asking."""
    await fetch(
        "UPDATE cart SET promotion = (SELECT id FROM promotion WHERE code = $2) WHERE token = $1", cart_token, code
    )


async def uses(code: str = "TENOFF") -> int:
    """How many uses of a code count now."""
    return int(await fetch_value("SELECT uses FROM promotion WHERE code = $1", code))


async def use_states() -> list[str]:
    """What has become of each use, oldest first."""
    return [row["state"] for row in await fetch("SELECT state FROM promotion_use ORDER BY created_at, id")]
