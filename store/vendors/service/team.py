"""Who works in a shop: invite by mail, accept, withdraw, remove.

A place is offered to an address and taken by the account that has this address; whoever opened the mail's link has
shown that it is theirs. Every statement carries the shop's id: somebody else's team does not exist here. Whose rights
change is signed out elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from store.accounts.service import email_key, end_sessions
from store.kit import clock
from store.kit.db import fetch, fetch_row, savepoint
from store.kit.errors import Conflict, NotFound
from store.kit.ids import hash_secret, new_id, new_secret
from store.mail.service import Prepare, send_once
from store.vendors.service.address import readdress_shop
from store.vendors.states import Role

INVITED = "invited"
INVITATION_FOR = timedelta(days=3)


class InvitationEnded(NotFound):
    """The link of an invitation that is unknown, over, withdrawn or used."""

    title = "This invitation has ended"

    def __init__(self) -> None:
        super().__init__("It was used, withdrawn or too old. Ask the shop's owner to invite you again.")


class HasAShop(Conflict):
    """This person sits in a shop already."""


class LastOwner(Conflict):
    """A shop with people in it keeps an owner."""


async def invite(vendor_id: UUID, by: UUID, email: str, role: Role) -> None:
    """Offer `email` a place, inside the caller's transaction; inviting again replaces the last offer.

    Raises HasAShop when the account with this address works in this shop already. That it works in another one is not
    told to anybody.
    """
    key = email_key(email)
    if await fetch_row(
        "SELECT 1 FROM membership JOIN person ON person.id = membership.person"
        " WHERE membership.vendor = $1 AND person.email_key = $2",
        vendor_id,
        key,
    ):
        raise HasAShop(f"{email} works in this shop already.")
    await fetch("SELECT FROM vendor WHERE id = $1 FOR UPDATE", vendor_id)
    await fetch(
        "UPDATE invitation SET withdrawn_at = $3 WHERE vendor = $1 AND email_key = $2"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL",
        vendor_id,
        key,
        clock.wall(),
    )
    invitation_id = new_id()
    await fetch(
        "INSERT INTO invitation (id, vendor, email, email_key, role, invited_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(invitation_id, vendor_id, email, key, role, by, clock.wall()),
    )
    await send_once(INVITED, str(invitation_id), email, {"invitation": str(invitation_id)})


async def prepare_invitation(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The link of one invitation's mail, made while it is sent; None when it was withdrawn meanwhile."""
    token = new_secret()
    found = await fetch_row(
        "UPDATE invitation SET token_hash = $2, expires_at = $3 FROM vendor, person WHERE invitation.id = $1"
        " AND vendor.id = invitation.vendor AND person.id = invitation.invited_by"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL"
        " RETURNING vendor.name AS shop, coalesce(person.email, vendor.name) AS by, invitation.role",
        *(UUID(json.loads(row["view"])["invitation"]), hash_secret(token), clock.wall() + INVITATION_FOR),
    )
    return {**dict(found), "path": f"/sell/join/{token}"} if found else None


async def accept_invitation(person_id: UUID, token: str, keep_session: str | None = None) -> str:
    """Take the place, inside the caller's transaction; the address counts as proved. Returns the shop's name.

    The person's sessions end, but `keep_session`: none that was there before gains the shop.

    Raises InvitationEnded, NotFound when the account has another address, HasAShop when it sits in a shop already.
    """
    found = await fetch_row(
        "UPDATE invitation SET accepted_at = $2 FROM vendor WHERE token_hash = $1 AND expires_at > $2"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL AND vendor.id = invitation.vendor"
        " RETURNING invitation.vendor, invitation.role, email_key, vendor.name",
        hash_secret(token),
        clock.wall(),
    )
    if found is None:
        raise InvitationEnded
    proved = await fetch_row(
        "UPDATE person SET verified_at = coalesce(verified_at, $3) WHERE id = $1 AND email_key = $2 RETURNING id",
        *(person_id, found["email_key"], clock.now()),
    )
    if proved is None:
        raise NotFound("This invitation is for another account. Sign in with the address it was sent to.")
    try:
        async with savepoint():
            await fetch(
                "INSERT INTO membership (id, person, vendor, role, created_at) VALUES ($1, $2, $3, $4, $5)",
                *(new_id(), person_id, found["vendor"], found["role"], clock.now()),
            )
    except asyncpg.UniqueViolationError:
        raise HasAShop("You work in a shop already, and an account has one at most. Use another account.") from None
    await end_sessions(person_id, keep_session)
    return str(found["name"])


async def withdraw_invitation(vendor_id: UUID, invitation_id: UUID) -> str:
    """Take an open offer back; returns its address. Raises NotFound."""
    row = await fetch_row(
        "UPDATE invitation SET withdrawn_at = $3 WHERE id = $1 AND vendor = $2"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL RETURNING email",
        *(invitation_id, vendor_id, clock.wall()),
    )
    if row is None:
        raise NotFound("There is no such invitation.")
    return str(row["email"])


async def remove_member(vendor_id: UUID, person_id: UUID, keep_session: str | None = None) -> None:
    """End somebody's place, inside the caller's transaction, and their sessions but `keep_session`.

    Raises NotFound, or LastOwner when the shop would be left without an owner.
    """
    try:
        async with savepoint():
            row = await fetch_row(
                "DELETE FROM membership WHERE vendor = $1 AND person = $2 RETURNING id", vendor_id, person_id
            )
    except asyncpg.CheckViolationError:
        raise LastOwner("Somebody must own the shop: invite another owner first, or remove the others.") from None
    if row is None:
        raise NotFound("Nobody of that name works in this shop.")
    await readdress_shop(vendor_id)
    if not await fetch_row("SELECT 1 FROM membership WHERE vendor = $1 LIMIT 1", vendor_id):
        raise LastOwner("Somebody must own the shop. If you want to sell no more, close it in its settings.")
    await end_sessions(person_id, keep_session)


LETTERS: Mapping[str, Prepare] = {INVITED: prepare_invitation}
