"""One way out to PayPal: every call passes `call`, which signs in, bounds, repeats, measures and translates errors.

A token is fetched once for everybody and kept for as long as PayPal says; one 401 fetches another. What got no answer,
a 5xx or a 429 goes out again under the same PayPal-Request-Id, a bounded number of times; a POST without one does not.
Who is down is left alone for a while by the breaker. developer.paypal.com/api/rest/requests, …/reference/idempotency
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from store.gateways.bounds import bound_answers
from store.gateways.breaker import Breaker
from store.gateways.measured import PROVIDER_CALLS, PROVIDER_SECONDS
from store.gateways.pace import LONGEST_WAIT, Pace
from store.gateways.paypal.faults import PayPalFault, is_down, read_fault, translate_fault
from store.gateways.port import PAYPAL, GatewayError
from store.kit.crash import pass_point

TIMEOUT_SECONDS = 10.0
RETRIES = 2
# One call is sent again after a 429 until it was sent this often.
RATE_TRIES = 3
# The first wait before a call goes out again; each one is twice as long, with jitter.
BACKOFF_SECONDS = 0.4
# For one call with its retries, its token and its wait for a slot.
CALL_SECONDS = 25.0
CONCURRENT_CALLS = 20
# A page of events with their orders is below one megabyte.
ANSWER_BYTES = 4 * 1024 * 1024
# How long before its end a token is not used any more; at most half of its life.
TOKEN_MARGIN_SECONDS = 60.0
TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Asked:
    """One request as it goes out each time. `key`: its PayPal-Request-Id."""

    name: str
    method: str
    path: str
    content: bytes | None = None
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    signs_in: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method == "GET" or self.signs_in or bool(self.key)


class PayPalCalls:
    """An httpx client with our bounds. `seconds`: how long one call may take in all, its waits included.

    One per process and event loop; its lock and its slots belong to the loop that first has to wait for them.
    """

    def __init__(
        self,
        client_id: str,
        secret: str,
        base: str,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        seconds: float = CALL_SECONDS,
        breaker: Breaker | None = None,
        pace: Pace | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self.breaker = breaker or Breaker("PayPal")
        self._pace = pace or Pace()
        self._sleep, self._now = sleep, now
        self._basic = httpx.BasicAuth(client_id, secret)
        self._client = httpx.AsyncClient(
            base_url=base,
            transport=transport,
            timeout=TIMEOUT_SECONDS,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            event_hooks={"response": [bound_answers(ANSWER_BYTES)]},
        )
        self._slots = asyncio.Semaphore(CONCURRENT_CALLS)
        self._signing_in = asyncio.Lock()
        self._token, self._token_ends = "", 0.0

    async def call(
        self,
        name: str,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | str | bytes | None = None,
        key: str = "",
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send one request and return its JSON object, {} for an answer without content.

        `body`: a mapping, or JSON that goes out as it is. `key`: the PayPal-Request-Id, from a row of ours.
        Raises Declined, Unavailable (outcome unknown) or GatewayBug, with the PayPalFault as cause where one came.
        """
        content = body.encode() if isinstance(body, str) else body
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content, separators=(",", ":")).encode()
        asked = _Asked(name, method, path, content, key, query or {})
        began = time.monotonic()
        probe = False
        try:
            probe = self.breaker.admit()
            # The wait for a slot counts: a slow provider must not queue up buyers without end.
            async with asyncio.timeout(self.seconds), self._slots:
                result = await self._send_signed(asked)
        except Exception as error:
            self._report(error, probe)
            meaning = translate_fault(error)
            if isinstance(meaning, GatewayError):
                meaning.provider = PAYPAL
            PROVIDER_CALLS.labels("paypal", name, type(meaning).__name__.lower()).inc()
            raise meaning from error
        except BaseException:
            if probe:
                self.breaker.gave_up()
            raise
        finally:
            PROVIDER_SECONDS.labels("paypal", name).observe(time.monotonic() - began)
        self.breaker.answered()
        PROVIDER_CALLS.labels("paypal", name, "ok").inc()
        return result

    async def pause(self) -> None:
        """Wait as long as before a second try."""
        await self._wait(1)

    async def _send_signed(self, asked: _Asked) -> dict[str, Any]:
        """Send with the token at hand; refused with 401, fetch another once and send once more."""
        token = await self._sign_in()
        try:
            return await self._send(asked, token)
        except PayPalFault as refused:
            if refused.status != 401:
                raise
        # Whoever comes first throws the refused token away; those behind find a new one.
        if self._token == token:
            self._token = ""
        return await self._send(asked, await self._sign_in())

    async def _sign_in(self) -> str:
        """The token that is good for a while yet, fetched by one caller while the others wait for it."""
        async with self._signing_in:
            if not self._token or self._now() >= self._token_ends:
                began = self._now()
                asked = _Asked("oauth2.token", "POST", TOKEN_PATH, b"grant_type=client_credentials", signs_in=True)
                told = await self._send(asked, "")
                token, lives = told.get("access_token"), told.get("expires_in")
                if not isinstance(token, str) or not token or not isinstance(lives, int):
                    raise PayPalFault(200, {"message": "this is no token"}, {})
                self._token, self._token_ends = token, began + lives - min(TOKEN_MARGIN_SECONDS, lives / 2)
            return self._token

    async def _send(self, asked: _Asked, token: str) -> dict[str, Any]:
        failed = slowed = 0
        while True:
            await self._pace.take_turn()
            pass_point()
            try:
                answer = await self._client.send(
                    self._build(asked, token), auth=self._basic if asked.signs_in else None
                )
            except httpx.TransportError:
                failed += 1
                if failed > RETRIES or not asked.is_repeatable:
                    raise
                await self._wait(failed)
                continue
            pass_point()
            result = _read(answer)
            debug_id = answer.headers.get("paypal-debug-id", "")
            if not isinstance(result, PayPalFault):
                log.info("paypal_answered", call=asked.name, status=answer.status_code, debug_id=debug_id)
                return result
            debug_id = debug_id or result.debug_id
            log.warning("paypal_refused", call=asked.name, status=result.status, issue=result.issue, debug_id=debug_id)
            if result.status == 429:
                slowed += 1
                self._pace.slow_down(slowed, result.retry_after)
                if slowed == RATE_TRIES:
                    raise result
                continue
            failed += 1
            if failed > RETRIES or not asked.is_repeatable or not result.is_worth_repeating:
                raise result
            await self._wait(failed, result)

    def _build(self, asked: _Asked, token: str) -> httpx.Request:
        kind = "application/x-www-form-urlencoded" if asked.signs_in else "application/json"
        headers = {} if asked.signs_in else {"Authorization": f"Bearer {token}"}
        if asked.method != "GET":
            # Whether a minimal answer holds captures differs by source: the whole resource is asked for.
            headers |= {"Content-Type": kind, "Prefer": "return=representation"}
        if asked.key:
            headers["PayPal-Request-Id"] = asked.key
        return self._client.build_request(
            asked.method, asked.path, content=asked.content, params=asked.query or None, headers=headers
        )

    async def _wait(self, failed: int, refused: PayPalFault | None = None) -> None:
        """Wait before the next try, as long as was asked for; who asks for too much patience is not tried again."""
        seconds = BACKOFF_SECONDS * 2 ** (failed - 1)
        wanted = refused.retry_after if refused else ""
        if refused and wanted.isascii() and wanted.isdigit():
            seconds = max(seconds, float(wanted))
            if seconds > LONGEST_WAIT:
                raise refused
        await self._sleep(seconds + random.uniform(0, seconds / 2))  # noqa: S311

    def _report(self, error: Exception, probe: bool) -> None:
        """Tell the breaker what this says about the provider; what never reached it says nothing."""
        if is_down(error):
            self.breaker.failed()
        elif isinstance(error, PayPalFault):
            self.breaker.answered()
        elif probe:
            self.breaker.gave_up()


def path_of(link: str) -> str:
    """Where a link of an answer leads on our own base: its host is PayPal's choice and never followed."""
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _read(answer: httpx.Response) -> dict[str, Any] | PayPalFault:
    if not answer.is_success:
        return read_fault(answer)
    if answer.status_code == 204:
        return {}
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        told = None
    # Success without a resource tells nothing about what was done: it counts as lost.
    return told if isinstance(told, dict) else read_fault(answer)
