"""Every issue that a patch of an order can meet here: one row each, with the patches that meet it."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.approval import approve
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.created import EUR, FEE
from tests.sandbox.paypal.issues.rows import AT, ORDERS, Row, address, broken, item, option, set_to, unit, usd

TWO = [unit(reference_id="a"), unit(reference_id="b")]


def change(path: str, value: Any = None, op: str = "replace", **more: Any) -> dict[str, Any]:
    """One patch, at a path within the only unit unless it is a whole one."""
    whole = path if path.startswith("/") else f"{AT}/{path}"
    return {"op": op, "path": whole} | ({} if value is None else {"value": value}) | more


def row(issue: str, *patches: Any, field: str | None = None, **more: Any) -> Row:
    """Patches of a new order; `approved` lets Ada approve it before, `set_` are the account's settings then."""
    approved, settings = more.pop("approved", False), more.pop("set_", {})
    units, status = more.pop("units", [unit()]), more.pop("paid", False)

    async def patch(paypal: PayPal) -> httpx.Response:
        order = await paypal.create("POST", ORDERS, {"intent": "CAPTURE", "purchase_units": units} | more)
        if approved or status:
            approve(paypal.app, order["id"], "balance")
        if status:
            await paypal.settle(order)
        set_to(paypal, **settings)
        return await paypal.call("PATCH", f"{ORDERS}/{order['id']}", list(patches))

    return Row("orders.patch", issue, patch, field)


async def send_half(paypal: PayPal) -> httpx.Response:
    order = await paypal.open_order()
    headers = {"Content-Type": "application/json-patch+json"}
    return await paypal.client.patch(f"{ORDERS}/{order['id']}", content=b"[{", headers=headers)


async def patch_nothing(paypal: PayPal) -> httpx.Response:
    return await paypal.call("PATCH", f"{ORDERS}/5O190127TN364715T", [change("custom_id", "1", "add")])


def instruct(**told: Any) -> dict[str, Any]:
    return change("payment_instruction", told)


INSTRUCTED = [unit(payment_instruction={"disbursement_mode": "INSTANT"})]
PATCHED = [
    # 400, 401 and 404
    row("INVALID_ARRAY_MAX_ITEMS", *[change("custom_id", "1", "add")] * 101, field="/"),
    row("INVALID_PARAMETER_SYNTAX", change("amount", usd("two")), field="/purchase_units/0/amount/value"),
    row("INVALID_STRING_LENGTH", change("custom_id", "", "add"), field="/purchase_units/0/custom_id"),
    row("INVALID_PARAMETER_VALUE", change("custom_id", "1", "move"), field="/0/op"),
    row(
        "MISSING_REQUIRED_PARAMETER",
        change("amount", {"value": "1.00"}),
        field="/purchase_units/0/amount/currency_code",
    ),
    Row("orders.patch", "MALFORMED_REQUEST_JSON", send_half, "/"),
    row("FIELD_NOT_PATCHABLE", change("colour", "blue"), field="/0/path"),
    row("INVALID_PATCH_OPERATION", change("custom_id", op="remove"), field="/0/op"),
    row("INVALID_ACCOUNT_STATUS", change("custom_id", "1", "add"), set_={"status": "closed"}),
    Row("orders.patch", "INVALID_RESOURCE_ID", patch_nothing, "id"),
    # what may be patched, and when
    row("NOT_PATCHABLE", change("/status", "COMPLETED"), field="/0/path"),
    row("INVALID_JSON_POINTER_FORMAT", {"op": "replace", "path": "amount", "value": usd("1.00")}, field="/0/path"),
    row("INVALID_PARAMETER", change("custom_id", "1", "add", **{"from": "/intent"}), field="/0/from"),
    row("PATCH_VALUE_REQUIRED", change("custom_id", op="add"), field="/0/value"),
    row("PATCH_PATH_REQUIRED", {"op": "add", "value": "1"}, field="/0/path"),
    row("REFERENCE_ID_NOT_FOUND", change("/purchase_units/@reference_id=='b'/custom_id", "1", "add"), field="/0/path"),
    row("UNSUPPORTED_PATCH_PARAMETER_VALUE", change("/intent", "BUY"), field="/0/value"),
    row("CANNOT_MODIFY_INTENT", change("/intent", "AUTHORIZE"), approved=True, field="/0/value"),
    row("AMOUNT_CHANGE_NOT_ALLOWED", change("amount", usd("24.01")), approved=True, field="/purchase_units"),
    row("ORDER_ALREADY_COMPLETED", change("custom_id", "1", "add"), paid=True),
    # what it would become
    row("AMOUNT_MISMATCH", change("amount", broken(item_total="20.00")), field=f"{AT}/amount/value"),
    row(
        "CANNOT_BE_NEGATIVE",
        change("amount", broken(handling="-1.00")),
        field=f"{AT}/amount/breakdown/handling/value",
    ),
    row("CANNOT_BE_ZERO_OR_NEGATIVE", change("amount", usd("0")), field=f"{AT}/amount/value"),
    row("DECIMAL_PRECISION", change("amount", usd("1.001")), field=f"{AT}/amount/value"),
    row(
        "INVALID_CURRENCY_CODE",
        change("amount", {"currency_code": "XTS", "value": "1.00"}),
        field=f"{AT}/amount/currency_code",
    ),
    row("MAX_VALUE_EXCEEDED", change("amount", usd("1000000000000000.00")), field=f"{AT}/amount/value"),
    row(
        "MULTI_CURRENCY_ORDER",
        change("/purchase_units/@reference_id=='b'/amount", EUR),
        units=TWO,
        field="/purchase_units",
    ),
    row("ITEM_TOTAL_REQUIRED", change("items", [item()], "add"), field=f"{AT}/amount/breakdown/item_total"),
    row(
        "ITEM_TOTAL_MISMATCH",
        change("items", [item("1.00")], "add"),
        units=[{"amount": broken(item_total="24.00")}],
        field=f"{AT}/amount/breakdown/item_total/value",
    ),
    row(
        "TAX_TOTAL_REQUIRED",
        change("items", [item(tax=usd("1.00"))], "add"),
        units=[{"amount": broken(item_total="24.00")}],
        field=f"{AT}/amount/breakdown/tax_total",
    ),
    row(
        "TAX_TOTAL_MISMATCH",
        change("items", [item("23.00", tax=usd("2.00"))], "add"),
        units=[{"amount": broken(item_total="23.00", tax_total="1.00")}],
        field=f"{AT}/amount/breakdown/tax_total/value",
    ),
    row("REFERENCE_ID_REQUIRED", change("/purchase_units", [unit(), unit()]), field="/purchase_units/0/reference_id"),
    row("DUPLICATE_REFERENCE_ID", change("/purchase_units", [TWO[0]] * 2), field="/purchase_units/1/reference_id"),
    row("UNSUPPORTED_INTENT", change("/intent", "AUTHORIZE"), units=TWO, field="/intent"),
    row(
        "DONATION_ITEMS_NOT_SUPPORTED",
        change("/purchase_units/@reference_id=='a'/items", [item(category="DONATION")], "add"),
        units=TWO,
        field="/purchase_units",
    ),
    row(
        "PAYEE_ACCOUNT_LOCKED_OR_CLOSED",
        change("custom_id", "1", "add"),
        set_={"status": "locked"},
        field=f"{AT}/payee",
    ),
    row(
        "PAYEE_ACCOUNT_RESTRICTED",
        change("custom_id", "1", "add"),
        set_={"status": "restricted"},
        field=f"{AT}/payee",
    ),
    row(
        "INVALID_FX_RATE_ID",
        change("payment_instruction/payee_receivable_fx_rate_id", "1", "add"),
        units=INSTRUCTED,
        field=f"{AT}/payment_instruction/payee_receivable_fx_rate_id",
    ),
    row(
        "PLATFORM_FEES_NOT_SUPPORTED",
        instruct(platform_fees=[FEE]),
        units=INSTRUCTED,
        field=f"{AT}/payment_instruction/platform_fees",
    ),
    row(
        "INVALID_PLATFORM_FEES_ACCOUNT",
        instruct(platform_fees=[FEE | {"payee": {"merchant_id": "ABCDEFGHJKLMN"}}]),
        units=INSTRUCTED,
        set_={"platform_fees": True},
        field=f"{AT}/payment_instruction/platform_fees/0/payee",
    ),
    row(
        "INVALID_PLATFORM_FEES_AMOUNT",
        instruct(platform_fees=[{"amount": usd("25.00")}]),
        units=INSTRUCTED,
        set_={"platform_fees": True},
        field=f"{AT}/payment_instruction/platform_fees/0/amount/value",
    ),
    row(
        "DELAYED_DISBURSEMENT_NOT_SUPPORTED",
        change("payment_instruction/disbursement_mode", "DELAYED"),
        units=INSTRUCTED,
        field=f"{AT}/payment_instruction/disbursement_mode",
    ),
    # where it goes
    row(
        "CITY_REQUIRED",
        change("shipping/address", address(admin_area_2=""), "add"),
        field=f"{AT}/shipping/address/admin_area_2",
    ),
    row(
        "POSTAL_CODE_REQUIRED",
        change("shipping/address", address(postal_code=""), "add"),
        field=f"{AT}/shipping/address/postal_code",
    ),
    row(
        "SHIPPING_OPTIONS_NOT_SUPPORTED",
        change("shipping/options", [option()], "add"),
        application_context={"shipping_preference": "NO_SHIPPING"},
        field=f"{AT}/shipping/options",
    ),
    row(
        "SHIPPING_OPTION_NOT_SELECTED",
        change("shipping/options", [option(selected=False)], "add"),
        field=f"{AT}/shipping/options",
    ),
    row(
        "MULTIPLE_SHIPPING_OPTION_SELECTED",
        change("shipping/options", [option("a"), option("b")], "add"),
        field=f"{AT}/shipping/options",
    ),
    row(
        "DUPLICATE_SHIPPING_OPTION_ID",
        change("shipping/options", [option("a"), option("a", False)], "add"),
        field=f"{AT}/shipping/options",
    ),
    row(
        "PREFERRED_SHIPPING_OPTION_AMOUNT_MISMATCH",
        change("shipping/options", [option(amount=usd("5.00"))], "add"),
        units=[{"amount": broken(item_total="20.00", shipping="4.00")}],
        field=f"{AT}/shipping/options/0/amount",
    ),
]
