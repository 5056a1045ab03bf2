"""Who sits in which shop, and where that shop stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch_row, fetch_value
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
