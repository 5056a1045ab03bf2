"""The check after each journey sees what was left broken, on our side or at the provider alone, and says where."""

from __future__ import annotations

import pytest

from e2e.invariants import check_after
from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


def test_journey_fails_when_it_leaves_an_order_whose_goods_are_not_held(
    market: Market, shop: Shop, ada: Person, request: pytest.FixtureRequest
) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel().expect_state("Waiting for payment")
    market.rows("UPDATE orders SET holds_stock = false WHERE number = $1", order.number)
    try:
        with pytest.raises(AssertionError, match=r"when the journey had ended: \{'I6': \[\('KILN-BOWL'"):
            check_after(market, request)
    finally:
        market.rows("UPDATE orders SET holds_stock = true WHERE number = $1", order.number)


def test_journey_fails_when_only_the_provider_shows_what_is_wrong(
    market: Market, shop: Shop, ada: Person, request: pytest.FixtureRequest
) -> None:
    """The shop's rows agree with each other: somebody else's payment lies on its account."""
    shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    check_after(market, request)
    somebody = {"amount": "700", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
    somebody |= {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}

    market.ask("POST", "/v1/payment_intents", **somebody)

    with pytest.raises(AssertionError, match=r"had ended: \{'I11 at the provider': \[\('platform in USD'"):
        check_after(market, request)
    request.applymarker(pytest.mark.leaves_broken({"I11"}, "planted"))
