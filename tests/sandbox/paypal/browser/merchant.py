"""A merchant of a few lines: a page with PayPal's buttons under the shop's content policy, an order, a capture.

It talks to the sandbox as a server does and believes nothing that the browser says but which order is meant.
`reports` are what the browser complained of by the policy's own address.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx

from store.kit.web.headers import payment_page_policy
from tests.look.markup import STATIC

APP = ("overprint", "overprint-secret")
ORDERS = "/v2/checkout/orders"
NONCE = "n0nce"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pay</title>
<script id="paypal-script" src="{sdk}" nonce="n0nce" data-csp-nonce="n0nce"{early}</script>
<script src="{script}" defer></script></head><body><main>
<h1>Pay with PayPal</h1>
<div id="paypal-buttons" data-create="/payments/paypal" data-order="tok" data-page="/orders/tok"></div>
<p id="paypal-status" role="status"></p>
<form id="paypal-form" method="post" action="/payments/paypal"><input type="hidden" name="order" value="tok">
<button type="submit">Pay with PayPal</button></form></main></body></html>"""


class Merchant:
    """Serves its pages at `url`; what it does is set by the fields before the browser comes."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.currency = "EUR"
        self.client_id = APP[0]
        # The script's address beyond the client id; the page's own script, the shop's adapter unless a test has one.
        self.query = "&currency=EUR&intent=capture"
        self.own_script = ""
        # In the page's head, behind the library and before the container.
        self.early_script = ""
        self.refusal = ""
        # Cleared by a test that wants the order to be made later.
        self.ready = threading.Event()
        self.ready.set()
        self.captured: list[str] = []
        self.orders: list[str] = []
        self.reports: list[str] = []
        self.reported = threading.Event()
        self.server = ThreadingHTTPServer(("localhost", 0), self._handler())
        self.url = f"http://localhost:{self.server.server_port}"

    @property
    def headers(self) -> dict[str, str]:
        """The shop's headers of the page where somebody pays, and the policy's reports come here."""
        headers = payment_page_policy((self.sandbox,), (self.sandbox,), NONCE)
        policy = headers["Content-Security-Policy"]
        return {**headers, "Content-Security-Policy": f"{policy}; report-uri /csp", "Referrer-Policy": "same-origin"}

    def create_order(self) -> dict[str, Any]:
        """Make an order at the sandbox, as the shop does."""
        value = {"currency_code": self.currency, "value": "24.00"}
        item = {"name": "Moon over Lisbon", "quantity": "1", "unit_amount": value, "category": "PHYSICAL_GOODS"}
        address = {
            "address_line_1": "1 Quay",
            "admin_area_2": "Lisbon",
            "postal_code": "1000-001",
            "country_code": "PT",
        }
        context = {
            "brand_name": "Overprint",
            "user_action": "PAY_NOW",
            "shipping_preference": "SET_PROVIDED_ADDRESS",
            "return_url": f"{self.url}/return?order=tok",
            "cancel_url": f"{self.url}/pay",
        }
        body = {
            "intent": "CAPTURE",
            "payment_source": {"paypal": {"experience_context": context}},
            "purchase_units": [
                {
                    "amount": {**value, "breakdown": {"item_total": value}},
                    "items": [item],
                    "shipping": {"name": {"full_name": "Ada Buyer"}, "address": address},
                }
            ],
        }
        made = self.call("POST", ORDERS, body)
        self.orders.append(made["id"])
        return made

    def capture(self, order_id: str) -> dict[str, Any]:
        """Capture an approved order and say where the browser goes."""
        answer = self.call("POST", f"{ORDERS}/{order_id}/capture", {})
        if any(detail["issue"] == "INSTRUMENT_DECLINED" for detail in answer.get("details", [])):
            return {"restart": True, "reason": "Your card was declined. Choose another way to pay."}
        self.captured.append(answer["status"])
        return {"redirect": "/orders/tok"}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call the sandbox's API with the app's credentials and return the JSON of the answer."""
        headers = {"Prefer": "return=representation"}
        answer = httpx.request(method, self.sandbox + path, json=body, auth=APP, headers=headers, trust_env=False)
        said: dict[str, Any] = answer.json()
        return said

    def answer(self, method: str, path: str, accept: str, body: bytes) -> tuple[int, str, bytes, dict[str, str]]:
        """Return status, media type, body and headers for one request of the browser."""
        where = path.partition("?")[0]
        if method == "GET" and where == "/paypal.js":
            return 200, "text/javascript", (STATIC / "js/paypal.js").read_bytes(), {}
        if method == "GET" and where == "/own.js":
            return 200, "text/javascript", self.own_script.encode(), {}
        if where == "/csp":
            self.reports.append(body.decode())
            self.reported.set()
            return 204, "text/plain", b"", {}
        if method == "GET":
            return 200, "text/html; charset=utf-8", self._show(where).encode(), {}
        if where == "/payments/paypal" and self.refusal:
            return 409, "application/problem+json", json.dumps({"detail": self.refusal}).encode(), {}
        if where == "/payments/paypal":
            assert parse_qs(body.decode()) == {"order": ["tok"]}
            self.ready.wait(30)
            made = self.create_order()
            if accept.startswith("application/json"):
                said = {"id": made["id"], "capture_url": f"/payments/{made['id']}/capture"}
                return 200, "application/json", json.dumps(said).encode(), {}
            link = next(one["href"] for one in made["links"] if one["rel"] in ("approve", "payer-action"))
            return 303, "text/plain", b"", {"Location": link}
        return 200, "application/json", json.dumps(self.capture(where.split("/")[2])).encode(), {}

    def _show(self, where: str) -> str:
        if where == "/pay":
            sdk = f"{self.sandbox}/sdk/js?client-id={self.client_id}{self.query}".replace("&", "&amp;")
            early = f'></script><script nonce="{NONCE}">{self.early_script}' if self.early_script else " async>"
            script = "/own.js" if self.own_script else "/paypal.js"
            return PAGE.format(sdk=sdk, script=script, early=early)
        words = {"/return": "Back from PayPal", "/orders/tok": "Your order"}.get(where, "Somewhere else")
        return f'<!doctype html><html lang="en"><title>{words}</title><h1>{words}</h1></html>'

    def _handler(merchant) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the request's own `self` is inside
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply("GET")

            def do_POST(self) -> None:
                self.reply("POST")

            def reply(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text, more = merchant.answer(method, self.path, self.headers.get("Accept", ""), body)
                self.send_response(status)
                headers = {"Content-Type": kind, "Content-Length": str(len(text)), **merchant.headers}
                for name, value in {**headers, **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *words: object) -> None:
                pass

        return Handler


@contextmanager
def serving(sandbox: str) -> Iterator[Merchant]:
    """Serve a merchant of the sandbox at `sandbox` until the block ends."""
    merchant = Merchant(sandbox)
    thread = threading.Thread(target=merchant.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield merchant
    finally:
        merchant.server.shutdown()
        thread.join()
        merchant.server.server_close()
