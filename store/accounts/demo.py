"""The demo's four people. None has a password: in demo mode each is one button, elsewhere nobody gets in as them."""

from __future__ import annotations

from msgspec import Struct


class DemoPerson(Struct, frozen=True):
    """One of them. `key` is what the button posts, `part` what they are in words."""

    key: str
    name: str
    email: str
    part: str
    operator: bool = False


DEMO_PEOPLE = (
    DemoPerson("ada", "Ada", "ada@example.com", "buys"),
    DemoPerson("vera", "Vera", "vera@example.com", "sells as Kiln & Co"),
    DemoPerson("otto", "Otto", "otto@example.com", "owns nothing"),
    DemoPerson("olga", "Olga", "olga@example.com", "runs the market", operator=True),
)


def find_demo_person(key: str) -> DemoPerson | None:
    """The one with this key."""
    return next((one for one in DEMO_PEOPLE if one.key == key), None)
