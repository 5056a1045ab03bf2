"""Buyers without a browser, for journeys that need many of them at once: the shop's own forms, sent by httpx."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any

import httpx

from e2e.market import Market
from e2e.people import Person

JSON = {"Accept": "application/json"}
BUSY, MOST_TRIES = 503, 20
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Buyer:
    """One buyer with cookies of its own; ends as a context manager."""

    def __init__(self, market: Market, person: Person) -> None:
        self.person = person
        self._market = market
        self._client = httpx.Client(
            base_url=market.shop, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60, trust_env=False
        )

    def __enter__(self) -> Buyer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def order_at_paypal(self, sku: str) -> dict[str, Any]:
        """Put one thing in the cart, check out and have PayPal's order opened: `{id, capture_url, order}`."""
        [variant] = self._market.rows("SELECT id FROM variant WHERE sku = $1", sku)
        self.send("/cart/add", variant=str(variant["id"]), quantity="1")
        group = re.findall(r'name="group" value="([^"]+)"', self._client.get("/cart").text)[0]
        page = self._client.get("/checkout", params={"group": html.unescape(group)}).text
        hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
        person = self.person
        typed = {
            "email": person.email,
            "full_name": person.name,
            "address_line1": person.address,
            "city": person.city,
            "postcode": person.postcode,
            "country": person.country,
        }
        placed = self.send("/checkout", **{**hidden, **typed, "provider": "paypal"})
        order = placed.headers["location"].removeprefix("/pay/")
        return {**self._client.post("/payments/paypal", data={"order": order}, headers=JSON).json(), "order": order}

    def send(self, path: str, **form: str) -> httpx.Response:
        """Send a form; the answer leads elsewhere."""
        answer = self._client.post(path, data=form)
        assert answer.status_code == 303, answer.text
        return answer

    def press(self, made: dict[str, Any]) -> str:
        """Come back by the button (onApprove): where it leads."""
        answer = self._again(lambda: self._client.post(made["capture_url"], headers=JSON))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["redirect"])

    def come_back(self, made: dict[str, Any]) -> str:
        """Come back by PayPal's redirect: where it leads."""
        path = made["capture_url"].replace("/capture", "/return")
        query = {"token": made["id"], "PayerID": "ADA"}
        answer = self._again(lambda: self._client.get(path, params=query))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def _again(self, visit: Callable[[], httpx.Response]) -> httpx.Response:
        """A busy shop asks everybody to try again in a moment, and people do."""
        for _ in range(MOST_TRIES):
            answer = visit()
            if answer.status_code != BUSY:
                break
        return answer
