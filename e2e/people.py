"""Who walks through the shop, and the cards they carry."""

from __future__ import annotations

from dataclasses import dataclass

PAYS = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
CHALLENGED = "4000 0027 6000 3184"


@dataclass(frozen=True)
class Person:
    """A buyer and where the parcel goes."""

    name: str
    email: str
    address: str = "1 Analytical Row"
    city: str = "London"
    postcode: str = "N1 9GU"
    country: str = "GB"
