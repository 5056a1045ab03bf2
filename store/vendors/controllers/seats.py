"""The seat of whoever is signed in. What is not yours does not exist: a person without a shop gets a 404."""

from __future__ import annotations

from typing import Any

from litestar import Request

from store.accounts.controllers import require_person
from store.accounts.queries import Person
from store.kit.errors import NotFound
from store.vendors.queries import Seat, find_seat
from store.vendors.states import Role


async def require_seat(person: Person | None, request: Request[Any, Any, Any]) -> Seat:
    """The shop in which this person sits. Raises SignInNeeded for a guest and NotFound for who has no shop."""
    seat = await find_seat(require_person(person, request).id)
    if seat is None:
        raise NotFound("You have no shop here. If you should have one, ask its owner to let you in.")
    return seat


async def require_owner(person: Person | None, request: Request[Any, Any, Any]) -> Seat:
    """The shop that this person owns: who deals with money and contracts. Raises as `require_seat` does."""
    seat = await require_seat(person, request)
    if seat.role != Role.OWNER:
        raise NotFound("This is for the shop's owner.")
    return seat
