"""The buyer writes to a seller from the order's page; the seller gets a mail whose answer goes to the buyer."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person
from e2e.watch import Watch


def test_seller_is_told_and_order_says_so_when_buyer_asks(market: Market, shop: Shop, ada: Person) -> None:
    order = shop.put_in_cart("pasta-bowl", "letter-set").check_out().go_on(ada).pay().expect_state("Paid")
    path = order.path

    order.ask("Kiln & Co").send(
        "There is a crack.",
        about="my money back",
        reason="It arrived damaged",
    )

    order = OrderPage(shop.page).expect_arrived()
    assert order.path == path
    expect(order.page.get_by_text(f"Kiln & Co has your message and will answer to {ada.email}.")).to_be_visible()
    order.expect_history("You asked Kiln & Co for a refund: it arrived damaged.")
    market.settle()
    bindery = market.rows("SELECT email FROM vendor WHERE slug = 'north-bindery'")[0]["email"]
    [mail] = [told for told in market.mails("vera@example.com") if "Refund wanted" in told["subject"]]
    assert "There is a crack." in mail["text"]
    assert not [told for told in market.mails(bindery) if "Refund wanted" in told["subject"]]


def test_form_says_what_is_missing_and_keeps_the_message(shop: Shop, ada: Person, watch: Watch) -> None:
    watch.expect(422)
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")

    asking = order.ask("Kiln & Co").send("Broken in two.", about="my money back")

    expect(asking.page.get_by_role("alert")).to_contain_text("Choose why you want your money back.")
    expect(asking.page.get_by_label("Message")).to_have_value("Broken in two.")
    asking.send("Broken in two.", about="my money back", reason="Another reason")
    OrderPage(asking.page).expect_arrived().expect_history("another reason")
