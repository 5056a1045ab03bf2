"""Every issue that a new order can meet here: one row each, with the body that meets it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.rows import AT, ORDERS, Row, address, broken, item, option, set_to, unit, usd

CALLBACK = {"callback_events": ["SHIPPING_ADDRESS"], "callback_url": "https://localhost/shipping"}


def row(issue: str, *units: Any, field: str | None = None, key: str = "", paid: str = "", **more: Any) -> Row:
    """An order of these units; `set_` is the account's settings, `paid` an invoice that was paid before."""
    settings = more.pop("set_", {})
    body = {"intent": "CAPTURE", "purchase_units": list(units) or [unit()]} | more

    async def create(paypal: PayPal) -> httpx.Response:
        if paid:
            await paypal.settle(await paypal.approve(unit=unit(invoice_id=paid)))
        set_to(paypal, **settings)
        return await paypal.call("POST", ORDERS, body, key=key)

    return Row("orders.create", issue, create, field)


async def send_half(paypal: PayPal) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return await paypal.client.post(ORDERS, content=b'{"intent": "CAPTURE",', headers=headers)


def ship(**shipping: Any) -> dict[str, Any]:
    return unit(shipping=shipping)


def instruct(**told: Any) -> dict[str, Any]:
    return unit(payment_instruction=told)


def wallet(**of_wallet: Any) -> dict[str, Any]:
    return {"paypal": of_wallet}


KNOWN = {"shipping_preference": "SET_PROVIDED_ADDRESS"}
TO_TELL = {"shipping_preference": "NO_SHIPPING", "order_update_callback_config": CALLBACK}
FEE = {"amount": usd("1.00")}
EUR = {"currency_code": "EUR", "value": "1.00"}
CARD = {"card": {"number": "4012888888881881", "expiry": "2040-01"}}
PLAN = {"billing_cycles": [{"tenure_type": "REGULAR"}]}

CREATED = [
    # 400 and 401
    row("INVALID_ARRAY_MAX_ITEMS", *[unit(reference_id=str(n)) for n in range(11)], field="/purchase_units"),
    row("INVALID_ARRAY_MIN_ITEMS", purchase_units=[], field="/purchase_units"),
    row("INVALID_COUNTRY_CODE", ship(address=address(country_code="ZZ")), field=f"{AT}/shipping/address/country_code"),
    row("INVALID_PARAMETER_SYNTAX", unit("two"), field="/purchase_units/0/amount/value"),
    row("INVALID_STRING_LENGTH", unit(custom_id=""), field="/purchase_units/0/custom_id"),
    row("INVALID_PARAMETER_VALUE", intent="BUY", field="/intent"),
    row("MISSING_REQUIRED_PARAMETER", {"custom_id": "1"}, field="/purchase_units/0/amount"),
    row("NOT_SUPPORTED", colour="blue", field="/colour"),
    row("PAYPAL_REQUEST_ID_REQUIRED", payment_source=CARD, field="PayPal-Request-Id"),
    Row("orders.create", "MALFORMED_REQUEST_JSON", send_half, "/"),
    row("INVALID_ACCOUNT_STATUS", set_={"status": "closed"}),
    # amounts
    row(
        "AMOUNT_MISMATCH", {"amount": broken("24.00", item_total="20.00", shipping="5.00")}, field=f"{AT}/amount/value"
    ),
    row("CANNOT_BE_NEGATIVE", {"amount": broken(shipping="-1.00")}, field=f"{AT}/amount/breakdown/shipping/value"),
    row("CANNOT_BE_ZERO_OR_NEGATIVE", unit("0.00"), field=f"{AT}/amount/value"),
    row("DECIMAL_PRECISION", unit("24.001"), field=f"{AT}/amount/value"),
    row("INVALID_CURRENCY_CODE", {"amount": usd("1") | {"currency_code": "XTS"}}, field=f"{AT}/amount/currency_code"),
    row("MAX_VALUE_EXCEEDED", unit("1000000000000000"), field=f"{AT}/amount/value"),
    row("MULTI_CURRENCY_ORDER", unit(reference_id="a"), {"reference_id": "b", "amount": EUR}, field="/purchase_units"),
    row(
        "ITEM_TOTAL_MISMATCH",
        {"amount": broken(item_total="24.00"), "items": [item("23.99")]},
        field=f"{AT}/amount/breakdown/item_total/value",
    ),
    row("ITEM_TOTAL_REQUIRED", unit(items=[item()]), field=f"{AT}/amount/breakdown/item_total"),
    row(
        "TAX_TOTAL_MISMATCH",
        {"amount": broken(item_total="23.00", tax_total="1.00"), "items": [item("23.00", tax=usd("2.00"))]},
        field=f"{AT}/amount/breakdown/tax_total/value",
    ),
    row(
        "TAX_TOTAL_REQUIRED",
        {"amount": broken(item_total="24.00"), "items": [item("24.00", tax=usd("2.00"))]},
        field=f"{AT}/amount/breakdown/tax_total",
    ),
    # units
    row("REFERENCE_ID_REQUIRED", unit(), unit(reference_id="b"), field="/purchase_units/0/reference_id"),
    row("DUPLICATE_REFERENCE_ID", *[unit(reference_id="a")] * 2, field="/purchase_units/1/reference_id"),
    row("UNSUPPORTED_INTENT", *[unit(reference_id=id) for id in "ab"], intent="AUTHORIZE", field="/intent"),
    row(
        "DONATION_ITEMS_NOT_SUPPORTED",
        unit(reference_id="a", items=[item(category="DONATION")]),
        unit(reference_id="b"),
        field="/purchase_units",
    ),
    row(
        "MULTIPLE_ITEM_CATEGORIES",
        {
            "amount": broken(item_total="24.00"),
            "items": [item("12.00", category="DONATION"), item("12.00", category="DIGITAL_GOODS")],
        },
        field=f"{AT}/items",
    ),
    row("UNSUPPORTED_INTEGRATION_FOR_BILLING_PLAN", unit(items=[item(billing_plan=PLAN)]), field=f"{AT}/items"),
    row(
        "DUPLICATE_INVOICE_ID",
        unit(invoice_id="7"),
        paid="7",
        set_={"unique_invoice_ids": True},
        field=f"{AT}/invoice_id",
    ),
    # payees and instructions
    row("PAYEE_ACCOUNT_INVALID", unit(payee={"merchant_id": "ABCDEFGHJKLMN"}), field=f"{AT}/payee"),
    row("PAYEE_ACCOUNT_LOCKED_OR_CLOSED", set_={"status": "locked"}, field=f"{AT}/payee"),
    row("PAYEE_ACCOUNT_RESTRICTED", set_={"status": "restricted"}, field=f"{AT}/payee"),
    row(
        "PAYEE_PRICING_TIER_ID_NOT_ENABLED",
        instruct(payee_pricing_tier_id="1"),
        field=f"{AT}/payment_instruction/payee_pricing_tier_id",
    ),
    row(
        "INVALID_FX_RATE_ID",
        instruct(payee_receivable_fx_rate_id="1"),
        field=f"{AT}/payment_instruction/payee_receivable_fx_rate_id",
    ),
    row(
        "PLATFORM_FEES_NOT_SUPPORTED",
        instruct(platform_fees=[FEE]),
        field=f"{AT}/payment_instruction/platform_fees",
    ),
    row(
        "INVALID_PLATFORM_FEES_ACCOUNT",
        instruct(platform_fees=[FEE | {"payee": {"merchant_id": "ABCDEFGHJKLMN"}}]),
        set_={"platform_fees": True},
        field=f"{AT}/payment_instruction/platform_fees/0/payee",
    ),
    row(
        "INVALID_PLATFORM_FEES_AMOUNT",
        instruct(platform_fees=[{"amount": usd("24.01")}]),
        set_={"platform_fees": True},
        field=f"{AT}/payment_instruction/platform_fees/0/amount/value",
    ),
    row(
        "DELAYED_DISBURSEMENT_NOT_SUPPORTED",
        instruct(disbursement_mode="DELAYED"),
        field=f"{AT}/payment_instruction/disbursement_mode",
    ),
    row(
        "UNSUPPORTED_PAYMENT_INSTRUCTION",
        instruct(disbursement_mode="INSTANT"),
        intent="AUTHORIZE",
        field=f"{AT}/payment_instruction",
    ),
    row("AUTH_CAPTURE_NOT_ENABLED", intent="AUTHORIZE", set_={"may_authorize": False}, field="/intent"),
    row("INVALID_PAYER_ID", payer={"payer_id": "ABCDEFGHJKLMN"}, field="/payer/payer_id"),
    # where it goes
    row("CITY_REQUIRED", ship(address=address(admin_area_2="")), field=f"{AT}/shipping/address/admin_area_2"),
    row("POSTAL_CODE_REQUIRED", ship(address=address(postal_code="")), field=f"{AT}/shipping/address/postal_code"),
    row("SHIPPING_ADDRESS_INVALID", application_context=KNOWN, field=f"{AT}/shipping/address"),
    row(
        "MULTIPLE_SHIPPING_ADDRESS_NOT_SUPPORTED",
        unit(reference_id="a", shipping={"address": address()}),
        unit(reference_id="b", shipping={"address": address(address_line_1="2 Main St")}),
        field="/purchase_units",
    ),
    row(
        "MULTIPLE_SHIPPING_TYPE_NOT_SUPPORTED",
        unit(reference_id="a", shipping={"type": "SHIPPING"}),
        unit(reference_id="b", shipping={"type": "PICKUP_IN_STORE"}),
        field="/purchase_units",
    ),
    row("MISSING_PICKUP_ADDRESS", ship(type="PICKUP_IN_STORE"), field=f"{AT}/shipping/address"),
    row("SHIPPING_TYPE_NOT_SUPPORTED_FOR_CLIENT", ship(type="PICKUP_IN_PERSON"), field=f"{AT}/shipping/type"),
    row("UNSUPPORTED_SHIPPING_TYPE", ship(type="SHIPPING"), field=f"{AT}/shipping/type"),
    row(
        "SHIPPING_OPTIONS_NOT_SUPPORTED",
        ship(options=[option()]),
        application_context={"shipping_preference": "NO_SHIPPING"},
        field=f"{AT}/shipping/options",
    ),
    row("SHIPPING_OPTION_NOT_SELECTED", ship(options=[option(selected=False)]), field=f"{AT}/shipping/options"),
    row(
        "MULTIPLE_SHIPPING_OPTION_SELECTED",
        ship(options=[option("a"), option("b")]),
        field=f"{AT}/shipping/options",
    ),
    row(
        "PREFERRED_SHIPPING_OPTION_AMOUNT_MISMATCH",
        {"amount": broken(item_total="20.00", shipping="4.00"), "shipping": {"options": [option(amount=usd("5.00"))]}},
        field=f"{AT}/shipping/options/0/amount",
    ),
    row(
        "SHIPPING_CALLBACK_CONFIG_NOT_SUPPORTED",
        payment_source=wallet(experience_context=TO_TELL),
        field="/payment_source/paypal/experience_context/order_update_callback_config",
    ),
    # ways to pay
    row(
        "INCOMPATIBLE_PARAMETER_VALUE",
        application_context={"brand_name": "A"},
        payment_source=wallet(experience_context={"brand_name": "B"}),
        field="/application_context",
    ),
    row("NOT_ENABLED_FOR_CARD_PROCESSING", payment_source=CARD, key="k", field="/payment_source/card"),
    row("NOT_ENABLED_FOR_APPLE_PAY", payment_source={"apple_pay": {}}, key="k", field="/payment_source/apple_pay"),
    row("NOT_ENABLED_FOR_GOOGLE_PAY", payment_source={"google_pay": {}}, key="k", field="/payment_source/google_pay"),
    row(
        "NOT_ENABLED_FOR_PAYMENT_SOURCE",
        payment_source={"ideal": {"name": "Ada Buyer", "country_code": "NL"}},
        field="/payment_source/ideal",
    ),
    row(
        "MULTIPLE_PURCHASE_UNITS_NOT_SUPPORTED_FOR_PAYMENT_SOURCE",
        *[unit(reference_id=id) for id in "ab"],
        payment_source={"ideal": {"name": "Ada Buyer", "country_code": "NL"}},
        field="/payment_source/ideal",
    ),
    row(
        "BILLING_AGREEMENT_NOT_FOUND",
        payment_source=wallet(billing_agreement_id="B-1"),
        key="k",
        field="/payment_source/paypal/billing_agreement_id",
    ),
    row("INVALID_VAULT_ID", payment_source=wallet(vault_id="v1"), key="k", field="/payment_source/paypal/vault_id"),
    row(
        "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE",
        payment_source=wallet(attributes={"vault": {"store_in_vault": "ON_SUCCESS", "usage_type": "MERCHANT"}}),
        field="/payment_source/paypal/attributes/vault",
    ),
]
