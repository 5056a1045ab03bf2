"""Cart, checkout and order page."""

from __future__ import annotations

import httpx
from playwright.sync_api import expect

from e2e.conftest import DESKTOP
from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

KEY = {"Authorization": "Bearer sk_test_overprint"}


def test_cart_is_accessible_in_each_state(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    look(shop.open_home().open_cart().page, "cart-empty")
    cart = shop.put_in_cart("pasta-bowl", "enamel-mug")
    look(cart.page, "cart")
    look(cart.remove("Enamel mug, Blue with sun rim").page, "cart-removed")
    cart.undo()
    expect(cart.page.get_by_text("Back in your cart: Enamel mug")).to_be_focused()
    look(cart.page, "cart-undone")
    cart.remove("Enamel mug, Blue with sun rim")
    cart = shop.put_in_cart("letter-set", "night-light", "cotton-apron", "serving-board")
    look(cart.page, "cart-groups")
    watch.expect(422)
    cart.page.get_by_label("Quantity of Pasta bowl").fill("-1")
    cart.page.get_by_role("button", name="Update the quantity of Pasta bowl").click()
    expect(cart.page.get_by_role("alert")).to_be_visible()
    look(cart.page, "cart-quantity-wrong")
    market.rows("UPDATE variant SET price = 3900 WHERE sku = 'KILN-BOWL'")
    market.rows("UPDATE variant SET published = false WHERE sku = 'LUMEN-NIGHT'")
    market.rows("UPDATE vendor SET paused = true WHERE slug = 'saltline'")
    market.stock("TURNED-BOARD-S", 0)
    look(cart.open_home().open_cart().page, "cart-changed")


def test_checkout_is_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person
) -> None:
    checkout = shop.put_in_cart("pasta-bowl", "enamel-mug").check_out()
    page = checkout.page
    look(page, "checkout")
    brief = page.get_by_text("2 items, review below")
    expect(brief).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(brief).to_be_in_viewport()
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    watch.expect(409, 422, 503)
    page.get_by_label("Email").fill("ada@")
    checkout.button.click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "checkout-errors")
    fault = {"method": "POST", "path": "/v1/checkout/sessions", "when": "before", "action": "status", "status": 500}
    market.tell("faults", **fault, count=0)
    checkout.fill(ada).button.click()
    expect(page.get_by_text("please try again in a moment")).to_be_visible()
    look(page, "checkout-provider-silent")
    market.clear_faults()

    other = shop.put_in_cart("night-light").check_out("Lumen Works")
    market.rows("UPDATE variant SET price = 5100 WHERE sku = 'LUMEN-NIGHT'")
    other.fill(ada).button.click()
    other.expect_heading("Your cart has changed")
    look(page, "checkout-changed")


def test_order_page_is_accessible_while_waiting(market: Market, shop: Shop, look: Inspection, ada: Person) -> None:
    hosted = shop.put_in_cart("pasta-bowl", "enamel-mug").check_out().go_on(ada)
    order = hosted.cancel().expect_state("Waiting for payment")
    look(order.page, "order-waiting")
    market.advance(40)
    look(order.reload().expect_told("longer than usual").page, "order-slow")
    order.return_to_payment().be_declined().cancel()
    market.settle()
    look(order.reload().expect_told("You were not charged").page, "order-declined")
    market.advance(35 * 60)
    order.reload()
    expect(order.page.get_by_text("This page no longer looks by itself.")).to_be_visible()
    look(order.page, "order-no-longer-looking")
    market.advance(15 * 60)
    market.settle()
    look(order.reload().expect_state("Checkout expired").page, "order-expired")


def test_order_page_is_accessible_when_canceled(shop: Shop, look: Inspection, ada: Person) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel().cancel()

    look(order.expect_state("Canceled").page, "order-canceled")


def test_order_page_is_accessible_when_paid_and_refunded(
    market: Market, shop: Shop, look: Inspection, ada: Person
) -> None:
    order = shop.put_in_cart("pasta-bowl", "enamel-mug", "letter-set").check_out().go_on(ada).pay()
    look(order.expect_state("Paid").page, "order-paid")
    market.advance(10)
    market.settle()
    charge = market.truth("captures")[0]["ref"]
    for state, label, form in (
        ("order-partly-refunded", "Partly refunded", {"charge": charge, "amount": "1900"}),
        ("order-refunded", "Refunded", {"charge": charge}),
    ):
        httpx.post(f"{market.sandbox}/v1/refunds", data=form, headers=KEY, trust_env=False).raise_for_status()
        market.settle()
        # The shares come back first: until then the platform has nothing to give back from.
        market.advance(3600)
        market.settle()
        look(order.reload().expect_state(label).page, state)


def test_writing_to_a_seller_is_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person
) -> None:
    waiting = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel()
    waiting.page.goto(f"{market.shop}{waiting.path}/ask")
    look(waiting.page, "ask-not-paid")
    order = shop.put_in_cart("enamel-mug", "letter-set").check_out().go_on(ada).pay().expect_state("Paid")
    asking = order.ask("Kiln & Co")
    look(asking.page, "ask")
    watch.expect(422)
    look(asking.send("There is a crack.", about="my money back").page, "ask-wrong")
    asking.send("There is a crack.", about="my money back", reason="It arrived damaged")
    look(asking.page, "order-asked")
    asking.page.get_by_role("link", name="Ask Kiln & Co").click()
    look(asking.page, "ask-again")
