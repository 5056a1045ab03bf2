"""Promotion codes: what a buyer types to get a coupon's discount (docs.stripe.com/api/promotion_codes).

Invariant: a code is unique among the active codes of its account, whatever the case it is written in; it is
active only while it is wanted, not expired, not used up, and its coupon is valid.
"""

import re

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Condition, Document, World, due_job
from store.sandbox.stripe.checks import Rule, is_below, read, table
from store.sandbox.stripe.money import check_currency
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import LISTS, Call, Route

KIND = "promotion_code"
CODE = re.compile(r"[A-Za-z0-9_-]{1,500}")
RESTRICTIONS = "§6 `restrictions{first_time_transaction, minimum_amount, minimum_amount_currency}`"

CODE_CREATE = table(
    Rule(
        "promotion[coupon]",
        lambda call: read(call, "promotion[coupon]") is None,
        "Missing required param: promotion[coupon].",
        '§6 `promotion{type:"coupon",coupon}`',
        "parameter_missing",
    ),
    Rule(
        "code",
        lambda call: read(call, "code") is not None and not CODE.fullmatch(str(read(call, "code"))),
        "Invalid code: use letters, digits, dashes and underscores.",
        "§6 `code`",
    ),
    Rule("max_redemptions", is_below("max_redemptions", 1), "Invalid positive integer", "§6 `max_redemptions`"),
    Rule(
        "expires_at",
        lambda call: isinstance(at := read(call, "expires_at"), int) and at <= call.now,
        "Invalid timestamp: expires_at must be in the future.",
        "§6 `expires_at`",
    ),
    Rule(
        "restrictions[minimum_amount_currency]",
        lambda call: (
            (read(call, "restrictions[minimum_amount]") is None)
            != (read(call, "restrictions[minimum_amount_currency]") is None)
        ),
        "`minimum_amount` and `minimum_amount_currency` go together.",
        RESTRICTIONS,
        "parameter_missing",
    ),
    Rule(
        "restrictions[minimum_amount]",
        is_below("restrictions[minimum_amount]", 1),
        "Invalid positive integer",
        RESTRICTIONS,
    ),
)


def create_code(call: Call) -> Document:
    """Create a code for a coupon; without `code` one is made up."""
    world, account, params = call.world, call.account, call.params
    coupon_id = params["promotion"]["coupon"]
    try:
        coupon = world.get(account, "coupon", coupon_id)
    except Missing as error:
        raise refuse(f"No such coupon: '{coupon_id}'", param="promotion[coupon]", code="resource_missing") from error
    if not coupon["valid"]:
        raise refuse(f"Coupon {coupon_id} is no longer valid.", param="promotion[coupon]", code="coupon_expired")
    limit = coupon["max_redemptions"]
    if limit is not None and (params.get("max_redemptions") or 0) > limit:
        raise refuse(f"max_redemptions cannot be greater than the coupon's: {limit}.", param="max_redemptions")
    if coupon["redeem_by"] is not None and (params.get("expires_at") or 0) > coupon["redeem_by"]:
        raise refuse("expires_at cannot be later than the coupon's redeem_by.", param="expires_at")
    if params.get("customer"):
        world.get(account, "customer", params["customer"], param="customer")
    text = params.get("code") or new_id("", 8).upper()
    wanted = params.get("active", True)
    if wanted:
        _refuse_taken(world, account, text)
    asked = params.get("restrictions") or {}
    currency = asked.get("minimum_amount_currency")
    code = blank(
        world,
        KIND,
        active=wanted,
        code=text,
        customer=params.get("customer"),
        expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"),
        metadata=merge_metadata({}, params.get("metadata") or {}),
        promotion={"coupon": coupon_id, "type": "coupon"},
        restrictions={
            "first_time_transaction": asked.get("first_time_transaction", False),
            "minimum_amount": asked.get("minimum_amount"),
            "minimum_amount_currency": currency and check_currency(currency, "restrictions[minimum_amount_currency]"),
        },
        times_redeemed=0,
        _wanted=wanted,
        _folded=text.casefold(),
    )
    world.put(account, KIND, code)
    if code["expires_at"] is not None:
        world.schedule(code["expires_at"], "promotion_code.expire", account, code["id"])
    world.emit(account, "promotion_code.created", code)
    return code


def retrieve_code(call: Call) -> Document:
    """Return one promotion code of this account."""
    return call.world.get(call.account, KIND, call.ids["promotion_code"], param="promotion_code")


def list_codes(call: Call) -> Document:
    """Return promotion codes newest first, by code (any case), coupon, customer and whether they are active."""
    where: list[Condition] = []
    if "code" in call.params:
        where.append(("_folded", "IS", call.params["code"].casefold()))
    if "coupon" in call.params:
        where.append(("promotion.coupon", "IS", call.params["coupon"]))
    return call.page(KIND, "active", "customer", "customer_account", where=where)


def update_code(call: Call) -> Document:
    """Switch a code off and on, and merge metadata; one that is over cannot be switched on again."""
    code, params = retrieve_code(call), call.params
    before = dict(code)
    if "metadata" in params:
        code["metadata"] = merge_metadata(code["metadata"], params["metadata"])
    if "active" in params:
        code["_wanted"] = params["active"]
        code["active"] = _is_active(call.world, call.account, code)
        if params["active"] and not code["active"]:
            raise refuse(
                f"The promotion code {code['code']} cannot be active: it or its coupon is expired or used up.",
                param="active",
            )
        if code["active"] and not before["active"]:
            _refuse_taken(call.world, call.account, code["code"])
    return _keep(call.world, call.account, code, before)


def find_active(world: World, account: str, text: str) -> Document | None:
    """Return the active code a buyer typed, whatever its case, or None."""
    found = world.find(account, KIND, _folded=text.strip().casefold(), active=True)
    return found[0] if found else None


def redeem_code(world: World, account: str, id: str) -> None:
    """Count one redemption."""
    code = world.get(account, KIND, id)
    before = dict(code)
    code["times_redeemed"] += 1
    code["active"] = _is_active(world, account, code)
    _keep(world, account, code, before)


def refresh_codes(world: World, account: str, coupon: str) -> None:
    """Bring the codes of a coupon in line with it after it changed."""
    for code in world.find(account, KIND):
        if code["promotion"]["coupon"] == coupon:
            active = _is_active(world, account, code)
            if active != code["active"]:
                _keep(world, account, code | {"active": active}, code)


def _is_active(world: World, account: str, code: Document) -> bool:
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    over = code["expires_at"] is not None and code["expires_at"] <= world.clock.now()
    coupon = code["promotion"]["coupon"]
    valid = world.has(account, "coupon", coupon) and world.get(account, "coupon", coupon)["valid"]
    return bool(code["_wanted"] and not used_up and not over and valid)


def _refuse_taken(world: World, account: str, text: str) -> None:
    if find_active(world, account, text):
        raise refuse(
            f"An active promotion code with `code: {text}` already exists.",
            param="code",
            code="resource_already_exists",
        )


def _keep(world: World, account: str, code: Document, before: Document) -> Document:
    world.put(account, KIND, code)
    changed = {k: v for k, v in before.items() if code[k] != v and not k.startswith("_")}
    world.emit(account, "promotion_code.updated", code, changed)
    return code


@due_job("promotion_code.expire")
def _expire_when_due(world: World, account: str, id: str) -> None:
    code = world.get(account, KIND, id)
    active = _is_active(world, account, code)
    if active != code["active"]:
        _keep(world, account, code | {"active": active}, code)


ROUTES = (
    Route(
        "POST /v1/promotion_codes",
        create_code,
        "promotion.type promotion.coupon code active customer expires_at max_redemptions metadata "
        "restrictions.first_time_transaction restrictions.minimum_amount restrictions.minimum_amount_currency",
        (CODE_CREATE,),
    ),
    Route("GET /v1/promotion_codes/{promotion_code}", retrieve_code),
    Route("GET /v1/promotion_codes", list_codes, f"{LISTS} created active code coupon customer customer_account"),
    Route("POST /v1/promotion_codes/{promotion_code}", update_code, "active metadata"),
)
