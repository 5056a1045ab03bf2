"""Who sits in which shop, where that shop stands, and who else is in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value
from store.kit.ids import hash_secret
from store.vendors.words import Told, explain_requirements


class Seat(Struct, frozen=True):
    """A person's place in a shop; `role` is owner or staff, `state` where the shop stands with the provider."""

    vendor_id: UUID
    slug: str
    name: str
    role: str
    state: str


class Standing(Struct, frozen=True):
    """A vendor as its own onboarding page shows it; `told` is what the provider wants, in words."""

    vendor_id: UUID
    slug: str
    name: str
    state: str
    charge_type: str
    country: str
    currency: str
    about: str
    account_ref: str
    payouts_enabled: bool
    told: Told
    synced_at: datetime | None


class OwnAccount(Struct, frozen=True):
    """An account (`acct_…`) that a vendor has or had at the provider; `connected`: we can reach it still."""

    ref: str
    connected: bool


class Member(Struct, frozen=True):
    """Somebody who works in a shop, since when (UTC)."""

    person_id: UUID
    email: str
    role: str
    since: datetime


class OpenInvitation(Struct, frozen=True):
    """A place that is offered; `sent` says whether its mail has gone out. Until `expires_at`, UTC wall time."""

    id: UUID
    email: str
    role: str
    sent: bool
    expires_at: datetime | None


class Team(Struct, frozen=True):
    """Everybody in a shop, and everybody who was asked to come."""

    members: tuple[Member, ...]
    invitations: tuple[OpenInvitation, ...]


class Offer(Struct, frozen=True):
    """What the link of an invitation offers, and to which address."""

    shop: str
    role: str
    email: str
    email_key: str


async def find_seat(person_id: UUID) -> Seat | None:
    """The shop this person sits in, one at most."""
    row = await fetch_row(
        "SELECT vendor.id AS vendor_id, slug, name, membership.role, state FROM membership"
        " JOIN vendor ON vendor.id = membership.vendor WHERE membership.person = $1",
        person_id,
    )
    return Seat(**row) if row else None


async def read_standing(vendor_id: UUID) -> Standing:
    """Where a vendor stands. Raises LookupError for an unknown id."""
    row = await fetch_row(
        "SELECT id AS vendor_id, slug, name, state, charge_type, country, currency, about,"
        " coalesce(account_ref, '') AS account_ref, payouts_enabled, requirements, synced_at FROM vendor WHERE id = $1",
        vendor_id,
    )
    if row is None:
        raise LookupError(f"no vendor {vendor_id}")
    facts = dict(row)
    return Standing(told=explain_requirements(facts.pop("requirements")), **facts)


async def find_vendor_of(account_ref: str) -> UUID | None:
    """The vendor whose current account this is."""
    found: UUID | None = await fetch_value("SELECT id FROM vendor WHERE account_ref = $1", account_ref)
    return found


async def list_accounts(vendor_id: UUID) -> tuple[OwnAccount, ...]:
    """Every account this vendor ever had, the one it has now first."""
    rows = await fetch(
        "SELECT ref, bool_or(connected) AS connected FROM (SELECT account_ref AS ref, state <> 'disconnected' AS"
        " connected FROM vendor WHERE id = $1 UNION ALL SELECT account_ref, false FROM connected_account"
        " WHERE vendor = $1) AS account WHERE ref IS NOT NULL GROUP BY ref ORDER BY connected DESC, ref",
        vendor_id,
    )
    return tuple(OwnAccount(row["ref"], row["connected"]) for row in rows)


async def read_team(vendor_id: UUID) -> Team:
    """Who works in a shop, owners first, and the open invitations that are not over, newest first."""
    members = await fetch(
        "SELECT person.id AS person_id, person.email, role, membership.created_at AS since FROM membership"
        " JOIN person ON person.id = membership.person WHERE membership.vendor = $1 AND person.email IS NOT NULL"
        " ORDER BY role, membership.created_at, person.id",
        vendor_id,
    )
    offers = await fetch(
        "SELECT id, email, role, token_hash IS NOT NULL AS sent, expires_at FROM invitation WHERE vendor = $1"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
        " ORDER BY created_at DESC, id",
        vendor_id,
        clock.wall(),
    )
    return Team(tuple(Member(**dict(row)) for row in members), tuple(OpenInvitation(**dict(row)) for row in offers))


async def find_offer(token: str) -> Offer | None:
    """What this invitation's link offers; None when it is unknown, used, withdrawn or over."""
    row = await fetch_row(
        "SELECT vendor.name AS shop, role, invitation.email, email_key FROM invitation"
        " JOIN vendor ON vendor.id = invitation.vendor WHERE token_hash = $1 AND expires_at > $2"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL",
        hash_secret(token),
        clock.wall(),
    )
    return Offer(**dict(row)) if row else None
