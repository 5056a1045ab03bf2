"""A vendor's own codes: made, used in the cart, paid by the vendor, switched off and on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.keeping import enter, follow
from tests.facts import one, value
from tests.look.markup import Outline
from tests.shelves import read_words
from tests.world import Browser, World

CODE = {"code": "spring10", "kind": "percent", "worth": "10", "max_uses": "", "last_day": ""}


async def add(browser: Browser, **changes: str) -> Any:
    return await browser.post("/sell/promotions", **{**CODE, **changes})


async def test_code_makes_own_goods_cheaper_at_the_vendors_cost(world: World) -> None:
    vera = await enter(world)

    page = await follow(vera, await add(vera))
    assert "SPRING10 can be used now." in page.text
    assert Outline(page.text).find_problems() == []
    ada = world.browser()
    await ada.add("KILN-BOWL")
    await ada.post("/cart/promotion", code="SPRING10")
    paid = await world.pay(await ada.check_out())

    assert paid.status_code == 303
    await ada.get(paid.headers["location"].partition("8000")[2])
    part = await one("SELECT discount, fee, owed FROM vendor_order")
    assert (part["discount"], part["fee"], part["owed"]) == (340, 306, 0)
    assert "1" in read_words(await vera.get("/sell/promotions")).partition("10%")[2][:4]


async def test_code_of_one_shop_takes_nothing_off_in_another(world: World) -> None:
    vera, ada = await enter(world), world.browser()
    await add(vera)
    await ada.add("NORTH-FIELD-LINED")

    answer = await ada.post("/cart/promotion", code="SPRING10")

    assert answer.status_code == 422
    assert "for goods from another seller" in read_words(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "a"}, "Enter a code of 3 to 40 letters and digits"),
        ({"code": "WELCOME10"}, "There is a code WELCOME10 already."),
        ({"worth": "101"}, "enter a whole percentage from 1 to 100"),
        ({"worth": "0"}, "enter a whole percentage from 1 to 100"),
        ({"kind": "amount", "worth": "5,000"}, "USD has 2 decimals"),
        ({"kind": "amount", "worth": "0"}, "enter more than nothing"),
        ({"max_uses": "0"}, "a whole number from 1 to 1,000,000"),
        ({"last_day": "2020-01-01"}, "The last day is over already."),
        ({"last_day": "soon"}, "Enter the last day like 2026-12-31."),
    ],
)
async def test_words_stay_when_a_code_is_refused(world: World, changes: dict[str, str], words: str) -> None:
    vera = await enter(world)

    answer = await add(vera, **changes)

    assert answer.status_code == 422
    assert words in read_words(answer)
    assert Outline(answer.text).find_problems() == []
    for name in ("code", "worth"):
        assert f'value="{changes.get(name, CODE[name])}"' in answer.text
    assert await value("SELECT count(*) FROM promotion WHERE vendor IS NOT NULL") == 0


async def test_code_is_switched_off_and_on_by_its_own_vendor_alone(world: World) -> None:
    vera, otto, ada = await enter(world), await enter(world, "otto"), world.browser()
    await add(vera, kind="amount", worth="5", max_uses="2", last_day="2099-01-31", once="1")
    row = await one("SELECT id, amount, currency, max_uses, per_email FROM promotion WHERE vendor IS NOT NULL")
    assert tuple(row.values())[1:] == (500, "USD", 2, 1)
    foreign = await value("SELECT id FROM promotion WHERE code = 'WELCOME10'")

    page = await follow(vera, await vera.post(f"/sell/promotions/{row['id']}/off"))
    assert "SPRING10 is switched off." in page.text
    await ada.add("KILN-BOWL")
    refused = await ada.post("/cart/promotion", code="SPRING10")
    assert refused.status_code == 422
    for browser, code in ((otto, row["id"]), (vera, foreign)):
        assert (await browser.post(f"/sell/promotions/{code}/on")).status_code == 404
    await follow(vera, await vera.post(f"/sell/promotions/{row['id']}/on"))

    assert await value("SELECT active FROM promotion WHERE id = $1", row["id"])
