"""`PayPal-Request-Id`: a repeat is answered with the latest state of what the first request made.

No byte replay: the resource is read again and comes with 200 where the first answer was 201. Refusals are not kept
(whether PayPal replays them is not known). Keys live by the sandbox's clock: Orders 6 hours, Payments 45 days; they
count per operation (developer.paypal.com/reference/guidelines/idempotency). Invariant: one key, at most one effect.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.errors import Issue, PayPalError, issue
from store.sandbox.paypal.routing import Answer, Call
from store.sandbox.paypal.settings import read_settings
from store.sandbox.paypal.spec import operation

KIND = "paypal_request_id"
MAX_LENGTH = 108
ORDER_KEY_SECONDS = 6 * 3600
PAYMENT_KEY_SECONDS = 45 * 86400
KEPT = {"checkout_orders_v2": ORDER_KEY_SECONDS, "payments_payment_v2": PAYMENT_KEY_SECONDS}
IN_PROGRESS = "A previous request on this resource is currently in progress. Please wait for some time and try again."
REUSED = "The PayPal-Request-Id was used before, for another request."

log = logging.getLogger(__name__)


def counts(call: Call) -> bool:
    """Tell whether a request has an id that its operation keeps; a too long one is refused with 400."""
    node = operation(call.operation_id)
    if not call.request_id or node["file"] not in KEPT or "PayPal-Request-Id" not in node["parameters"]:
        return False
    if len(call.request_id) > MAX_LENGTH:
        text = f"A PayPal-Request-Id has at most {MAX_LENGTH} characters."
        raise PayPalError(400, issues=(Issue("INVALID_STRING_LENGTH", "PayPal-Request-Id", description=text),))
    return True


def recall(call: Call) -> tuple[int, str] | None:
    """Return the first answer's status and where its resource is read, or None for a key that is new or over.

    The same key for another request: the first resource with a warning in the log, or 422 where the account is set so.
    """
    world, account = call.app.world, call.app.merchant_id
    if not world.has(account, KIND, _name(call)):
        return None
    kept: Document = world.get(account, KIND, _name(call))
    if kept["until"] <= call.now:
        world.delete(account, KIND, kept["id"])
        return None
    if kept["print"] != _fingerprint(call):
        log.warning(
            "PayPal-Request-Id %s of %s was used before for ANOTHER request: the caller derives its keys wrongly",
            call.request_id,
            call.operation_id,
        )
        if read_settings(call.app).reused_key == "refuse":
            found = Issue("PAYPAL_REQUEST_ID_PREVIOUSLY_USED", "PayPal-Request-Id", description=REUSED)
            raise PayPalError(422, issues=(found,))
    return kept["status"], kept["latest"]


def remember(call: Call, answer: Answer) -> None:
    """Keep the key with the resource that the request made, in the transaction of the effect."""
    if answer.latest:
        until = call.now + KEPT[operation(call.operation_id)["file"]]
        kept = {
            "id": _name(call),
            "print": _fingerprint(call),
            "status": answer.status,
            "latest": answer.latest,
            "until": until,
        }
        call.app.world.put(call.app.merchant_id, KIND, kept)


@contextmanager
def claimed(call: Call) -> Iterator[None]:
    """Hold the key while its request runs; a second one meets 409 PREVIOUS_REQUEST_IN_PROGRESS."""
    running, name = call.app.world.running, (call.app.merchant_id, _name(call))
    if name in running:
        try:
            raise issue(call.operation_id, "PREVIOUS_REQUEST_IN_PROGRESS")
        except KeyError:
            found = Issue("PREVIOUS_REQUEST_IN_PROGRESS", description=IN_PROGRESS)
            raise PayPalError(409, issues=(found,)) from None
    running.add(name)
    try:
        yield
    finally:
        running.discard(name)


def _name(call: Call) -> str:
    return f"{call.operation_id}:{call.request_id}"


def _fingerprint(call: Call) -> str:
    path = ":".join(call.params.values())
    return hashlib.sha256(path.encode() + b"\n" + call.raw.strip()).hexdigest()
