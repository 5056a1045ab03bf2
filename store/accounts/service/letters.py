"""The mails of accounts. Asking for one is one insert, whoever asks and whatever the address.

Whether there is anybody to write to is found out while the mail is sent, where nobody can watch: so the page that takes
an address does the same work, and gives the same answer, for every address there is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from store.accounts.service.links import issue_link
from store.accounts.service.persons import email_key
from store.accounts.states import LinkKind
from store.kit.db import fetch_row, fetch_value
from store.kit.ids import new_id
from store.mail.service import Prepare, send_once


async def ask_to_verify(person_id: UUID, email: str) -> None:
    """Have a link sent that proves `email`: the person's own address, or the one they want instead."""
    await send_once(LinkKind.VERIFY_EMAIL, str(new_id()), email, {"person": str(person_id)})


async def ask_to_reset(email: str) -> None:
    """Have a link sent to whoever has an account with this address, if anybody has."""
    await send_once(LinkKind.RESET_PASSWORD, str(new_id()), email, {})


async def tell_changed(kind: str, recipient: str, **view: str) -> None:
    """Tell of a change that is done: `email_changed` (to the old address) or `password_changed`."""
    await send_once(kind, str(new_id()), recipient, {**view, "path": "/account/reset"})


async def prepare_verify(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The link of one verification mail; None when there is nothing to prove any more, or it is another's address."""
    person_id, key = UUID(json.loads(row["view"])["person"]), email_key(row["recipient"])
    person = await fetch_row("SELECT email_key, verified_at FROM person WHERE id = $1", person_id)
    if person is None or person["email_key"] is None:
        return None
    if person["email_key"] == key:
        if person["verified_at"] is not None:
            return None
    elif await fetch_value("SELECT id FROM person WHERE email_key = $1", key) is not None:
        return None
    return {"path": f"/account/verify/{await issue_link(LinkKind.VERIFY_EMAIL, person_id, row['recipient'])}"}


async def prepare_reset(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The link of one reset mail; None when nobody has an account with this address."""
    person = await fetch_row("SELECT id FROM person WHERE email_key = $1", email_key(row["recipient"]))
    if person is None:
        return None
    return {"path": f"/account/reset/{await issue_link(LinkKind.RESET_PASSWORD, person['id'], row['recipient'])}"}


# What the worker does for these kinds just before they are sent.
LETTERS: Mapping[str, Prepare] = {
    LinkKind.VERIFY_EMAIL: prepare_verify,
    LinkKind.RESET_PASSWORD: prepare_reset,
}
