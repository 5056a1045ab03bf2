"""Whatever a caller sends to Orders, the answer is one that PayPal's files allow, and no failure of the sandbox."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal import api
from store.sandbox.paypal.app import name_app
from store.sandbox.paypal.approval import approve
from tests.sandbox.paypal.conform import check
from tests.sandbox.paypal.issues.rows import address, broken, item, option, usd
from tests.still import StillClock

ORDERS = "/v2/checkout/orders"
BASIC = "Basic " + base64.b64encode(b"overprint:overprint-secret").decode()
FULL = {
    "intent": "CAPTURE",
    "purchase_units": [
        {
            "reference_id": "default",
            "custom_id": "17",
            "invoice_id": "OP-17-1",
            "amount": broken("24.00", item_total="20.00", shipping="4.00"),
            "items": [item("10.00", quantity="2", sku="print-1", category="PHYSICAL_GOODS")],
            "shipping": {"address": address(), "options": [option(amount=usd("4.00"))]},
            "payment_instruction": {"platform_fees": [{"amount": usd("1.00")}], "disbursement_mode": "INSTANT"},
        }
    ],
    "payer": {"email_address": "ada@example.com"},
    "payment_source": {"paypal": {"experience_context": {"return_url": "http://localhost/", "locale": "en-US"}}},
}
PLAIN = {"intent": "CAPTURE", "purchase_units": [{"amount": usd("5.00")}]}
PATCHES = [
    {"op": "replace", "path": "/purchase_units/@reference_id=='default'/amount", "value": usd("5.00")},
    {"op": "add", "path": "/purchase_units/@reference_id=='default'/shipping/address", "value": address()},
    {"op": "replace", "path": "/intent", "value": "AUTHORIZE"},
]
TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "-1", "1.001", "1e9", "99999999999999999", "JPY", "ZZ", "AUTHORIZE", "DONATION", "\ud800", "/"]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    with tempfile.TemporaryDirectory() as folder:
        made = Worlds(Path(folder), StillClock(Path(folder) / "clock"))
        yield made
        made.close()


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inner:
        yield from places(value, (*at, name))


def spoil(body: Any, at: tuple[Any, ...], value: Any, remove: bool) -> Any:
    """The body with another value at a place, or without it."""
    if not at:
        return value
    spoilt = copy.deepcopy(body)
    target = spoilt
    for step in at[:-1]:
        target = target[step]
    if remove:
        del target[at[-1]]
    else:
        target[at[-1]] = value
    return spoilt


def send(worlds: Worlds, method: str, path: str, operation_id: str, body: Any) -> Any:
    headers = {"authorization": BASIC, "prefer": "return=representation"}
    asked = api.Request(method, path, headers, b"", json.dumps(body).encode())
    sent = asyncio.run(api.handle(worlds, asked))
    assert sent.status < 500, sent.body
    answer = json.loads(sent.body) if sent.body else None
    check(operation_id, sent.status, answer)
    return answer


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(list(places(FULL))), VALUES, st.booleans())
@example(("purchase_units", 0, "custom_id"), "\ud800", False)
def test_any_order_is_answered(worlds: Worlds, at: tuple[Any, ...], value: Any, remove: bool):
    send(worlds, "POST", ORDERS, "orders.create", spoil(FULL, at, value, remove))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(list(places(PATCHES))), VALUES, st.booleans())
@example((1, "value", "country_code"), "ZZ", False)
def test_any_patch_is_answered(worlds: Worlds, at: tuple[Any, ...], value: Any, remove: bool):
    order = send(
        worlds, "POST", ORDERS, "orders.create", {"intent": "CAPTURE", "purchase_units": [{"amount": usd("5.00")}]}
    )

    send(worlds, "PATCH", f"{ORDERS}/{order['id']}", "orders.patch", spoil(PATCHES, at, value, remove))

    send(worlds, "GET", f"{ORDERS}/{order['id']}", "orders.get", None)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(["capture", "authorize", "confirm"]), st.dictionaries(TEXTS, VALUES, max_size=2), VALUES)
@example("confirm", {}, {"address": {"country_code": "ZZ"}})
@example("capture", {}, {"address": {"country_code": "ZZ"}})
def test_any_payment_source_is_answered(worlds: Worlds, verb: str, source: Any, more: Any):
    order = send(
        worlds, "POST", ORDERS, "orders.create", {"intent": "CAPTURE", "purchase_units": [{"amount": usd("5.00")}]}
    )
    approve(name_app(worlds.demo), order["id"], "balance")
    path = f"{ORDERS}/{order['id']}/{'confirm-payment-source' if verb == 'confirm' else verb}"

    send(worlds, "POST", path, f"orders.{verb}", {"payment_source": source | {"paypal": more}})
