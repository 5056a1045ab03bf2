"""The two webhook endpoints, made at a provider that speaks Stripe's protocol."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from store.demo.endpoints import ensure_endpoints
from store.demo.run import EVENTS as DEMO_EVENTS
from store.webhooks.states import HANDLED

EVENTS = ("checkout.session.completed", "charge.updated")
BASE = "http://localhost:8000"


class Provider:
    """Webhook endpoints as the provider keeps them: by id, with the form they were made from."""

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.made = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shown = [{k: v for k, v in e.items() if k != "secret"} for e in provider.endpoints.values()]
                self.answer({"object": "list", "data": shown, "has_more": False})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                name = self.path.removeprefix("/v1/webhook_endpoints").strip("/")
                if name:
                    provider.endpoints[name] |= {"url": form["url"][0], "enabled_events": form["enabled_events[]"]}
                else:
                    provider.made += 1
                    name = f"we_{provider.made}"
                    provider.endpoints[name] = {
                        "id": name,
                        "url": form["url"][0],
                        "secret": f"whsec_{provider.made}",
                        "enabled_events": form["enabled_events[]"],
                        "form": form,
                        "key": self.headers["Authorization"],
                        "account": self.headers["Stripe-Account"],
                    }
                self.answer(provider.endpoints[name])

            def do_DELETE(self) -> None:
                self.answer(provider.endpoints.pop(self.path.rpartition("/")[2]))

            def answer(self, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def ensure(provider: Provider, known: dict[str, str], base: str = BASE) -> dict[str, str]:
    return ensure_endpoints(provider.url, "sk_test_overprint", base, known, EVENTS)


def test_both_are_made_with_their_scope_when_there_are_none(provider: Provider) -> None:
    secrets = ensure(provider, {})

    assert secrets == {"STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_2"}
    account, connect = provider.endpoints["we_1"], provider.endpoints["we_2"]
    assert (account["url"], account["form"]["connect"]) == (f"{BASE}/webhooks/stripe", ["false"])
    assert (connect["url"], connect["form"]["connect"]) == (f"{BASE}/webhooks/stripe/connect", ["true"])
    assert account["form"]["enabled_events[]"] == list(EVENTS)
    assert account["form"]["api_version"] == ["2026-10-28.endive"]
    assert account["key"] == "Bearer sk_test_overprint"


def test_pitfall_21_no_endpoint_is_made_on_a_vendors_account_one_of_the_platform_hears_of_all(
    provider: Provider,
) -> None:
    ensure(provider, {})

    made = provider.endpoints.values()
    assert [one["account"] for one in made] == [None, None]
    assert sorted(one["form"].get("connect", ["false"])[0] for one in made) == ["false", "true"]


def test_nothing_changes_when_both_are_known(provider: Provider) -> None:
    secrets = ensure(provider, {})

    assert ensure(provider, secrets) == secrets
    assert provider.made == 2


def test_both_move_and_keep_their_secrets_when_the_port_changes(provider: Provider) -> None:
    secrets = ensure(provider, {})

    assert ensure(provider, secrets, "http://localhost:9000") == secrets
    assert [e["url"] for e in provider.endpoints.values()] == [
        "http://localhost:9000/webhooks/stripe",
        "http://localhost:9000/webhooks/stripe/connect",
    ]


def test_both_ask_for_what_is_handled_now_when_an_older_shop_made_them(provider: Provider) -> None:
    secrets = ensure(provider, {})
    more = (*EVENTS, "account.application.deauthorized")

    again = ensure_endpoints(provider.url, "sk_test_overprint", BASE, secrets, more)

    assert again == secrets
    assert [one["enabled_events"] for one in provider.endpoints.values()] == [list(more)] * 2


def test_demo_asks_for_every_event_that_the_shop_handles() -> None:
    assert set(DEMO_EVENTS) == HANDLED


def test_endpoint_is_replaced_when_its_secret_is_lost(provider: Provider) -> None:
    secrets = ensure(provider, {})
    del secrets["STRIPE_CONNECT_WEBHOOK_SECRET"]

    assert ensure(provider, secrets) == {
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_3",
    }
    assert sorted(provider.endpoints) == ["we_1", "we_3"]
