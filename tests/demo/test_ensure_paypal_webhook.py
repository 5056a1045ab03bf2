"""PayPal's webhook, made at a provider that speaks PayPal's protocol."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from store.demo.endpoints import ensure_paypal_webhook

BASE = "http://localhost:8000"


class Provider:
    """Webhooks as PayPal keeps them, by id; `refuses` answers every change with that error's name."""

    def __init__(self) -> None:
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.made = 0
        self.keys: set[str] = set()
        self.refuses = ""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.keys.add(self.headers["Authorization"])
                self.answer(200, {"webhooks": list(provider.webhooks.values())})

            def do_POST(self) -> None:
                provider.made += 1
                made = self.read() | {"id": f"1JE42910164732{provider.made}"}
                provider.webhooks[made["id"]] = made
                self.answer(201, made)

            def do_PATCH(self) -> None:
                if provider.refuses:
                    return self.answer(400, {"name": provider.refuses})
                there = provider.webhooks[self.path.rpartition("/")[2]]
                before = dict(there)
                there |= {one["path"].strip("/"): one["value"] for one in self.read()}
                if there == before:
                    return self.answer(400, {"name": "WEBHOOK_PATCH_REQUEST_NO_CHANGE"})
                return self.answer(200, there)

            def do_DELETE(self) -> None:
                provider.webhooks.pop(self.path.rpartition("/")[2])
                self.answer(204, None)

            def read(self) -> Any:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def answer(self, status: int, body: Any) -> None:
                text = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
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


def ensure(provider: Provider, base: str = BASE) -> str:
    return ensure_paypal_webhook(provider.url, "overprint", "overprint-secret", base)


def test_it_is_made_for_every_event_when_there_is_none(provider: Provider) -> None:
    id = ensure(provider)

    assert provider.webhooks == {
        id: {"id": id, "url": f"{BASE}/webhooks/paypal", "event_types": [{"name": "*"}]},
    }
    assert provider.keys == {"Basic b3ZlcnByaW50Om92ZXJwcmludC1zZWNyZXQ="}


def test_nothing_changes_when_it_is_there(provider: Provider) -> None:
    id = ensure(provider)

    assert ensure(provider) == id
    assert provider.made == 1


def test_it_moves_and_keeps_its_id_when_the_port_changes(provider: Provider) -> None:
    id = ensure(provider)

    assert ensure(provider, "http://localhost:9000") == id
    assert provider.webhooks[id]["url"] == "http://localhost:9000/webhooks/paypal"


def test_one_is_made_anew_when_there_are_several(provider: Provider) -> None:
    for number in (1, 2):
        provider.webhooks[f"X{number}"] = {"id": f"X{number}", "url": f"http://localhost:{number}/webhooks/paypal"}
    provider.webhooks["OTHER"] = {"id": "OTHER", "url": "http://localhost:9000/elsewhere"}

    id = ensure(provider)

    assert set(provider.webhooks) == {"OTHER", id}


def test_it_is_said_when_the_provider_refuses_the_change(provider: Provider) -> None:
    ensure(provider)
    provider.refuses = "VALIDATION_ERROR"

    with pytest.raises(httpx.HTTPStatusError):
        ensure(provider, "http://localhost:9000")
