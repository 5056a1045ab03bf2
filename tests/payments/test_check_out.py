"""The checkout form itself: forged, stale or alone, it orders nothing and says what to do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from store.app import create_app
from store.gateways.port import Gateways
from store.kit.db import fetch
from tests.facts import NEVER, assert_stock_adds_up, count_effects, stock_of, the_order, value
from tests.payments.buying import MUG, NOTEBOOK, break_calls
from tests.world import SANDBOX, World, rows

VASE = "KILN-VASE"


async def test_nothing_is_ordered_when_the_form_comes_without_its_cart(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answer = await world.browser().post("/checkout", **form)

    assert answer.status_code == 409
    assert "no longer part of this order" in answer.text
    assert not await rows("SELECT 1 FROM orders")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE product SET published = false",
        "UPDATE vendor SET paused = true",
        "UPDATE vendor SET state = 'under_review'",
    ],
    ids=["unpublished", "paused", "not payable"],
)
async def test_nothing_is_ordered_when_it_can_no_longer_be_bought_since_the_page_was_shown(
    world: World, change: str
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await fetch(change)

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert not await rows("SELECT 1 FROM orders")


@pytest.mark.parametrize("seen", ["", "not json", "[1]", '[["a"]]', "[]"])
async def test_change_is_told_as_far_as_it_is_known_when_the_form_forgot_what_it_showed(
    world: World, seen: str
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await ada.add(NOTEBOOK)

    answer = await ada.post("/checkout", **{**form, "seen": seen})

    assert answer.status_code == 409
    assert "not in the cart" in answer.text
    assert "Field notebook" in answer.text


async def test_nothing_is_placed_or_held_when_its_request_cannot_be_frozen(world: World) -> None:
    """Order, stock and attempt with its request are one transaction: all of it or nothing."""
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    unable = Gateways(Unable(world.gateways.stripe))  # type: ignore[arg-type]
    same = replace(world, shop=create_app(world.settings, unable)).browser()
    same.client.cookies.update(ada.client.cookies)

    answer = await same.post("/checkout", **form)

    assert answer.status_code == 500
    assert not await rows("SELECT 1 FROM orders")
    assert not await rows("SELECT 1 FROM payment")
    assert await stock_of(MUG) == (40, 0, 0)
    assert (await ada.post("/checkout", **form)).headers["location"].startswith(SANDBOX)


class Unable:
    """A gateway that cannot write a request down."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def freeze_checkout(self, request: Any) -> str:
        raise ZeroDivisionError


async def test_visitor_is_led_to_the_cart_when_a_wrong_form_names_no_group(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answer = await ada.post("/checkout", **{**form, "group": "direct-nobody", "email": ""})

    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")


async def test_one_buyer_gets_the_last_ones_when_eight_want_them_at_once(world: World) -> None:
    buyers = [world.browser() for _ in range(8)]
    forms = []
    for buyer in buyers:
        await buyer.add(VASE, 2)
        forms.append(await buyer.checkout_form())

    answers = await asyncio.gather(
        *(buyer.post("/checkout", **form) for buyer, form in zip(buyers, forms, strict=True))
    )

    won = [answer for answer in answers if answer.headers.get("location", "").startswith(SANDBOX)]
    lost = [answer for answer in answers if answer not in won]
    assert len(won) == 1
    assert {(answer.status_code, answer.headers.get("location")) for answer in lost} <= {(303, "/cart"), (409, None)}
    assert await value("SELECT count(*) FROM orders") == 1
    assert await stock_of(VASE) == (2, 2, 0)
    await assert_stock_adds_up()


async def test_nothing_is_paid_when_the_cart_was_emptied_while_the_provider_was_silent(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await break_calls(world, "/v1/checkout/sessions")
    await ada.post("/checkout", **form)
    variant = await value("SELECT variant FROM cart_line")
    assert (await ada.post("/cart/remove", variant=str(variant))).status_code == 303

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await count_effects() == NEVER
