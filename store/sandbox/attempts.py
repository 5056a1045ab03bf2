"""One attempt to deliver an event: signed, posted, answered or not; and what a tester may do to it on its way.

The signature is made anew for each attempt with wall time (fact page §7.1). Tampering makes the attempt one that must
be refused: `forge` sends another event id under a signature nobody made, `old_timestamp` signs rightly but too long
ago, `wrong_secret` signs with a secret the endpoint never had. Invariant: only an untampered attempt can deliver.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping

import httpx

from store.sandbox.stripe.signing import sign_payload

ATTEMPT_SECONDS = 10.0  # no time-out is documented; secondary texts say 3–30 s (fact page §7.2)
EXCERPT = 500


async def post_event(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = ATTEMPT_SECONDS
) -> tuple[int | None, str]:
    """Post one event and return the answer's status (None: no answer) and the beginning of its text or the reason.

    The answer has `seconds` to come.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            excerpt = ""
            async for part in answer.aiter_text():
                excerpt += part
                if len(excerpt) >= EXCERPT:
                    break
            return answer.status_code, excerpt[:EXCERPT]
    except TimeoutError:
        return None, f"No answer within {seconds:g} s."
    except Exception as problem:  # whatever the transport raises, the delivery stays and is tried again
        return None, f"{type(problem).__name__}: {problem}"[:EXCERPT]


def sign_attempt(body: bytes, secret: str, tampering: str | None, now: int) -> tuple[bytes, str]:
    """Return body and `Stripe-Signature` of an attempt at wall time `now` (epoch seconds), tampered with if told to."""
    action, _, seconds = (tampering or "").partition(" ")
    if action == "forge":
        # Another id, so that a receiver that believes it shows it.
        forged = json.loads(body) | {"id": f"evt_forged{secrets.token_hex(8)}"}
        return json.dumps(forged, separators=(",", ":"), ensure_ascii=False).encode(), (
            f"t={now},v1={secrets.token_hex(32)}"
        )
    if action == "wrong_secret":
        secret = f"whsec_{secrets.token_urlsafe(24)}"
    return body, sign_payload(body, [secret], now - int(seconds) if action == "old_timestamp" else now)
