"""What the buyer typed for one part of a cart need not be typed again for the next; another cart knows nothing."""

from __future__ import annotations

from tests.facts import path_of
from tests.world import World


async def test_address_is_there_when_the_next_part_is_checked_out(world: World) -> None:
    ada, otto = world.browser(), world.browser()
    for visitor in (ada, otto):
        await visitor.add("KILN-MUG-BLUE")
        await visitor.add("LUMEN-TABLE-RED")
    first, second = await ada.groups()
    await ada.check_out(first, region="Greater London")

    pages = [(await visitor.get(f"/checkout?group={second}")).text for visitor in (ada, otto)]

    assert [("1 Analytical Row" in page, "Greater London" in page) for page in pages] == [(True, True), (False, False)]
    assert "Greater London" in (await ada.get(await path_of())).text
