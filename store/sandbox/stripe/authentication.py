"""3D Secure of an intent that was confirmed by API: the buyer's answer on the sandbox's page, and the way back.

Invariant: a challenge is answered once; whoever comes later is sent on with what became of the intent
(docs.stripe.com/payments/3d-secure/authentication-flow).
"""

from urllib.parse import urlencode

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.cards import find_card
from store.sandbox.stripe.payments import fail_challenge, try_card


def find_challenge(world: World, intent_id: str, challenge_id: str) -> tuple[str, Document] | None:
    """Return account and intent of a challenge that has a way back, or None."""
    found = world.lookup(intent_id)
    if found is None or found[1] != "payment_intent" or found[2].get("_challenge") != challenge_id:
        return None
    return (found[0], found[2]) if found[2].get("_return") else None


def answer_challenge(world: World, intent_id: str, challenge_id: str, passed: bool) -> str | None:
    """Pass or fail a challenge and return the address to go back to; None when there is no such challenge."""
    with world.tx():
        found = find_challenge(world, intent_id, challenge_id)
        if found is None:
            return None
        account, intent = found
        if intent["status"] == "requires_action":
            method = world.get(account, "payment_method", intent["payment_method"])
            if passed:
                try_card(world, account, intent, find_card(method["_number"]), method, challenged=True)
            else:
                fail_challenge(world, account, intent)
        return way_back(intent)


def way_back(intent: Document) -> str:
    """Return the merchant's address with what the provider adds to it."""
    done = intent["status"] in ("succeeded", "requires_capture")
    query = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if done else "failed",
    }
    url: str = intent["_return"]
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}{mark}{fragment}"
