"""PayPal's approval page `/checkoutnow?token=`, as plain HTML forms: Approve, Cancel, and how the payment shall end.

The page changes nothing itself: `approval` does, in one transaction. After Approve it waits at most 10 s for the
webhook's answer to `CHECKOUT.ORDER.APPROVED`, then leaves: 303 to the merchant's `return_url` with `token` and
`PayerID`, `cancel_url` with `token` only; in the button's window a page says it to the button instead.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import page
from store.sandbox.paypal.approval import approve, cancel
from store.sandbox.paypal.buyers import BUYER
from store.sandbox.paypal.visits import Visit, describe, find_visit
from store.sandbox.stripe.visits import ANSWER_SECONDS, refuse_other_sites

APPROVED = "CHECKOUT.ORDER.APPROVED"
POPUP = "popup"
MAX_BODY = 16 * 1024
OUTCOMES = (
    ("balance", "PayPal balance", "The payment is taken at once."),
    ("declined", "Card declined", "The card's bank says no when the shop takes the payment."),
    ("echeck", "eCheck, pending", "The money comes from a bank account and arrives days later, or not."),
    ("review", "Risk review", "PayPal holds the payment and looks at it first."),
    ("action", "Asked again", "PayPal wants you back once more when the shop takes the payment."),
)
# The window stays in touch with the button that opened it from another site's page.
SHARED = {"Cross-Origin-Opener-Policy": "unsafe-none"}
GONE = (
    "This PayPal order has expired, or there never was one. You have not been charged."
    " Go back to the shop and check out again."
)


@get("/")
async def show_approval(
    worlds: NamedDependency[Worlds], token: FromQuery[str] = "", mode: FromQuery[str] = ""
) -> Template:
    """Show the order as it is: the form while it can be approved, else what became of it."""
    return show_visit(find_visit(worlds, token, mode == POPUP))


@post("/")
async def answer_approval(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    deliveries: NamedDependency[Deliveries],
    token: FromQuery[str] = "",
    mode: FromQuery[str] = "",
) -> Response[Any]:
    """Approve with the outcome that was chosen, or cancel, and leave."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    # Nothing is awaited between this look and the approval, so the order cannot expire or be captured in between.
    visit = find_visit(worlds, token, mode == POPUP)
    if visit is None or not visit.is_open:
        return show_visit(visit)
    if form.get("answer") != ["approve"]:
        cancel(visit.app, token)
        return leave(visit)
    chosen = form.get("outcome", [""])[0]
    outcome = chosen if chosen in [name for name, _, _ in OUTCOMES] else OUTCOMES[0][0]
    order = approve(visit.app, token, outcome)
    await deliveries.await_answer(APPROVED, token, ANSWER_SECONDS)
    return leave(visit, order["payer"]["payer_id"])


def show_visit(visit: Visit | None) -> Template:
    """Return the page of an order in whatever state it is; 404 for one that is not there."""
    if visit is None:
        return _show_end("This payment has expired", GONE, status=404)
    order, facts = visit.order, describe(visit)
    payer_id = order.get("payer", {}).get("payer_id", "")
    if order["status"] == "COMPLETED":
        words = f"You have approved {facts['total']} to {visit.brand}, and you will not be charged again."
        back = visit.way_back(payer_id)
        return _show_end("This payment is complete", words, brand=visit.brand, back=back, **facts)
    if not visit.is_open:
        words = f"{visit.brand} has called this payment off. You have not been charged."
        return _show_end("This payment was called off", words, brand=visit.brand, back=visit.way_back(), **facts)
    return page(
        "paypal_approve.html",
        csp=visit.policy(),
        headers=SHARED,
        brand=visit.brand,
        action="/checkoutnow?" + urlencode({"token": order["id"], **({"mode": POPUP} if visit.popup else {})}),
        payer=BUYER,
        outcomes=OUTCOMES,
        chosen=OUTCOMES[0][0],
        notice=visit.notice,
        pay_now=visit.context.get("user_action") == "PAY_NOW",
        **facts,
    )


def leave(visit: Visit, payer_id: str = "") -> Response[Any]:
    """Send the buyer on: to the merchant, or, from the button's window, to a page that tells the button."""
    back = visit.way_back(payer_id)
    if back and not visit.popup:
        return Redirect(back, status_code=303)
    return page(
        "paypal_done.html",
        headers=SHARED,
        brand=visit.brand,
        outcome="approved" if payer_id else "canceled",
        order_id=visit.order["id"],
        payer_id=payer_id,
        back=back,
        heading="Payment approved" if payer_id else "Payment cancelled",
        words=f"{visit.brand} goes on with your order." if payer_id else "You have not been charged.",
    )


def _show_end(heading: str, words: str, status: int = 200, **facts: Any) -> Template:
    empty = {"brand": "PayPal in the sandbox", "back": "", "units": [], "total": "", "address": []}
    return page("paypal_over.html", status=status, headers=SHARED, heading=heading, words=words, **{**empty, **facts})


approval_pages = Router(
    "/checkoutnow",
    route_handlers=[show_approval, answer_approval],
    request_max_body_size=MAX_BODY,
    before_request=refuse_other_sites,
)
