"""What the shop says about PayPal is what it does: who is told what, how one pays there, where money goes back."""

from __future__ import annotations

from datetime import timedelta

from store.orders.service import ship_part
from store.vendors.service.payout_address import PAYOUT_LINK_FOR, UNSENT_FOR
from tests.facts import the_order
from tests.payments.buying import MUG, sell_out
from tests.payments.paypal_buying import approved, place_with_paypal
from tests.payouts.at_paypal import buy_at_paypal
from tests.shelves import read_words
from tests.world import World, rows


async def test_privacy_names_what_paypal_is_told_when_an_order_is_paid_and_sent(world: World) -> None:
    await buy_at_paypal(world)
    for part in await rows("SELECT id, vendor FROM vendor_order"):
        await ship_part(part["vendor"], part["id"], carrier="Post", tracking="RR123")
    await world.settle()

    words = read_words(await world.browser().get("/privacy"))

    told = "".join(request.content.decode() for request in world.wire.sent if "/v2/checkout/" in request.url.path)
    assert all(f"{fact}" in told for fact in ("Ada Buyer", "1 Analytical Row", "Enamel mug", "RR123"))
    assert (
        "PayPal gets your name and delivery address, the order’s number, what you ordered and the amounts, and the "
        "parcel’s number and carrier when the seller has sent it." in words
    )


async def test_privacy_names_paypals_script_when_the_payment_page_loads_it(world: World) -> None:
    ada, token = await place_with_paypal(world)

    words, page = read_words(await ada.get("/privacy")), (await ada.get(f"/pay/{token}")).text

    assert '<script id="paypal-script" src="' in page
    assert "where you pay with PayPal, the page loads PayPal’s script" in words


async def test_privacy_says_how_long_a_sellers_addresses_are_kept(world: World) -> None:
    words = read_words(await world.browser().get("/privacy"))

    assert (timedelta(days=1), timedelta(days=30)) == (PAYOUT_LINK_FOR, UNSENT_FOR)
    assert "do not confirm is forgotten after a day, or after a month if no mail could be sent to it" in words
    assert "its PayPal addresses go with the account of its last owner" in words


async def test_help_says_how_to_pay_with_paypal(world: World) -> None:
    words = read_words(await world.browser().get("/help"))

    assert "Choose PayPal at checkout" in words


async def test_sandbox_notice_names_paypal_when_the_shop_takes_it(world: World) -> None:
    page = await world.browser().get("/help")

    assert "4242</span>, or with PayPal: you need no account there.</p>" in page.text


async def test_no_card_is_named_when_money_goes_back_to_paypal(world: World) -> None:
    ada, made = await approved(world)
    await ada.post(f"/orders/{made['token']}/cancel")
    await sell_out((MUG,))
    await world.gateways.with_capture().capture_payment(made["id"], "by hand")
    await world.tell("webhooks", action="release")
    await world.settle()

    (mail,) = [one for one in world.sandbox.state.mailbox.list_mails() if one["subject"].startswith("Refund: ")]
    sent = world.sandbox.state.mailbox.find_mail(mail["id"])
    returns = read_words(await ada.get("/returns"))

    assert (await the_order())["payment_state"] == "canceled"
    assert "is going back to your PayPal account." in sent["text"]
    assert "is going back to your PayPal account." in sent["html"]
    for text in (sent["text"], sent["html"]):
        assert "A PayPal balance usually shows it the same day." in text
        assert "5 to 10 days" not in text
    assert "through PayPal to your PayPal account" in returns
