"""A patch changes what PayPal lets one change, all of it or nothing, and never what the buyer approved to pay."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.approval import approve
from tests.sandbox.paypal.conftest import UNIT, PayPal
from tests.sandbox.paypal.issues.rows import AT, address, broken, issues_of, item, option, unit, usd

ORDERS = "/v2/checkout/orders"


def change(path: str, value: Any = None, op: str = "replace") -> dict[str, Any]:
    whole = path if path.startswith("/") else f"{AT}/{path}"
    return {"op": op, "path": whole} | ({} if value is None else {"value": value})


async def patched(direct: PayPal, *patches: Any, approved: bool = False, **more: Any) -> Any:
    """The order after these patches; they have to be taken."""
    order = await (direct.approve(**more) if approved else direct.open_order(**more))
    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", list(patches))
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    return await direct.create("GET", f"{ORDERS}/{order['id']}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("custom_id", "17"),
        ("description", "Two prints"),
        ("invoice_id", "OP-17-2"),
        ("soft_descriptor", "OVERPRINT"),
        ("amount", broken("30.00", item_total="24.00", shipping="6.00")),
    ],
)
async def test_an_attribute_is_replaced(direct: PayPal, path: str, value: Any):
    first = unit(custom_id="1", description="A", invoice_id="1", soft_descriptor="A")

    order = await patched(direct, change(path, value), unit=first)

    assert order["purchase_units"][0][path] == value
    assert order["update_time"]


async def test_several_patches_are_taken_together(direct: PayPal):
    lines = [item("12.00", quantity="2", sku="print-1")]

    order = await patched(
        direct,
        change("amount", broken(item_total="24.00")),
        change("items", lines, "add"),
        change("custom_id", "1", "add"),
    )

    assert order["purchase_units"][0]["items"] == lines
    assert order["purchase_units"][0]["custom_id"] == "1"


async def test_nothing_is_changed_when_one_patch_is_refused(direct: PayPal):
    order = await direct.open_order()

    answer = await direct.call(
        "PATCH", f"{ORDERS}/{order['id']}", [change("custom_id", "1", "add"), change("colour", "blue")]
    )

    assert issues_of(answer) == [("FIELD_NOT_PATCHABLE", "/1/path")]
    assert await direct.create("GET", f"{ORDERS}/{order['id']}") == order


async def test_an_attribute_is_removed(direct: PayPal):
    order = await patched(direct, change("invoice_id", op="remove"), unit=unit(invoice_id="1"))

    assert "invoice_id" not in order["purchase_units"][0]


@pytest.mark.parametrize("path", ["payee/email", "payee/email_address"])
async def test_another_payee_is_named_by_address(direct: PayPal, path: str):
    order = await patched(direct, change(path, "vera@example.com"))

    assert order["purchase_units"][0]["payee"] == {"email_address": "vera@example.com"}


async def test_an_address_is_added_after_the_approval(direct: PayPal):
    given = {"shipping_preference": "NO_SHIPPING"}

    order = await patched(
        direct, change("shipping/address", address(), "add"), approved=True, application_context=given
    )

    assert order["purchase_units"][0]["shipping"]["address"] == address()


async def test_options_of_delivery_are_added(direct: PayPal):
    options = [option("a", amount=usd("4.00")), option("b", False, amount=usd("9.00"))]
    first = {"amount": broken(item_total="20.00", shipping="4.00")}

    order = await patched(direct, change("shipping/options", options, "add"), unit=first)

    assert order["purchase_units"][0]["shipping"]["options"] == options


async def test_the_amount_may_be_written_anew_after_the_approval_when_it_stays_the_same(direct: PayPal):
    order = await patched(direct, change("amount", usd("24")), approved=True)

    assert order["purchase_units"][0]["amount"] == usd("24.00")


async def test_the_intent_is_replaced_and_the_link_with_it(direct: PayPal):
    order = await patched(direct, change("/intent", "AUTHORIZE"))

    assert (order["intent"], order["links"][-1]["rel"]) == ("AUTHORIZE", "authorize")


async def test_payer_and_units_are_replaced_whole(direct: PayPal):
    payer = {"email_address": "ada@example.com"}

    order = await patched(
        direct,
        change("/payer", payer, "add"),
        change("/purchase_units", [unit("5.00", reference_id="a"), unit("6.00", reference_id="b")]),
    )

    assert order["payer"] == payer
    assert [one["amount"]["value"] for one in order["purchase_units"]] == ["5.00", "6.00"]


async def test_one_unit_is_replaced_by_its_reference(direct: PayPal):
    order = await patched(direct, change(AT, {"amount": usd("7.00")}))

    assert order["purchase_units"][0]["amount"] == usd("7.00")
    assert order["purchase_units"][0]["reference_id"] == "default"


async def test_a_settled_order_is_not_patched(direct: PayPal):
    order = await direct.open_order()
    approve(direct.app, order["id"], "balance")
    await direct.settle(order)

    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", [change("custom_id", "1", "add")])

    assert issues_of(answer) == [("ORDER_ALREADY_COMPLETED", None)]


@pytest.mark.parametrize("patch", [change("/payer", 7), change("/purchase_units", [7]), change(AT, 7)])
async def test_a_value_is_refused_when_it_is_of_another_type(direct: PayPal, patch: Any):
    order = await direct.open_order()

    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", [patch])

    assert issues_of(answer) == [("INVALID_PARAMETER_SYNTAX", "/0/value")]


@pytest.mark.parametrize("patch", [change("amount", usd("1.00"), "add"), change("/intent", "CAPTURE", "add")])
async def test_an_operation_is_refused_when_the_attribute_does_not_take_it(direct: PayPal, patch: Any):
    order = await direct.open_order()

    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", [patch])

    assert issues_of(answer) == [("INVALID_PATCH_OPERATION", "/0/op")]


@pytest.mark.parametrize(
    ("patch", "sent"),
    [
        (change("custom_id", "2", "add"), {"custom_id": "1"}),
        (change("custom_id", "1"), {}),
        (change("soft_descriptor", "OVERPRINT"), {}),
        (change("shipping/address", address()), {}),
        (change("invoice_id", op="remove"), {}),
        (change("/payer", {"email_address": "ada@example.com"}), {}),
    ],
)
async def test_only_what_is_there_is_replaced_and_only_what_is_not_is_added(
    direct: PayPal, patch: Any, sent: dict[str, Any]
):
    order = await direct.open_order(unit(**sent))

    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", [patch])

    assert issues_of(answer) == [("INVALID_PATCH_OPERATION", "/0/op")]
    assert await direct.create("GET", f"{ORDERS}/{order['id']}") == order


async def test_mode_of_disbursement_is_replaced_when_none_was_sent(direct: PayPal):
    order = await patched(direct, change("payment_instruction/disbursement_mode", "INSTANT"))

    assert order["purchase_units"][0]["payment_instruction"] == {"disbursement_mode": "INSTANT"}


async def test_a_field_within_is_refused_when_paypal_owns_it(direct: PayPal):
    order = await direct.open_order(UNIT)

    answer = await direct.call("PATCH", f"{ORDERS}/{order['id']}", [change("payments", {}, "add")])

    assert issues_of(answer) == [("NOT_PATCHABLE", "/0/path")]
