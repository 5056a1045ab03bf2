"""The policy of the page with PayPal's script: nothing that paying needs is refused, and nobody else's is let in."""

from __future__ import annotations

import re

import pytest

from e2e.market import Market
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

# Every page and frame says aloud what was refused, and whoever watches the console fails the journey.
SAY_REFUSED = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`refused: ${event.effectiveDirective} ${event.blockedURI}`));
"""
PUT_SCRIPT = """(script) => new Promise((stopped) => {
  document.addEventListener("securitypolicyviolation", (event) => stopped(event.effectiveDirective));
  document.body.append(Object.assign(document.createElement("script"), script));
})"""


def test_nothing_is_refused_while_somebody_pays(market: Market, shop: Shop, ada: Person) -> None:
    shop.page.context.add_init_script(SAY_REFUSED)
    page = open_pay_page(shop, ada)
    policy, nonce = read_policy(shop)

    assert policy == {
        "default-src": "'none'",
        "script-src": f"'self' {nonce} {market.sandbox}",
        "style-src": f"'self' {nonce} {market.sandbox}",
        "img-src": f"'self' data: {market.sandbox}",
        "font-src": "'self'",
        "connect-src": f"'self' {market.sandbox}",
        "frame-src": market.sandbox,
        "child-src": market.sandbox,
        "form-action": f"'self' {market.sandbox}",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    page.open_window().cancel()
    page.expect_words("Nothing was paid")
    page.open_window().approve()
    order = page.to_order().expect_state("Paid")
    assert market.sandbox not in read_policy(Shop(order.page))[0]["script-src"]
    assert len(market.truth("captures")) == 1


@pytest.mark.parametrize("script", [{"src": "http://127.0.0.1:9/steal.js"}, {"textContent": "document.title = 1"}])
def test_script_of_anybody_else_is_stopped(shop: Shop, watch: Watch, ada: Person, script: dict[str, str]) -> None:
    page = open_pay_page(shop, ada)
    watch.expect("script-src")

    assert page.page.evaluate(PUT_SCRIPT, script) == "script-src-elem"


def read_policy(shop: Shop) -> tuple[dict[str, str], str]:
    """The directives of the page's own policy, and the nonce among them."""
    text = shop.page.request.get(shop.page.url).headers["content-security-policy"]
    parts = (part.strip().partition(" ") for part in text.split(";"))
    return {name: value for name, _, value in parts}, next(iter(re.findall(r"'nonce-[^']+'", text)), "")
