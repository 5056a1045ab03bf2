"""Nobody pays a total that the page did not show, whatever other tabs have done meanwhile."""

from __future__ import annotations

from tests.world import World, rows


async def test_difference_is_shown_when_another_tab_has_ordered_more(world: World) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    stale = await ada.checkout_form()
    await ada.add("KILN-MUG-BLUE", 3)
    await ada.check_out()
    before = await rows("SELECT id, total, payment_state FROM orders")

    answer = await ada.post("/checkout", **stale)

    assert answer.status_code == 409
    assert "4 × $24.00" in answer.text
    assert await rows("SELECT id, total, payment_state FROM orders") == before
