"""What mails about an order say: a frozen view, so that a mail tells what was true when it was decided."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from store.gateways.port import NAMES, PAYPAL
from store.kit.db import fetch
from store.orders.words import name_country, name_way_back, say_when_back

PARTS = """
SELECT part.id, part.vendor_name, part.subtotal, part.delivery, part.discount, part.total,
  (SELECT json_agg(json_build_array(given.code, given.amount))::text FROM order_discount AS given
   WHERE given.vendor_order = part.id) AS page_discounts,
  (SELECT json_agg(json_build_object('title', line.title, 'variant', line.variant_label, 'quantity', line.quantity,
     'unit_price', line.unit_price, 'total', line.total) ORDER BY line.title)::text
   FROM order_line AS line WHERE line.vendor_order = part.id) AS lines
FROM vendor_order AS part WHERE part."order" = $1 ORDER BY part.vendor_name
"""


async def mail_view(order: dict[str, Any], only_part: UUID | None = None) -> dict[str, Any]:
    """JSON-ready view of an order for a mail template; with `only_part` what one vendor may see.

    `path` is the buyer's page, whose address is the key to it, or the vendor's own, which asks for a seat.
    """
    rows = [row for row in await fetch(PARTS, order["id"]) if only_part in (None, row["id"])]
    discounts = _sum_discounts(order["promo_code"], rows)
    off_page = sum(amount for row in rows for _, amount in json.loads(row["page_discounts"] or "[]"))
    parts = [
        {
            "vendor": row["vendor_name"],
            "subtotal": row["subtotal"],
            "delivery": row["delivery"],
            "total": row["total"],
            "lines": json.loads(row["lines"] or "[]"),
        }
        for row in rows
    ]
    return {
        "number": order["number"],
        "path": f"/orders/{order['token']}" if only_part is None else f"/sell/orders/{only_part}",
        "name": order["full_name"],
        "address": [
            line
            for line in (
                order["full_name"],
                order["address_line1"],
                order["address_line2"],
                f"{order['postcode']} {order['city']}",
                order["region"],
                name_country(order["country"]),
            )
            if line.strip()
        ],
        "currency": order["currency"],
        "subtotal": order["subtotal"] if only_part is None else parts[0]["subtotal"],
        "delivery": order["delivery"] if only_part is None else parts[0]["delivery"],
        "discounts": discounts,
        "total": sum(row["total"] for row in rows) - off_page,
        "descriptor": order["descriptor"],
        "method": order["method"],
        "at_paypal": order["provider"] == NAMES[PAYPAL],
        "way_back": name_way_back(order["provider"], order["method"]),
        "when_back": say_when_back(order["provider"]),
        "parts": parts,
    }


def _sum_discounts(own: str, rows: list[Any]) -> list[tuple[str, int]]:
    """(code, minor units) over these parts: the order's own code first, then those of the provider's page."""
    sums = {own: sum(row["discount"] for row in rows)}
    for row in rows:
        for code, amount in json.loads(row["page_discounts"] or "[]"):
            sums[code] = sums.get(code, 0) + amount
    return [(code, amount) for code, amount in sums.items() if amount]
