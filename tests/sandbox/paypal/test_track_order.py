"""Tracking: numbers of shipments hang on an order's completed capture, can be changed, cancelled and added again."""

from __future__ import annotations

from typing import Any

from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.rows import broken, issues_of, item

ORDERS = "/v2/checkout/orders"
SOLD = {"amount": broken(item_total="24.00"), "items": [item(sku="print-1")]}


async def sell(direct: PayPal) -> tuple[str, str]:
    """The path of a captured order, and the id of its capture."""
    order = await direct.approve(unit=SOLD, application_context={"shipping_preference": "NO_SHIPPING"})
    captured = (await direct.settle(order)).json()
    return f"{ORDERS}/{order['id']}", captured["purchase_units"][0]["payments"]["captures"][0]["id"]


def trackers_of(order: Any) -> list[Any]:
    trackers: list[Any] = order["purchase_units"][0]["shipping"]["trackers"]
    return trackers


async def test_a_tracker_is_added_and_shown_with_the_order(direct: PayPal):
    path, capture = await sell(direct)
    sent = {"capture_id": capture, "tracking_number": "AB12", "carrier": "FEDEX", "items": [{"sku": "print-1"}]}

    order = await direct.create("POST", f"{path}/track", sent)

    (tracker,) = trackers_of(order)
    assert (tracker["id"], tracker["status"]) == (f"{capture}-AB12", "SHIPPED")
    assert tracker["items"] == [{"sku": "print-1"}]
    assert [link["rel"] for link in tracker["links"]] == ["up", "update"]
    assert trackers_of(await direct.create("GET", path)) == [tracker]


async def test_a_further_shipment_is_a_further_tracker_and_a_known_number_is_the_same_one(direct: PayPal):
    path, capture = await sell(direct)

    for number in ("AB12", "CD34", "AB12"):
        sent = {"capture_id": capture, "tracking_number": number, "carrier": "OTHER", "carrier_name_other": "A bike"}
        await direct.create("POST", f"{path}/track", sent)

    ids = [tracker["id"] for tracker in trackers_of(await direct.create("GET", path))]
    assert ids == [f"{capture}-CD34", f"{capture}-AB12"]


async def test_a_tracker_is_changed_and_cancelled(direct: PayPal):
    path, capture = await sell(direct)
    await direct.create("POST", f"{path}/track", {"capture_id": capture, "tracking_number": "AB12", "carrier": "FEDEX"})
    patches = [
        {"op": "replace", "path": "/items", "value": [{"sku": "print-1", "quantity": "1"}]},
        {"op": "replace", "path": "/notify_payer", "value": True},
        {"op": "replace", "path": "/status", "value": "CANCELLED"},
    ]

    answer = await direct.call("PATCH", f"{path}/trackers/{capture}-AB12", patches)

    (tracker,) = trackers_of(await direct.create("GET", path))
    assert answer.status_code == 204
    assert (tracker["status"], tracker["items"][0]["quantity"]) == ("CANCELLED", "1")


async def test_number_and_name_of_the_carrier_are_asked_for(direct: PayPal):
    path, capture = await sell(direct)

    answer = await direct.call("POST", f"{path}/track", {"capture_id": capture, "carrier": "OTHER"})

    fields = ["/tracking_number", "/carrier_name_other"]
    assert issues_of(answer) == [("MISSING_REQUIRED_PARAMETER", field) for field in fields]
