"""Call a shop something: refused when the name cannot be read as it is, or is another shop's."""

from __future__ import annotations

from uuid import UUID

from store.kit.db import fetch, fetch_value
from store.kit.errors import Conflict, ShopError
from store.vendors.names import find_flaw, name_key


class NameRefused(ShopError):
    """No shop may be called this; the message says why."""

    status = 422
    title = "Choose another name"


class NameTaken(Conflict):
    """Another shop has this name; buyers could not tell them apart."""

    def __init__(self) -> None:
        super().__init__("Another shop has this name already. Choose one that buyers cannot mix up.")


async def claim_name(vendor_id: UUID, name: str) -> None:
    """Make sure that this vendor may be called `name`, until the end of the caller's transaction.

    Two shops that want one name queue here. All names are read: a name is asked for too rarely to deserve a column of
    its own (10,000 of them are compared in some ten milliseconds). Raises NameRefused, NameTaken.
    """
    flaw = find_flaw(name)
    if flaw:
        raise NameRefused(flaw)
    key = name_key(name)
    await fetch_value("SELECT pg_advisory_xact_lock(hashtext('shop name ' || $1))", key)
    if any(name_key(row["name"]) == key for row in await fetch("SELECT name FROM vendor WHERE id <> $1", vendor_id)):
        raise NameTaken
