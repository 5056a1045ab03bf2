"""The start page's list of payment pages: both providers' by time, called what a person recognises them by."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.sandbox.paypal.conftest import PayPal

TOTAL = {"currency_code": "USD", "value": "24.00"}
PRICE = {"currency_code": "USD", "value": "12.00"}


async def _read_rows(paypal: PayPal) -> list[str]:
    """What each row says, without its marks."""
    page = (await paypal.sandbox.client.get("/")).text
    table = page[page.index('aria-label="Latest payment pages"') :].partition("</table>")[0]
    rows = re.findall("<tr>.*?</tr>", table, re.DOTALL)[1:]
    return [" ".join(unescape(re.sub("<[^>]*>", " ", row)).split()) for row in rows]


async def _open_order(paypal: PayPal, **unit: Any) -> dict[str, Any]:
    return dict(await paypal.open_order({"amount": TOTAL, **unit}))


async def test_pages_are_called_by_order_and_goods_when_the_merchant_named_them(paypal: PayPal) -> None:
    items = [{"name": name, "quantity": "1", "unit_amount": PRICE} for name in ("Pasta bowl", "Enamel mug")]
    amount = {**TOTAL, "breakdown": {"item_total": TOTAL}}
    order = await _open_order(
        paypal, amount=amount, description="Order OP-1", invoice_id="localhost-5f0c-1", custom_id="5f0c", items=items
    )
    paypal.advance(60)
    session = await paypal.sandbox.open_session(**{"metadata[order]": "OP-2", "client_reference_id": "77aa"})

    newer, older = await _read_rows(paypal)

    assert newer.startswith("Order OP-2 ")
    assert "$" in newer
    assert "open, unpaid Payment page of Order OP-2 Stripe" in newer
    assert older.startswith("Order OP-1 Pasta bowl and 1 more $24.00 created Approval page of Order OP-1 PayPal")
    for id in (order["id"], session["id"], "5f0c", "77aa"):
        assert id not in newer + older


async def test_page_is_called_by_its_reference_when_that_is_all_there_is(paypal: PayPal) -> None:
    named, bare = await _open_order(paypal, invoice_id="OP-7K3M9-1"), await _open_order(paypal)

    rows = await _read_rows(paypal)

    assert {row.split()[0] for row in rows} == {"OP-7K3M9-1", bare["id"]}
    assert named["id"] not in " ".join(rows)


async def test_list_is_no_longer_than_ten_when_both_providers_have_many(paypal: PayPal) -> None:
    for _ in range(6):
        await _open_order(paypal)
        await paypal.sandbox.open_session()

    assert len(await _read_rows(paypal)) == 10
