"""The recovery address of an expired session: following it makes a new session like the old one.

It works for 30 days, in the account the old session lived in (docs.stripe.com/payments/checkout/abandoned-carts).
Invariant: while a recovered session is open or complete, the same address leads to it: one order is not offered twice.
"""

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.discounts import clear_discount
from store.sandbox.stripe.objects import PREFIXES, find_line_items
from store.sandbox.stripe.session_parts import KIND, PAGE_PATH, build_recovery
from store.sandbox.stripe.sessions import open_session


def recover_session(world: World, session_id: str, secret: str) -> Document | None:
    """Return the session to go on with, a new one if need be; None when the address is wrong or over."""
    found = world.lookup(session_id)
    if found is None or found[1] != KIND or found[2]["status"] != "expired":
        return None
    account, _, expired = found
    recovery = (expired["after_expiration"] or {}).get("recovery") or {}
    url = recovery.get("url")
    if not url or not url.endswith(f"/{session_id}/{secret}") or recovery["expires_at"] <= world.clock.now():
        return None
    with world.tx():
        for again in world.find(account, KIND, recovered_from=session_id):
            if again["status"] != "expired" and not _is_late(world, again):
                return again
        return _copy(world, account, expired, recovery)


def _is_late(world: World, session: Document) -> bool:
    return bool(session["status"] == "open" and session["expires_at"] <= world.clock.now())


def _copy(world: World, account: str, expired: Document, recovery: Document) -> Document:
    now, id = world.clock.now(), new_id(*PREFIXES[KIND])
    session = expired | {
        "id": id,
        "after_expiration": build_recovery({"recovery": recovery}),
        "created": now,
        "expires_at": now + expired["expires_at"] - expired["created"],
        "payment_intent": None,
        "recovered_from": expired["id"],
        "status": "open",
        "url": f"{recovery['url'].split('/c/')[0]}{PAGE_PATH}{id}",
    }
    lines = [line | {"id": new_id(*PREFIXES["item"])} for line in find_line_items(world, account, expired["id"])]
    discount = expired.get("_discount")
    if discount and not _still_given(world, account, expired):
        clear_discount(session, lines)
    elif discount:
        _rename(session, lines, discount)
    if not session.get("_discount"):
        session["allow_promotion_codes"] = recovery["allow_promotion_codes"]
    open_session(world, account, session, lines)
    return session


def _still_given(world: World, account: str, expired: Document) -> bool:
    """Tell whether the merchant's discount can be given again; a code the buyer typed is typed again."""
    coupon = expired["_discount"]["source"]["coupon"]
    return (
        not expired.get("_entered")
        and world.has(account, "coupon", coupon)
        and bool(world.get(account, "coupon", coupon)["valid"])
    )


def _rename(session: Document, lines: list[Document], discount: Document) -> None:
    copy = discount | {"id": new_id(*PREFIXES["discount"]), "checkout_session": session["id"]}
    session["_discount"] = copy
    for line in lines:
        line["discounts"] = [row | {"discount": copy} for row in line["discounts"] or []]
