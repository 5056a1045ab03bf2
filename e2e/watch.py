"""Whoever watches the browser: nothing leaves this machine, nothing is wrong in the console, the policy is on.

A test that means to see an error says so first (`watch.expect(404)`), and then it has to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LOCAL = ("localhost", "127.0.0.1")
# No page asks the network for a name that is not ours, whatever it tries: Chromium itself cannot resolve it.
# (Routing every request through the test would see it too, but switches the HTTP cache off, and with it the 304s.)
ARGS = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",)
LOCAL_SCHEMES = ("data", "blob", "about", "chrome-error")


class Watch:
    """Collects what is wrong in every context it follows."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = origins
        self._expected: dict[str, bool] = {}
        self._allowed: list[str] = []
        self.problems: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        """Look at all pages of a context from now on."""
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def expect(self, *words: str | int) -> None:
        """Say which errors the console will show: a status (`404`) or a part of the message. Each has to come."""
        self._expected.update({f"status of {word}" if isinstance(word, int) else word: False for word in words})

    def allow(self, *words: str) -> None:
        """Say which errors the console may show beside those, each a part of the message."""
        self._allowed.extend(words)

    def check(self) -> None:
        """Fail with everything that was wrong, and with what was expected and never came."""
        missing = [
            f"expected in the console, never seen: {words}" for words, seen in self._expected.items() if not seen
        ]
        assert not self.problems + missing, "\n".join(self.problems + missing)

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in LOCAL_SCHEMES and url.hostname not in LOCAL:
            self.problems.append(f"a request left this machine: {request.method} {request.url}")

    def _on_response(self, response: Response) -> None:
        # An answer without a body (a redirect, a 304) shows nothing that a policy could guard.
        if response.request.resource_type != "document" or not response.headers.get("content-type", "").startswith(
            "text/html"
        ):
            return
        policy = response.headers.get("content-security-policy", "")
        if response.url.startswith(tuple(self._origins)) and "default-src 'none'" not in policy:
            self.problems.append(f"a page without the policy: {response.status} {response.url}")
        if "'unsafe" in policy and "/mailbox/" not in response.url:
            self.problems.append(f"a policy that allows too much: {response.url}: {policy}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or (message.type == "warning" and "Content Security" in message.text):
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_error(self, error: WebError) -> None:
        self._note(f"page error: {error.error}")

    def _note(self, problem: str) -> None:
        for words in self._expected:
            if words in problem:
                self._expected[words] = True
                return
        if not any(words in problem for words in self._allowed):
            self.problems.append(problem)
