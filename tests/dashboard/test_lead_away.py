"""Out to the provider's pages, and nowhere else: whatever address comes back, its origin is the one of the settings."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from tests.facts import value
from tests.people import sign_in_as
from tests.stall import PAGES, Stall
from tests.world import Browser

WAYS = ("start", "dashboard", "refresh")


async def press(vera: Browser, way: str) -> tuple[int, str, str]:
    """(status, address, page) of what Vera gets there."""
    path = f"/sell/connect/{way}"
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    answer = await (vera.get(f"{path}?account={ref}") if way == "refresh" else vera.post(path))
    return answer.status_code, answer.headers.get("location", ""), answer.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "pages", ["https://evil.example", f"{PAGES}.evil.example", f"{PAGES}:444", PAGES.replace("https:", "http:")]
)
async def test_nobody_is_led_to_a_foreign_origin_when_the_providers_answer_names_one(
    stall: Stall, way: str, pages: str
) -> None:
    vera = stall.browser()
    await sign_in_as(vera, "vera")
    assert (await press(vera, way))[:2] == (303, stall.fake.links[-1])
    stall.fake.PAGES = pages  # type: ignore[misc]

    status, address, page = await press(vera, way)

    assert stall.fake.links[-1].startswith(pages)
    assert (status, address) == (503, "")
    assert "Stripe does not answer just now" in page
    assert "evil.example" not in page


async def test_spent_link_makes_no_new_one_when_the_sign_in_was_a_while_ago(stall: Stall) -> None:
    vera = stall.browser()
    await sign_in_as(vera, "vera")
    await fetch("UPDATE session SET signed_in_at = signed_in_at - interval '16 minutes' WHERE person IS NOT NULL")

    status, address, _ = await press(vera, "refresh")

    # Back here afterwards, with the account that the address named.
    assert (status, address.partition("%3F")[0]) == (303, "/account/signin?next=%2Fsell%2Fconnect%2Frefresh")
    assert stall.fake.links == []
    assert await value("SELECT link_tries FROM vendor WHERE slug = 'kiln-co'") == 0
