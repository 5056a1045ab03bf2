"""Coupons: so much per cent or so much money off, how often and until when (docs.stripe.com/api/coupons).

Each account has its own. `valid` is kept true to the rules by what changes it: a redemption, the clock, a
deletion. Invariant: a coupon takes off per cent or an amount, never both, and what it takes off never changes.
"""

from decimal import Decimal

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.checks import Rule, exclusive, is_below, read, table
from store.sandbox.stripe.money import MAX_AMOUNT, check_currency
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.promotion_codes import refresh_codes
from store.sandbox.stripe.routing import LISTS, Call, Route

KIND = "coupon"
OFF = "§6 `percent_off` (>0–100) xor `amount_off`+`currency`"

COUPON_CREATE = table(
    Rule(
        "percent_off",
        lambda call: read(call, "percent_off") is None and read(call, "amount_off") is None,
        "You must specify either `percent_off` or `amount_off` with `currency`.",
        OFF,
        "parameter_missing",
    ),
    exclusive("amount_off", "percent_off", OFF),
    Rule(
        "percent_off",
        lambda call: (off := read(call, "percent_off")) is not None and not 0 < Decimal(str(off)) <= 100,
        "Invalid percent_off: it must be greater than 0 and at most 100.",
        OFF,
    ),
    Rule("amount_off", is_below("amount_off", 1), "Invalid positive integer", OFF),
    Rule(
        "amount_off",
        lambda call: isinstance(off := read(call, "amount_off"), int) and off > MAX_AMOUNT,
        f"Invalid amount_off: it must be at most {MAX_AMOUNT}.",
        "§1.6 amounts",
        "amount_too_large",
    ),
    Rule(
        "currency",
        lambda call: read(call, "amount_off") is not None and read(call, "currency") is None,
        "You must pass `currency` when you pass `amount_off`.",
        OFF,
        "parameter_missing",
    ),
    Rule(
        "duration_in_months",
        lambda call: read(call, "duration") == "repeating" and read(call, "duration_in_months") is None,
        "You must pass `duration_in_months` when `duration` is `repeating`.",
        "§6 `duration`",
        "parameter_missing",
    ),
    Rule(
        "duration_in_months",
        lambda call: read(call, "duration") != "repeating" and read(call, "duration_in_months") is not None,
        "`duration_in_months` goes with the duration `repeating` only.",
        "§6 `duration`",
    ),
    Rule("duration_in_months", is_below("duration_in_months", 1), "Invalid positive integer", "§6 `duration`"),
    Rule("max_redemptions", is_below("max_redemptions", 1), "Invalid positive integer", "§6 `max_redemptions`"),
    Rule(
        "redeem_by",
        lambda call: isinstance(by := read(call, "redeem_by"), int) and by <= call.now,
        "Invalid timestamp: redeem_by must be in the future.",
        "§6 `redeem_by`",
    ),
)


def create_coupon(call: Call) -> Document:
    """Create a coupon; `id` may be chosen by the caller."""
    world, params = call.world, call.params
    if "id" in params and world.has(call.account, KIND, params["id"]):
        raise refuse(f"Coupon already exists: {params['id']}.", param="id", code="resource_already_exists")
    for product in (params.get("applies_to") or {}).get("products") or []:
        world.get(call.account, "product", product, param="applies_to[products]")
    percent = params.get("percent_off")
    currency = check_currency(params["currency"], "currency") if params.get("amount_off") is not None else None
    coupon = blank(
        world,
        KIND,
        id=params.get("id"),
        amount_off=params.get("amount_off"),
        applies_to=params.get("applies_to"),
        currency=currency,
        duration=params.get("duration", "once"),
        duration_in_months=params.get("duration_in_months"),
        max_redemptions=params.get("max_redemptions"),
        metadata=merge_metadata({}, params.get("metadata") or {}),
        name=params.get("name"),
        percent_off=None if percent is None else float(percent),
        redeem_by=params.get("redeem_by"),
        times_redeemed=0,
        valid=True,
    )
    world.put(call.account, KIND, coupon)
    if coupon["redeem_by"] is not None:
        world.schedule(coupon["redeem_by"], "coupon.expire", call.account, coupon["id"])
    world.emit(call.account, "coupon.created", coupon)
    return coupon


def retrieve_coupon(call: Call) -> Document:
    """Return one coupon of this account."""
    return call.world.get(call.account, KIND, call.ids["coupon"], param="coupon")


def list_coupons(call: Call) -> Document:
    """Return coupons newest first."""
    return call.page(KIND)


def update_coupon(call: Call) -> Document:
    """Change name and metadata: what a coupon takes off stays."""
    coupon, params = retrieve_coupon(call), call.params
    before = dict(coupon)
    if "name" in params:
        coupon["name"] = params["name"]
    if "metadata" in params:
        coupon["metadata"] = merge_metadata(coupon["metadata"], params["metadata"])
    return _keep(call.world, call.account, coupon, before)


def delete_coupon(call: Call) -> Document:
    """Delete a coupon: its codes end with it; sessions that have its discount keep it."""
    coupon = retrieve_coupon(call)
    call.world.delete(call.account, KIND, coupon["id"])
    call.world.unschedule("coupon.expire", coupon["id"])
    call.world.emit(call.account, "coupon.deleted", coupon)
    refresh_codes(call.world, call.account, coupon["id"])
    return {"id": coupon["id"], "object": KIND, "deleted": True}


def find_coupon(world: World, account: str, id: str, param: str) -> Document:
    """Return a coupon of this account; refuse (400) one that is not there or no longer valid."""
    try:
        coupon = world.get(account, KIND, id)
    except Missing as error:
        raise refuse(f"No such coupon: '{id}'", param=param, code="resource_missing") from error
    if not coupon["valid"]:
        raise refuse(f"Coupon {id} is expired or used up and cannot be applied.", param=param, code="coupon_expired")
    return coupon


def redeem_coupon(world: World, account: str, id: str) -> None:
    """Count one redemption; nothing happens when the coupon was deleted meanwhile."""
    if world.has(account, KIND, id):
        coupon = world.get(account, KIND, id)
        before = dict(coupon)
        coupon["times_redeemed"] += 1
        coupon["valid"] = _is_valid(world, coupon)
        _keep(world, account, coupon, before)


def takes_off(coupon: Params, amount: int) -> Decimal:
    """Return what the coupon takes off an amount in minor units, not rounded, never more than there is."""
    if coupon["amount_off"] is not None:
        return Decimal(min(coupon["amount_off"], amount))
    return Decimal(amount) * Decimal(str(coupon["percent_off"])) / 100


def _is_valid(world: World, coupon: Document) -> bool:
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    over = coupon["redeem_by"] is not None and coupon["redeem_by"] <= world.clock.now()
    return not used_up and not over


def _keep(world: World, account: str, coupon: Document, before: Document) -> Document:
    world.put(account, KIND, coupon)
    world.emit(account, "coupon.updated", coupon, {k: v for k, v in before.items() if coupon[k] != v})
    if coupon["valid"] != before["valid"]:
        refresh_codes(world, account, coupon["id"])
    return coupon


@due_job("coupon.expire")
def _expire_when_due(world: World, account: str, id: str) -> None:
    if world.has(account, KIND, id):
        coupon = world.get(account, KIND, id)
        if coupon["valid"]:
            _keep(world, account, coupon | {"valid": _is_valid(world, coupon)}, coupon)


ROUTES = (
    Route(
        "POST /v1/coupons",
        create_coupon,
        "id name metadata percent_off amount_off currency duration duration_in_months max_redemptions redeem_by "
        "applies_to",
        (COUPON_CREATE,),
    ),
    Route("GET /v1/coupons/{coupon}", retrieve_coupon),
    Route("GET /v1/coupons", list_coupons, f"{LISTS} created"),
    Route("POST /v1/coupons/{coupon}", update_coupon, "name metadata"),
    Route("DELETE /v1/coupons/{coupon}", delete_coupon),
)
