"""What a coupon or a promotion code takes off a Checkout Session: the merchant's at creation, the buyer's on the page.

The discount is shared out over the lines it applies to, so that lines and session always add up. A redemption is
counted once, when the session completes (docs.stripe.com/payments/checkout/discounts). Invariant:
`amount_total` = `amount_subtotal` − `total_details.amount_discount`, and it is zero or something that can be paid.
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.coupons import find_coupon, redeem_coupon, takes_off
from store.sandbox.stripe.money import round_to_step, share, smallest_amount
from store.sandbox.stripe.objects import blank, find_line_items
from store.sandbox.stripe.promotion_codes import find_active, redeem_code
from store.sandbox.stripe.routing import Call
from store.sandbox.wording import format_money

USED_UP = "The promotion code {} has just been used up, so it was taken off. Look at the new total before you pay."
GONE = "The discount of this order can no longer be used. Go back to the shop and check out again."


def give_discount(call: Call, session: Document, lines: list[Document]) -> None:
    """Take the one discount that a request names off a new session; refuse (400) one that cannot be given.

    That there is one at most, with a coupon or a code, is `rules.SESSION_CREATE`'s to check.
    """
    given = call.params.get("discounts") or []
    if not given:
        return
    code = None
    if "promotion_code" in given[0]:
        param, id = "discounts[0][promotion_code]", given[0]["promotion_code"]
        try:
            code = call.world.get(call.account, "promotion_code", id)
        except Missing as error:
            raise refuse(f"No such promotion code: '{id}'", param=param, code="resource_missing") from error
        if not code["active"]:
            raise refuse(f"The promotion code {code['code']} is not active.", param=param)
    else:
        param = "discounts[0][coupon]"
    coupon = find_coupon(call.world, call.account, code["promotion"]["coupon"] if code else given[0]["coupon"], param)
    if reason := _why_not(call.world, call.account, session, lines, coupon, code):
        raise refuse(reason, param=param)
    _apply(call.world, session, lines, coupon, code)


def enter_code(world: World, account: str, session: Document, text: str) -> str:
    """Put the code a buyer typed on an open session; return why not, in words for the buyer, or an empty text."""
    typed = text.strip()
    if not typed:
        return "Enter a promotion code."
    code = find_active(world, account, typed)
    if code is None:
        return f"The promotion code “{typed[:40]}” is not valid here. Check how it is written; it may also be over."
    lines = find_line_items(world, account, session["id"])
    coupon = world.get(account, "coupon", code["promotion"]["coupon"])
    if reason := _why_not(world, account, session, lines, coupon, code):
        return reason
    _apply(world, session, lines, coupon, code)
    session["_entered"] = code["code"]
    _keep(world, account, session, lines)
    return ""


def drop_code(world: World, account: str, session: Document) -> None:
    """Take the buyer's own code off again; a discount that the merchant gave stays."""
    if session.get("_entered"):
        lines = find_line_items(world, account, session["id"])
        clear_discount(session, lines)
        _keep(world, account, session, lines)


def check_redeemable(world: World, account: str, session: Document) -> str:
    """Return an empty text, or why the discount cannot be used now: another session took the last redemption.

    The buyer's own code is taken off then; the merchant's stays, because the price was the merchant's word.
    """
    discount = session.get("_discount")
    if not discount:
        return ""
    held = [("coupon", discount["source"]["coupon"]), ("promotion_code", discount["promotion_code"])]
    for kind, id in held:
        if id and world.has(account, kind, id):
            obj = world.get(account, kind, id)
            if obj["max_redemptions"] is not None and obj["times_redeemed"] >= obj["max_redemptions"]:
                entered = session.get("_entered")
                drop_code(world, account, session)
                return USED_UP.format(entered) if entered else GONE
    return ""


def redeem_discount(world: World, account: str, session: Document) -> None:
    """Count the redemption of a session that completes."""
    if discount := session.get("_discount"):
        redeem_coupon(world, account, discount["source"]["coupon"])
        if discount["promotion_code"]:
            redeem_code(world, account, discount["promotion_code"])


def clear_discount(session: Document, lines: list[Document]) -> None:
    """Price session and lines without a discount; the caller stores them."""
    for line in lines:
        line |= {"amount_discount": 0, "amount_total": line["amount_subtotal"], "discounts": []}
    session |= {"discounts": [], "_discount": None, "_entered": None, "amount_total": session["amount_subtotal"]}
    session["total_details"] = session["total_details"] | {"amount_discount": 0}


def _why_not(
    world: World, account: str, session: Document, lines: list[Document], coupon: Document, code: Document | None
) -> str:
    currency = session["currency"]
    if coupon["currency"] not in (None, currency):
        return f"This discount is in {coupon['currency'].upper()} and this order in {currency.upper()}."
    eligible = _eligible(lines, coupon)
    if not eligible:
        return "This discount does not apply to anything in this order."
    if code and (reason := _restricted(world, account, session, code)):
        return reason
    total = session["amount_subtotal"] - _off(eligible, coupon, currency)
    if 0 < total < smallest_amount(currency):
        return (
            f"With this discount the total would be {format_money(total, currency)}, and the smallest amount that "
            f"can be paid is {format_money(smallest_amount(currency), currency)}."
        )
    return ""


def _restricted(world: World, account: str, session: Document, code: Document) -> str:
    rules = code["restrictions"]
    if code["customer"] and code["customer"] != session["customer"]:
        return "This promotion code is for another customer."
    if rules["minimum_amount"] is not None:
        smallest = format_money(rules["minimum_amount"], rules["minimum_amount_currency"])
        other = rules["minimum_amount_currency"] != session["currency"]
        if other or session["amount_subtotal"] < rules["minimum_amount"]:
            return f"This promotion code is for orders of at least {smallest}."
    if rules["first_time_transaction"] and _bought_before(world, account, session):
        return "This promotion code is for a first order only."
    return ""


def _bought_before(world: World, account: str, session: Document) -> bool:
    if session["customer"]:
        return bool(world.find(account, "charge", customer=session["customer"], status="succeeded"))
    email = session["customer_email"]
    done: dict[str, Any] = {"status": "complete", "payment_status": "paid", "customer_details.email": email}
    return bool(email and world.find(account, "checkout.session", **done))


def _eligible(lines: list[Document], coupon: Document) -> list[Document]:
    products = (coupon["applies_to"] or {}).get("products")
    return [line for line in lines if not products or line["price"]["product"] in products]


def _off(eligible: list[Document], coupon: Document, currency: str) -> int:
    return round_to_step(takes_off(coupon, sum(line["amount_subtotal"] for line in eligible)), currency)


def _apply(world: World, session: Document, lines: list[Document], coupon: Document, code: Document | None) -> None:
    clear_discount(session, lines)
    eligible = _eligible(lines, coupon)
    whole, off = sum(line["amount_subtotal"] for line in eligible), _off(eligible, coupon, session["currency"])
    discount = blank(
        world,
        "discount",
        checkout_session=session["id"],
        customer=session["customer"],
        promotion_code=code["id"] if code else None,
        source={"coupon": coupon["id"], "type": "coupon"},
        start=world.clock.now(),
    )
    running = 0
    for line in eligible:
        before, running = running, running + line["amount_subtotal"]
        part = share(running, whole, off) - share(before, whole, off) if whole else 0
        line |= {"amount_discount": part, "amount_total": line["amount_subtotal"] - part}
        line["discounts"] = [{"amount": part, "discount": discount}]
    shown = {"coupon": None, "promotion_code": code["id"]} if code else {"coupon": coupon["id"], "promotion_code": None}
    session |= {
        "discounts": [shown],
        "_discount": discount,
        "_named": code["code"] if code else coupon["name"] or "",
        "amount_total": session["amount_subtotal"] - off,
    }
    session["total_details"] = session["total_details"] | {"amount_discount": off}


def _keep(world: World, account: str, session: Document, lines: list[Document]) -> None:
    world.put(account, "checkout.session", session)
    for line in lines:
        world.put(account, "item", line)
