"""Idempotency keys: the same key gives the same answer, for 24 hours of the sandbox's clock.

Stored: the first answer once execution has begun, a 500 included. Not stored: requests that failed validation
or met a running one (docs.stripe.com/api/idempotent_requests). A key belongs to an account (assumed: the
provider's wording was not found). Invariant: one key has at most one effect.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from store.sandbox.kernel.errors import ApiError, refuse
from store.sandbox.kernel.forms import Raw
from store.sandbox.kernel.world import World

KEPT_SECONDS = 24 * 3600
MAX_LENGTH = 255


def fingerprint(method: str, path: str, raw: Raw, *more: str) -> str:
    """Return what makes two requests the same: method, path, decoded parameters in any order, and what else differs."""
    return hashlib.sha256(json.dumps([method, path, raw, *more], sort_keys=True).encode()).hexdigest()


def check_key(key: str) -> None:
    """Refuse an empty or too long key."""
    if not 0 < len(key) <= MAX_LENGTH:
        raise refuse(f"Idempotency keys may have 1 to {MAX_LENGTH} characters; yours has {len(key)}.")


def recall(world: World, account: str, key: str, print_: str) -> tuple[int, bytes] | None:
    """Return the stored status and body, or None; raise `idempotency_error` when the parameters differ."""
    with world.tx():
        world.sql("DELETE FROM idempotency WHERE created<=?", world.clock.now() - KEPT_SECONDS)
    rows = world.sql("SELECT fingerprint, status, body FROM idempotency WHERE account=? AND key=?", account, key)
    if not rows:
        return None
    if rows[0][0] != print_:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            "with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    return rows[0][1], bytes(rows[0][2])


def remember(world: World, account: str, key: str, print_: str, status: int, body: bytes) -> None:
    """Store the first answer under its key."""
    with world.tx():
        world.sql(
            "INSERT OR REPLACE INTO idempotency (account, key, fingerprint, status, body, created)"
            " VALUES (?,?,?,?,?,?)",
            account,
            key,
            print_,
            status,
            body,
            world.clock.now(),
        )


@contextmanager
def claimed(world: World, account: str, key: str) -> Iterator[None]:
    """Hold the key while its request runs; a second request with it meets a 409 `idempotency_key_in_use`."""
    if (account, key) in world.running:
        raise ApiError(
            409,
            "There is currently another in-progress request using this Idempotent Key (that probably means "
            "you "
            f"submitted twice, and the other request is still going through): {key}. Please try again later.",
            type="idempotency_error",
            code="idempotency_key_in_use",
        )
    world.running.add((account, key))
    try:
        yield
    finally:
        world.running.discard((account, key))
