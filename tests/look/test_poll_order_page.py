"""The order page in a real browser, under the real content policy, against a server that answers what a test says.

It polls by itself, stops when there is nothing left to wait for, says when the connection is lost, rests in a
hidden tab, and works again after Back from the provider.
"""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser, Page, expect

from store.kit.web.headers import content_security_policy
from tests.chromium import open_chromium
from tests.look.markup import STATIC
from tests.look.pages import make_order, make_paid, make_status, render

FAST = 50
HIDE = "hidden => Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden})"
TICKS = """count => new Promise(done => {
  const region = document.getElementById('order-status');
  region.addEventListener('every', () => { if (--count === 0) done(); });
})"""
WATCH = """() => {
  window.changes = 0;
  new MutationObserver(() => { window.changes += 1; })
    .observe(document.getElementById('connection'), {childList: true, characterData: true, subtree: true});
}"""
POLICY = content_security_policy(())


class Shop:
    """Answers the order page; `answer()` gives status and body of each poll, `polls` counts them."""

    def __init__(self) -> None:
        self.polls = 0
        self.pause = FAST
        self.answer: Callable[[], tuple[int, str]] = self.waiting
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/orders/tok"

    def waiting(self) -> tuple[int, str]:
        return 200, render("orders/_status.html", make_status(interval=self.pause))

    def broken(self) -> tuple[int, str]:
        return 500, "<h1>Something went wrong on our side</h1>"

    def paid(self) -> tuple[int, str]:
        return 200, render("orders/_status.html", make_paid())

    def gone(self) -> tuple[int, str]:
        return 404, render("orders/_gone.html", None)

    def _handler(shop) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the request's own `self` is inside
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path.startswith("/static/"):
                    file = STATIC / path.removeprefix("/static/")
                    self.send(200, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "font/woff2")
                elif path == "/orders/tok/status":
                    shop.polls += 1
                    status, text = shop.answer()
                    self.send(status, text.encode())
                else:
                    self.send(200, render("orders/order.html", make_order(make_status(interval=shop.pause))).encode())

            def do_POST(self) -> None:
                # 204: the browser stays where it is, as while it waits for the provider.
                self.send(204, b"")

            def send(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        return Handler


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever, args=(0.02,))
    thread.start()
    yield shop
    shop.server.shutdown()
    thread.join()
    shop.server.server_close()


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
async def tab(shop: Shop, chromium: Browser) -> AsyncIterator[Page]:
    visitor = await chromium.new_context()
    tab = await visitor.new_page()
    await tab.goto(shop.url)
    yield tab
    await visitor.close()


async def test_polling_stops_and_the_tab_says_paid_when_the_order_is_paid(shop: Shop, tab: Page) -> None:
    region = tab.locator("#order-status")
    live = await tab.locator("#order-live").element_handle()
    await tab.get_by_role("button", name="Check now").focus()
    await tab.evaluate(TICKS, 3)
    assert await tab.evaluate("document.activeElement.textContent.trim()") == "Check now"

    shop.answer = shop.paid

    await expect(tab.get_by_role("status").filter(has_text="Payment received.")).to_be_visible()
    await expect(tab).to_have_title("Paid - Order OP-7K3M9")
    names = await region.evaluate("node => node.getAttributeNames()")
    assert not [name for name in names if name.startswith(("hx-", "data-poll"))]
    # A screen reader announces the change only in the node that was already there.
    assert live is not None
    assert await live.evaluate("node => node.isConnected")


async def test_lost_connection_is_said_after_three_polls_and_taken_back(shop: Shop, tab: Page) -> None:
    trouble = tab.locator("#connection")
    await expect(trouble).to_be_empty()

    shop.answer = shop.broken
    await expect(trouble).to_have_text("Connection lost. Retrying.")
    await expect(tab.locator("#order-status")).to_contain_text("Waiting for payment")
    assert shop.polls >= 3

    shop.answer = shop.waiting
    await expect(trouble).to_be_empty()


async def test_two_failures_are_not_a_lost_connection(shop: Shop, tab: Page) -> None:
    await tab.evaluate(WATCH)
    answers = iter([shop.broken, shop.broken, shop.waiting] * 2)
    shop.answer = lambda: next(answers, shop.waiting)()

    for _ in range(8):
        async with tab.expect_response("**/orders/tok/status"):
            pass

    assert next(answers, None) is None
    assert await tab.evaluate("changes") == 0


async def test_polling_ends_when_the_link_is_revoked(shop: Shop, tab: Page) -> None:
    shop.answer = shop.gone

    await expect(tab.get_by_role("heading", name="This link no longer works")).to_be_visible()
    await expect(tab.locator("[data-poll]")).to_have_count(0)
    await expect(tab.locator("#connection")).to_be_empty()


async def test_hidden_tab_rests(shop: Shop, tab: Page) -> None:
    await tab.evaluate(HIDE, True)
    await expect(tab.locator(".htmx-request")).to_have_count(0)
    resting = shop.polls

    await tab.evaluate(TICKS, 5)

    assert shop.polls == resting


async def test_tab_asks_at_once_on_return(shop: Shop, tab: Page) -> None:
    shop.pause = 600_000
    await tab.evaluate(HIDE, True)
    await expect(tab.locator(".htmx-request")).to_have_count(0)
    await tab.reload()
    before = shop.polls

    async with tab.expect_response("**/orders/tok/status"):
        await tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    assert shop.polls == before + 1


async def test_button_says_that_it_leaves_and_recovers_after_back(shop: Shop, tab: Page) -> None:
    shop.answer = shop.broken
    button = tab.locator("form[action$='/pay'] button")

    await button.click()
    await expect(button).to_have_text("Redirecting…")
    await expect(button).to_be_enabled()

    await tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(button).to_have_text("Return to payment")


async def test_page_asks_as_often_as_it_says(shop: Shop, tab: Page) -> None:
    shop.pause = 2000
    # Paused: otherwise the page's clock goes on by itself, and a slow machine sees one poll more.
    await tab.clock.install(time=0)
    await tab.clock.pause_at(1)
    await tab.goto(shop.url)
    # An answer that the page has not dealt with yet makes it drop the next poll, so that is waited for.
    await tab.evaluate("document.addEventListener('htmx:finally:request', () => console.log('dealt with'))")
    before = shop.polls

    for _ in range(5):
        async with tab.expect_console_message(lambda message: message.text == "dealt with"):
            await tab.clock.run_for(2000)
    await tab.clock.run_for(1900)

    assert shop.polls == before + 5
