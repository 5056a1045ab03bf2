"""The sandbox for other people's projects: a process without the shop's settings, driven by an unmodified client.

What is run is what `docs/sandbox.md` shows, with the ports of this test.
"""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
import stripe

from tests.sandbox.conftest import GOOD_CARD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
[NODE] = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
# What takes long to load or belongs to the shop; without them the start is a second.
SHOP_S = {"asyncpg", "piccolo", "stripe", "store.app", "store.gateways", "store.settings"}
# Nothing of the shop's: no DATABASE_URL, no keys, not even a home.
BARE = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}


@contextmanager
def alone(data: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "store", "sandbox", "--port", str(port), "--data", str(data)],
        cwd=ROOT,
        env=BARE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stdout and process.stdout.read()
                assert time.monotonic() < deadline, "the sandbox did not answer"
        yield port
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert said.startswith(f"Sandbox: http://127.0.0.1:{port} ")
    assert process.returncode == 0


def run(block: str, port: int, shop: int = 3000) -> list[str]:
    """Run a block of the page as a program of its own and return the lines it prints."""
    code = block.replace("127.0.0.1:8001", f"127.0.0.1:{port}").replace("localhost:3000/webhook", f"127.0.0.1:{shop}/w")
    done = subprocess.run(
        [sys.executable, "-c", code], env=BARE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@contextmanager
def listening() -> Iterator[tuple[int, list[tuple[bytes, str]]]]:
    """A project's webhook endpoint: its port, and what arrived with which signature."""
    arrived: list[tuple[bytes, str]] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_page_s_programs_work_when_the_sandbox_runs_alone(tmp_path: Path) -> None:
    with alone(tmp_path) as port, listening() as (shop, arrived):
        open_page, without_page, endpoint = BLOCKS
        (secret,) = run(endpoint, port, shop)
        session, url = run(open_page, port)

        assert run(without_page, port) == ["succeeded", "card_declined"]
        paid = httpx.post(url, data=GOOD_CARD)

    assert (paid.status_code, paid.headers["location"]) == (303, f"http://localhost:3000/done?session={session}")
    events = [stripe.Webhook.construct_event(body, sent, secret) for body, sent in arrived]  # type: ignore[no-untyped-call]
    completed = [event for event in events if event.type == "checkout.session.completed"]
    assert [event.data.object["id"] for event in completed] == [session]
    assert {event.type for event in events} <= {"checkout.session.completed", "payment_intent.succeeded"}


def test_page_s_node_program_asks_for_what_the_python_one_asks() -> None:
    """Only Python's is run: Node and its package are nothing this project installs."""
    server, params = (
        ast.literal_eval(re.sub(r"(\w+): ", r'"\1": ', literal))
        for literal in re.findall(r"(\{ ?\n? *(?:host|mode).*?\})\);", NODE, re.DOTALL)
    )
    asked = [node.args[0] for node in ast.walk(ast.parse(BLOCKS[0])) if isinstance(node, ast.Call) and node.args]

    assert server == {"host": "127.0.0.1", "port": 8001, "protocol": "http"}
    assert params in [ast.literal_eval(node) for node in asked if isinstance(node, ast.Dict)]
    assert 'new Stripe("sk_test_myproject"' in NODE


def test_nothing_of_the_shop_is_loaded_when_the_sandbox_runs_alone() -> None:
    program = "import sys; import store.sandbox.run; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=BARE, capture_output=True, text=True, check=True
    )

    assert "store.sandbox.app" in (loaded := done.stdout.split())
    assert not SHOP_S & set(loaded)


def test_state_is_there_again_when_the_sandbox_comes_back(tmp_path: Path) -> None:
    with alone(tmp_path) as port:
        session, _ = run(BLOCKS[0], port)
    with alone(tmp_path) as port:
        found = httpx.get(
            f"http://127.0.0.1:{port}/v1/checkout/sessions/{session}",
            headers={"Authorization": "Bearer sk_test_myproject"},
        )

    assert (found.status_code, found.json()["id"]) == (200, session)


@pytest.mark.parametrize("words", ["--port", "--data", "/_sandbox", "sk_test_de_"])
def test_page_tells_how_to_start_it_and_what_it_takes(words: str) -> None:
    assert words in PAGE or words in (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
