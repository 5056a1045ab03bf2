"""One way out to Stripe: every call passes `call`, which bounds, measures and translates its errors.

The SDK retries connection errors, 409 and 5xx twice with the same Idempotency-Key when told to (`StripeClient`'s own
default is no retry at all); 429 it does not retry, so we do, at the provider's pace. Who is down is left alone for a
while by the breaker; a 429 does not open it. docs.stripe.com/api/errors, docs.stripe.com/rate-limits
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import stripe

from store.gateways.bounds import bound_answers
from store.gateways.breaker import Breaker
from store.gateways.measured import PROVIDER_CALLS, PROVIDER_SECONDS
from store.gateways.pace import Pace
from store.gateways.port import STRIPE, Declined, Disconnected, GatewayBug, GatewayError, StoredFailure, Unavailable
from store.kit.crash import pass_point
from store.settings import STRIPE_API

TIMEOUT_SECONDS = 10.0
RETRIES = 2
# One call is sent again after a 429 until it was sent this often.
RATE_TRIES = 3
# For one call with its retries and its wait for a slot.
CALL_SECONDS = 25.0
CONCURRENT_CALLS = 20
# A page of 100 sessions with their intents and charges is below one megabyte.
ANSWER_BYTES = 8 * 1024 * 1024
# Refusals that a buyer can understand and act on.
BUYERS_CODES = frozenset({"amount_too_small", "amount_too_large", "email_invalid"})

Result = TypeVar("Result")


class StripeCalls:
    """The SDK's client with our bounds. `client.v1` is typed by the SDK; parameters are built in this folder only.

    `seconds`: how long one call may take in all, its waits for a slot and for its turn included.
    """

    def __init__(
        self,
        key: str,
        base: str,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = CALL_SECONDS,
        breaker: Breaker | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.seconds = seconds
        self.breaker = breaker or Breaker("Stripe")
        self._pace = pace or Pace()
        self.client = stripe.StripeClient(
            key,
            max_network_retries=RETRIES,
            http_client=_Http(transport),
            base_addresses={}
            if base == STRIPE_API
            else dict.fromkeys(("api", "connect", "files", "meter_events"), base),  # type: ignore[arg-type]
        )
        self._slots = asyncio.Semaphore(CONCURRENT_CALLS)

    async def call(self, name: str, request: Callable[[], Awaitable[Result]]) -> Result:
        """Run one request. Raises Declined, Unavailable (outcome unknown) or GatewayBug, never an SDK error."""
        began = time.monotonic()
        probe = False
        try:
            probe = self.breaker.admit()
            # The wait for a slot counts: a slow provider must not queue up buyers without end.
            async with asyncio.timeout(self.seconds), self._slots:
                result = await self._send(request)
        except Exception as error:
            self._report(error, probe)
            meaning = translate_error(error)
            if isinstance(meaning, GatewayError):
                meaning.provider = STRIPE
            PROVIDER_CALLS.labels("stripe", name, type(meaning).__name__.lower()).inc()
            raise meaning from error
        except BaseException:
            if probe:
                self.breaker.gave_up()
            raise
        finally:
            PROVIDER_SECONDS.labels("stripe", name).observe(time.monotonic() - began)
        self.breaker.answered()
        PROVIDER_CALLS.labels("stripe", name, "ok").inc()
        return result

    async def _send(self, request: Callable[[], Awaitable[Result]]) -> Result:
        for tries in range(1, RATE_TRIES + 1):
            await self._pace.take_turn()
            pass_point()
            try:
                result = await request()
            except stripe.RateLimitError as slower:
                self._pace.slow_down(tries, _header(slower, "retry-after"))
                if tries == RATE_TRIES:
                    raise
            else:
                pass_point()
                return result
        raise AssertionError("unreachable")

    def _report(self, error: Exception, probe: bool) -> None:
        """Tell the breaker what this says about the provider; what never reached it says nothing."""
        if is_down(error):
            self.breaker.failed()
        elif isinstance(error, stripe.StripeError):
            self.breaker.answered()
        elif probe:
            self.breaker.gave_up()


class _Http(stripe.HTTPXClient):
    """The SDK's async client with our bounds; `transport` stands in for the network in tests."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        if transport is not None:
            self._client_async = httpx.AsyncClient(transport=transport)
        # Packed answers are not asked for: what they unpack to would have no bound.
        self._client_async.headers["Accept-Encoding"] = "identity"
        self._client_async.event_hooks = {"response": [bound_answers(ANSWER_BYTES)]}

    def _get_request_args_kwargs(self, method: str, url: str, headers: Any, post_data: Any) -> Any:
        """httpx 0.28 warns when text is passed as `data`, as the SDK does; `content` is the same bytes."""
        arguments, keywords = super()._get_request_args_kwargs(method, url, headers, post_data)
        keywords["content"] = keywords.pop("data") or b""
        return arguments, keywords


def options(account_ref: str = "", key: str | None = None) -> Any:
    """Request options: on whose account, under which idempotency key."""
    chosen: dict[str, str] = {}
    if account_ref:
        chosen["stripe_account"] = account_ref
    if key:
        chosen["idempotency_key"] = key
    return chosen


def translate_error(error: Exception) -> Exception:
    """An SDK error in our words; the provider's request id is kept for the log."""
    if isinstance(error, TimeoutError):
        return Unavailable("no answer in time")
    if isinstance(error, UnicodeDecodeError):
        return Unavailable("the answer is no text")
    if not isinstance(error, stripe.StripeError):
        return error
    words = f"{error.user_message or error} [{error.request_id or 'no request id'}]"
    if isinstance(error, stripe.CardError) or getattr(error, "code", None) in BUYERS_CODES:
        return Declined(error.user_message or str(error))
    if isinstance(error, stripe.RateLimitError | stripe.APIConnectionError):
        return Unavailable(words)
    if isinstance(error, stripe.AuthenticationError | stripe.IdempotencyError):
        # A key that is being rotated, or one that an earlier request used: what that one did is not known from this.
        return Unavailable(words)
    if isinstance(error, stripe.PermissionError) and getattr(error.error, "code", "") == "account_invalid":
        # The SDK leaves `code` of a 403 empty; the body has it. Whoever never was ours does not answer us either.
        # docs.stripe.com/error-codes#account-invalid
        return Disconnected(words)
    if isinstance(error, stripe.InvalidRequestError | stripe.PermissionError):
        return GatewayBug(words)
    if _header(error, "idempotent-replayed") == "true":
        # Stripe stores the first answer under a key, a 500 too, and gives it again for a day.
        return StoredFailure(words)
    # 409, 5xx and bodies that are not JSON
    return Unavailable(words)


def is_down(error: Exception) -> bool:
    """Whether this says that the provider is not there: no connection, no answer in time, or a fresh 5xx.

    A 429, a key that it does not know and an answer that it has stored are all answers.
    """
    if isinstance(error, TimeoutError | stripe.APIConnectionError):
        return True
    if not isinstance(error, stripe.StripeError) or _header(error, "idempotent-replayed") == "true":
        return False
    return (error.http_status or 0) >= 500


def _header(error: stripe.StripeError, name: str) -> str | None:
    """A header of the answer that this error is made of; httpx's mapping knows no case."""
    return (error.headers or {}).get(name)
