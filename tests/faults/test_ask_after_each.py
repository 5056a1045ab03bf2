"""The checks after each test: they see what a test left broken, on our side and on the provider's, and nothing else."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from tests.invariants import check_after
from tests.payments.buying import pay_unheard, place
from tests.refunds.refunding import buy
from tests.world import World


async def test_test_fails_when_it_leaves_an_invariant_broken(world: World, request: pytest.FixtureRequest) -> None:
    await place(world)
    await fetch("UPDATE orders SET holds_stock = false")

    with pytest.raises(AssertionError, match=r"broken when the test had ended: .*I6"):
        await check_after(request, world)

    request.applymarker(pytest.mark.leaves_broken({"I6"}, "planted"))
    await check_after(request, world)


async def test_test_fails_when_only_the_provider_shows_what_is_wrong(
    world: World, request: pytest.FixtureRequest
) -> None:
    """Our rows agree with each other: somebody else's payment lies on the account of our shop."""
    await buy(world)
    made = await world.console.post(
        "/v1/payment_intents",
        data={"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
        | {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"},
        headers={"Authorization": "Bearer sk_test_overprint"},
    )
    assert made.status_code == 200, made.text

    with pytest.raises(AssertionError, match=r"when the test had ended: \{'I11 at the provider'"):
        await check_after(request, world)

    request.applymarker(pytest.mark.leaves_broken({"I11"}, "planted"))


async def test_test_passes_when_all_that_is_wrong_is_that_nobody_has_looked_yet(
    world: World, request: pytest.FixtureRequest
) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)

    await check_after(request, world)


async def test_reason_is_asked_for_when_a_test_may_leave_something_broken(
    world: World, request: pytest.FixtureRequest
) -> None:
    await buy(world)
    request.applymarker(pytest.mark.leaves_broken({"I6"}))

    with pytest.raises(AssertionError, match="say which invariants and why"):
        await check_after(request, world)

    request.node.own_markers.clear()
