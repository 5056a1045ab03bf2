"""Write an operation in the transaction that decides it; `workers` maps its kind to the verb that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from store.kit.db import fetch
from store.kit.ids import new_id
from store.kit.queue import notify


async def enqueue(kind: str, key: str, body: Mapping[str, Any], provider: str = "stripe") -> None:
    """Write one operation in the open transaction; a second one of the same kind and key is ignored (I16).

    `provider`: who has to answer for it to be done; it waits while that one is away.
    """
    await fetch(
        "INSERT INTO operation (id, kind, key, body, provider) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (kind, key) DO NOTHING",
        new_id(),
        kind,
        key,
        msgspec.json.encode(body).decode(),
        provider,
    )
    await notify()
