"""The sandbox's API through the provider's own client, without a socket: requests go straight to `handle`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from store.sandbox.clock import Clock
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.stripe.api import handle
from store.sandbox.stripe.cards import Card
from store.sandbox.stripe.checkout import Outcome, finish_challenge, pay
from store.sandbox.stripe.keys import SECRET_KEY
from tests.still import StillClock

BASE = "http://127.0.0.1:8001"
VISA = "4242424242424242"
TEST_PERSON = {
    "first_name": "Vera",
    "last_name": "Vendor",
    "phone": "0000000000",
    "dob": {"day": 1, "month": 1, "year": 1901},
    "address": {"line1": "address_full_match", "city": "Springfield", "postal_code": "12345"},
    "ssn_last_4": "0000",
}
BOTH = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
EXPRESS = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "stripe_dashboard": {"type": "express"},
}


class DirectClient(stripe.HTTPClient):
    """A transport for the provider's client that calls the sandbox in this process."""

    name = "direct"

    def __init__(self, worlds: Worlds) -> None:
        super().__init__()
        self.worlds = worlds
        self.answer: Any = None

    async def request_async(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        return self.request(method, url, headers, post_data)

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[str, int, Any]:
        status, answer, body = self.send(method, url, headers, (post_data or "").encode())
        return body.decode(), status, {name.lower(): value for name, value in answer.items()}

    def send(self, method: str, url: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url)
        lowered = {name.lower(): value for name, value in dict(headers).items()} | {"host": parts.netloc}
        steps = handle(self.worlds, method.upper(), parts.path, lowered, parts.query.encode(), body)
        try:
            steps.send(None)
        except StopIteration as done:
            answer: tuple[int, dict[str, str], bytes] = done.value
            self.answer = json.loads(answer[2])
            return answer
        raise AssertionError("the sandbox waited although nothing holds it")


class Api:
    """The provider's client, a raw one, and the buyer's hands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worlds = Worlds(folder, StillClock(folder / "clock"))
        self.world = self.worlds.demo
        self.transport = DirectClient(self.worlds)
        self.stripe = stripe.StripeClient(
            SECRET_KEY,
            base_addresses=dict.fromkeys(("api", "connect", "files", "meter_events"), BASE),
            http_client=self.transport,
        )
        self.v1 = self.stripe.v1

    def raw(
        self, method: str, path: str, body: str | dict[str, str] = "", **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Send a request as it is written; header names with underscores for dashes."""
        text = body if isinstance(body, str) else urlencode(body)
        sent = {"authorization": f"Bearer {SECRET_KEY}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        status, answer, data = self.transport.send(method, BASE + path, sent, text.encode())
        return status, answer, json.loads(data)

    def open_session(self, total: int = 1000, currency: str = "usd", *, account: str | None = None, **more: Any) -> Any:
        """Open a session for one line of `total` minor units."""
        params = {
            "mode": "payment",
            "success_url": "http://localhost:8000/done?session={CHECKOUT_SESSION_ID}",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency,
                        "unit_amount": total,
                        "product_data": {"name": "Print"},
                    },
                }
            ],
        }
        return self.v1.checkout.sessions.create(params | more, {"stripe_account": account} if account else {})

    def pay(self, session_id: str, number: str = VISA, **more: Any) -> Outcome:
        """Type a card on the hosted page and send it."""
        typed = {"exp_month": 12, "exp_year": 2040, "cvc": "123", "name": "Ada Buyer"} | more
        return pay(self.world, session_id, Card(number=number, **typed))

    def reopen(self) -> "Api":
        """Close the file and open it again, as a restart does."""
        self.worlds.close()
        again = Api(self.folder)
        self.worlds, self.world = again.worlds, again.world
        return again

    def answer_challenge(self, session_id: str, challenge_id: str | None, passed: bool) -> Outcome:
        assert challenge_id
        return finish_challenge(self.world, session_id, challenge_id, passed)

    def advance(self, seconds: int) -> None:
        """Move the sandbox's clock and do what became due."""
        clock = self.world.clock
        assert isinstance(clock, Clock)
        clock.advance(seconds)
        self.worlds.tick()

    def vendor(self, *, controller: Any = None, **more: Any) -> Any:
        """Open a vendor's account with the test values: active at once."""
        params = {
            "country": "US",
            "email": "vera@example.com",
            "individual": TEST_PERSON,
            "capabilities": BOTH,
        }
        params |= {"business_type": "individual", "business_profile": {"name": "Vera's Prints"}}
        return self.v1.accounts.create(params | ({"controller": controller} if controller else {}) | more)

    def balance(self, account: str | None = None) -> dict[str, int]:
        """Return available + pending per currency, without the empty ones."""
        balance = self.v1.balance.retrieve(options={"stripe_account": account} if account else {})
        total: dict[str, int] = {}
        for row in [*balance.available, *balance.pending]:
            total[row.currency] = total.get(row.currency, 0) + row.amount
        return {currency: amount for currency, amount in total.items() if amount}

    def event_types(self, account: str | None = None) -> list[str]:
        """Return the types of an account's events, oldest first."""
        events = self.v1.events.list({"limit": 100}, {"stripe_account": account} if account else {})
        return [event.type for event in events.data][::-1]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    yield made
    made.worlds.close()
