"""`/pay/{token}`: the one page with a provider's script, under a policy of its own; without one it leads on as well."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import httpx
import pytest

from store.app import create_app
from tests.facts import the_order, the_payment, value
from tests.payments.paypal_buying import approved, capture, create_order, inside, place_with_paypal
from tests.shelves import read_words
from tests.world import SHOP, World

POLICY = "content-security-policy"


def sources(answer: httpx.Response, directive: str) -> list[str]:
    """What one directive of an answer's policy allows."""
    found = next(one for one in answer.headers[POLICY].split("; ") if one.startswith(f"{directive} "))
    return found.split()[1:]


async def test_page_alone_lets_the_provider_in_when_policies_are_read(world: World) -> None:
    ada, token = await place_with_paypal(world)
    assert world.settings.paypal is not None
    host = world.settings.paypal.csp_origins[0]

    page = await ada.get(f"/pay/{token}")
    others = [await ada.get(path) for path in ("/", "/cart", f"/orders/{token}", "/help", "/pay/none")]

    for directive in ("script-src", "frame-src", "connect-src", "img-src", "style-src"):
        assert host in sources(page, directive)
    assert page.headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    assert page.headers["cache-control"] == "no-store"
    for other in others:
        assert sources(other, "script-src") == ["'self'"]
        assert other.headers["cross-origin-opener-policy"] == "same-origin"
        assert "/sdk/js" not in other.text


async def test_script_says_what_the_order_says_when_the_page_is_read(world: World) -> None:
    ada, token = await place_with_paypal(world)

    page = await ada.get(f"/pay/{token}")

    (address,) = re.findall(r'<script id="paypal-script" src="([^"]+)"', page.text)
    asked = httpx.URL(html.unescape(address)).params
    assert (asked["client-id"], asked["currency"], asked["intent"]) == (
        "overprint",
        (await the_order())["currency"],
        "capture",
    )
    nonces = set(re.findall(r'nonce="([^"]+)"', page.text))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in page.headers[POLICY]


async def test_nonce_is_another_each_time(world: World) -> None:
    ada, token = await place_with_paypal(world)

    policies = {(await ada.get(f"/pay/{token}")).headers[POLICY] for _ in range(3)}

    assert len(policies) == 3


async def test_form_leads_to_the_approval_page_when_there_is_no_script(world: World) -> None:
    ada, token = await place_with_paypal(world)

    answer = await ada.post("/payments/paypal", order=token)

    ref = (await the_payment())["provider_ref"]
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{world.settings.stripe_api_base}/checkoutnow?token={ref}")


async def test_same_paypal_order_is_meant_when_the_button_is_pressed_again(world: World) -> None:
    ada, token = await place_with_paypal(world)

    first = await create_order(ada, token)

    assert await create_order(ada, token) == first
    assert await value("SELECT count(*) FROM payment") == 1


@pytest.mark.parametrize("extra", [{"amount": "1"}, {"currency": "JPY"}, {"payee": "x"}])
async def test_nothing_else_is_read_of_the_browser_than_which_order(world: World, extra: dict[str, str]) -> None:
    ada, token = await place_with_paypal(world)

    answer = await ada.post("/payments/paypal", order=token, **extra)

    assert answer.status_code == 400
    assert await value("SELECT count(*) FROM payment") == 0


async def test_order_page_is_shown_when_nothing_is_to_be_paid_any_more(world: World) -> None:
    ada = world.browser()
    path = await ada.buy("KILN-MUG-BLUE")

    page = await ada.get(path.replace("/orders/", "/pay/"))

    assert (page.status_code, page.headers["location"]) == (303, path)


async def test_order_page_leads_back_to_the_buttons_when_paypal_was_chosen(world: World) -> None:
    ada, token = await place_with_paypal(world)
    await create_order(ada, token)

    page = await ada.get(f"/orders/{token}")

    assert f'href="/pay/{token}"' in page.text
    assert "Stripe" not in page.text


async def test_buyer_reads_that_nothing_was_paid_when_cancel_led_back(world: World) -> None:
    ada, token = await place_with_paypal(world)
    made = await create_order(ada, token)

    fresh, back = await ada.get(f"/pay/{token}"), await ada.get(f"/pay/{token}?token={made['id']}")

    words = "You left PayPal without agreeing. Nothing was paid."
    assert (words in fresh.text, words in back.text) == (False, True)


async def test_statement_of_a_card_is_spoken_of_only_if_paypal_takes_it_from_one(world: World) -> None:
    ada, made = await approved(world)
    await capture(ada, made)

    page = await ada.get(f"/orders/{made['token']}")
    await world.worker.send_mail()

    said = f"PayPal takes it from a card, a line that ends in {(await the_order())['number']}"
    assert said in read_words(page)
    (mail,) = [one for one in world.sandbox.state.mailbox.list_mails() if one["subject"].endswith("is paid")]
    assert f"On your bank statement: if {said}" in mail["text"]


async def test_there_is_no_such_way_when_the_shop_has_no_paypal(world: World) -> None:
    settings = replace(world.settings, paypal=None)
    shop = create_app(settings, replace(world.gateways, paypal=None))
    ada, token = await place_with_paypal(world)
    plain = httpx.AsyncClient(transport=httpx.ASGITransport(app=shop), base_url=SHOP, cookies=ada.client.cookies)

    async with plain:
        (group,) = await ada.groups()
        checkout = await plain.get(f"/checkout?group={group}", headers={"Accept": "text/html"})
        buttons = await plain.get(f"/pay/{token}", headers={"Accept": "text/html"})
        event = await plain.post("/webhooks/paypal", content=b"{}")

    assert checkout.status_code == 200
    assert "PayPal" not in checkout.text
    assert (buttons.status_code, event.status_code) == (404, 404)


async def test_approval_address_is_followed_only_within_the_allowed_origins(world: World) -> None:
    assert world.settings.paypal is not None
    elsewhere = replace(world.settings.paypal, redirect_origins=("https://www.paypal.com",))
    shop = create_app(replace(world.settings, paypal=elsewhere, stripe_api_base="http://127.0.0.1:9"), world.gateways)
    _, token = await place_with_paypal(world)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=shop), base_url=SHOP) as plain:
        answer = await plain.post("/payments/paypal", data={"order": token}, headers=headers)

    assert inside(answer.headers["location"]) == f"/orders/{token}"
