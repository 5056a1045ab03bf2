"""Codes as a cart asks for them."""

from __future__ import annotations

import re

import msgspec

from store.kit.db import fetch_value
from store.promotions.discounts import Code

LONGEST = 40
WORD = re.compile(r"[A-Z0-9][A-Z0-9_-]*", re.ASCII)

# The promotion `deal` for the cart `cart`, both in scope where this is put (a cart has a column called promotion).
AS_CODE = """
(to_jsonb(deal) || jsonb_build_object('own', (SELECT count(*) FROM promotion_use AS used
  WHERE used.promotion = deal.id AND used.holder = cart.id AND used.state = 'held')))::text
"""
FIND = f"""
SELECT {AS_CODE} FROM promotion AS deal LEFT JOIN cart ON cart.token = $2 WHERE deal.code = $1
"""  # noqa: S608 - a constant


async def find_code(typed: str, cart_token: str | None) -> Code | None:
    """The promotion of a code as somebody typed it (case and spaces around do not matter); None: there is none."""
    word = typed.strip().upper()
    if len(word) > LONGEST or not WORD.fullmatch(word):
        return None
    return read_code(await fetch_value(FIND, word, cart_token))


def read_code(text: str | None) -> Code | None:
    """A Code out of what AS_CODE selected."""
    return msgspec.json.decode(text, type=Code) if text else None
