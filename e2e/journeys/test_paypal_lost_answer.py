"""PayPal takes the money and its answer is lost: the buyer is told it is confirming, cannot pay twice, and has paid."""

from __future__ import annotations

from e2e.market import Market, wait_until
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

CAPTURE = {"method": "POST", "path": "/v2/checkout/orders/*/capture", "when": "after", "action": "hang", "seconds": 60}
# Our next look at the one attempt is the test's to say: on its own it would come seconds after the buyer.
LATER = """
UPDATE payment SET check_at = check_at + interval '5 minutes'
WHERE status = 'capturing' AND "order" = (SELECT id FROM orders WHERE email = $1) RETURNING id
"""
LATER_SECONDS = 5 * 60 + 15
ATTEMPTS = """
SELECT orders.payment_state, payment.status, payment.provider FROM orders
JOIN payment ON payment."order" = orders.id WHERE orders.email = $1
"""


def test_order_is_confirmed_once_when_the_captures_answer_is_lost(market: Market, shop: Shop, ada: Person) -> None:
    market.hold_webhooks()
    market.tell("faults", **CAPTURE, provider="paypal", count=0)
    page = open_pay_page(shop, ada)

    page.open_window().approve()
    wait_until(lambda: market.rows(LATER, ada.email), "the shop to ask for the money")

    order = OrderPage(page.page).expect_arrived().expect_state("Waiting for payment")
    order.expect_told("We are waiting for PayPal to confirm")
    [there] = market.truth("captures")
    [attempt] = market.rows(ATTEMPTS, ada.email)
    assert (attempt["payment_state"], attempt["status"]) == ("awaiting_payment", "capturing")
    _expect_no_second_way(market, order)
    market.clear_faults()
    market.advance(LATER_SECONDS)
    wait_until(lambda: market.rows(ATTEMPTS, ada.email)[0]["payment_state"] == "paid", "the sweep to find it out")
    order.expect_state("Paid")
    market.release_webhooks()
    market.settle()
    [attempt] = market.rows(ATTEMPTS, ada.email)
    assert (attempt["payment_state"], attempt["status"], attempt["provider"]) == ("paid", "succeeded", "paypal")
    assert [(one["ref"], one["refunded"]) for one in market.truth("captures")] == [(there["ref"], 0)]
    assert len(market.mails(ada.email)) == 1


def _expect_no_second_way(market: Market, order: OrderPage) -> None:
    """Whoever tries to pay by card meanwhile is led back here, and nothing opens at Stripe."""
    tab = Shop(order.page.context.new_page()).open_order(order.path)
    answer = tab.page.request.post(
        f"{market.shop}{order.path}/pay", headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0
    )
    assert (answer.status, answer.headers["location"]) == (303, order.path)
    tab.page.close()
