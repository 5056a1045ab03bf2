"""A verified body of PayPal's as a hint: what to look at, found where the field that should say it is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.gateways.paypal.events import EVENTS_PATH, list_events, read_event
from store.gateways.port import ListedEvent, Notice
from store.kit import clock
from tests.gateways.paypal_wire import CAPTURE, ORDER, Script, link, make_calls, make_capture, make_order, make_request

ORDER_ID, CAPTURE_ID = "5O190127TN364715T", "3C679366HH908993F"
PAYMENT_ID = make_request().payment_id
RELATED = {"supplementary_data": {"related_ids": {"order_id": ORDER_ID, "capture_id": CAPTURE_ID}}}
REFUND = {"id": "1R", "status": "COMPLETED", "links": [link("self", "/v2/payments/refunds/1R"), link("up", CAPTURE)]}


def make_event(kind: str, resource: Any, **changes: Any) -> bytes:
    """An event as it is delivered."""
    event = {"id": "WH-1", "create_time": "2026-03-01T12:00:00.000Z", "event_type": kind, "resource": resource}
    return json.dumps(event | changes).encode()


def read(kind: str, resource: Any, **changes: Any) -> Notice:
    """What is made of it."""
    return read_event(make_event(kind, resource, **changes), livemode=False)


def refs(notice: Notice) -> tuple[str, str, str, str]:
    """What it leads to."""
    return notice.resource, notice.payment_ref, notice.payment_id, notice.capture_ref


def test_event_is_told_by_id_type_and_time_when_it_is_read() -> None:
    notice = read("CHECKOUT.ORDER.APPROVED", make_order("APPROVED"))

    assert (notice.event_id, notice.type, notice.account) == ("WH-1", "CHECKOUT.ORDER.APPROVED", "")
    assert notice.created == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read_event(make_event("X.Y", {}), livemode=True).livemode
    assert read("X.Y", {}, create_time="2026-03-01T12:00:00").created == notice.created


@pytest.mark.parametrize(
    ("kind", "resource", "found"),
    [
        ("CHECKOUT.ORDER.APPROVED", make_order("APPROVED"), (ORDER_ID, ORDER_ID, PAYMENT_ID, "")),
        (
            "CHECKOUT.ORDER.COMPLETED",
            make_order("COMPLETED", make_capture()),
            (ORDER_ID, ORDER_ID, PAYMENT_ID, CAPTURE_ID),
        ),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": ORDER_ID}, (ORDER_ID, ORDER_ID, "", "")),
        ("CHECKOUT.ORDER.APPROVED", {}, ("", "", "", "")),
        *(
            (f"PAYMENT.CAPTURE.{name}", make_capture(), (CAPTURE_ID, ORDER_ID, PAYMENT_ID, CAPTURE_ID))
            for name in ("COMPLETED", "PENDING", "DENIED", "DECLINED")
        ),
        ("PAYMENT.CAPTURE.DENIED", {"id": CAPTURE_ID, **RELATED}, (CAPTURE_ID, ORDER_ID, "", CAPTURE_ID)),
        (
            "PAYMENT.CAPTURE.DENIED",
            {"id": CAPTURE_ID, "links": [link("up", "/v2/payments/authorizations/9A")]},
            (CAPTURE_ID, "", "", CAPTURE_ID),
        ),
        ("PAYMENT.CAPTURE.DENIED", {}, ("", "", "", "")),
        ("PAYMENT.CAPTURE.REFUNDED", REFUND, ("1R", "", "", CAPTURE_ID)),
        ("PAYMENT.CAPTURE.REVERSED", REFUND | {"custom_id": PAYMENT_ID}, ("1R", "", PAYMENT_ID, CAPTURE_ID)),
        ("PAYMENT.REFUND.FAILED", REFUND | {"custom_id": "refund:row"}, ("1R", "", "", CAPTURE_ID)),
        ("PAYMENT.REFUND.PENDING", {"id": "1R", **RELATED}, ("1R", ORDER_ID, "", CAPTURE_ID)),
        ("PAYMENT.CAPTURE.REFUNDED", {}, ("", "", "", "")),
        ("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}, ("I-1", "", "", "")),
        ("PAYMENT.SALE.COMPLETED", None, ("", "", "", "")),
    ],
)
def test_payment_is_found_when_an_event_tells_of_its_money(kind: str, resource: Any, found: tuple[str, ...]) -> None:
    assert refs(read(kind, resource)) == found


def test_payout_is_found_when_its_item_or_its_batch_has_moved() -> None:
    item = {"payout_item_id": "8A", "payout_batch_id": "5U", "sender_batch_id": "row"}
    by_item = {"payout_item_id": "8A", "payout_batch_id": "5U", "payout_item": {"sender_item_id": "row"}}
    batch = {"batch_header": {"payout_batch_id": "5U", "sender_batch_header": {"sender_batch_id": "row"}}}

    told = [read("PAYMENT.PAYOUTS-ITEM.UNCLAIMED", thing) for thing in (item, by_item)]
    told.append(read("PAYMENT.PAYOUTSBATCH.DENIED", batch))
    nothing = read("PAYMENT.PAYOUTS-ITEM.FAILED", {})

    assert [(one.resource, one.payout_id, one.payout_ref) for one in told] == [
        ("8A", "row", "5U"),
        ("8A", "row", "5U"),
        ("5U", "row", "5U"),
    ]
    assert (nothing.resource, nothing.payout_id, nothing.payout_ref) == ("", "", "")


def test_capture_is_found_when_it_is_disputed() -> None:
    disputed = {"dispute_id": "PP-D-1", "disputed_transactions": [{"seller_transaction_id": CAPTURE_ID, "custom": "p"}]}

    told, bare = read("CUSTOMER.DISPUTE.CREATED", disputed), read("CUSTOMER.DISPUTE.RESOLVED", {})

    assert (told.dispute_ref, told.resource, told.capture_ref, told.payment_id) == ("PP-D-1", "PP-D-1", CAPTURE_ID, "p")
    assert (bare.dispute_ref, bare.resource, bare.capture_ref) == ("", "", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 20_000,
        b'{"id": "WH-1"}',
        make_event("X.Y", {}, id=7),
        make_event("X.Y", {}, id="a\0b"),
        make_event("X.Y", {}, id="\ud800"),
        make_event("X.Y", {}, create_time="yesterday"),
        make_event("X.Y", {}, create_time=1),
        make_event("X.Y", {}, create_time="0001-01-01T00:00:00+14:00"),
        make_event("X.Y", {}, create_time="9999-12-31T23:59:59-14:00"),
        make_event("X.Y", {}).decode().encode("utf-16"),
        make_event("X.Y", {"id": 7}),
        make_event("PAYMENT.CAPTURE.COMPLETED", {"id": {"a": 1}}),
        make_event("X.Y", {}, event_type=None),
    ],
    ids=range(18),
)
def test_signed_nonsense_has_a_name_of_its_own_when_it_is_read(body: bytes) -> None:
    first, again, other = (read_event(one, livemode=False) for one in (body, body, body + b" {"))

    assert first.type == again.type == "unreadable"
    assert first.event_id == again.event_id != other.event_id
    assert refs(first) == ("", "", "", "")


async def collect(script: Script, since: datetime, types: list[str]) -> list[ListedEvent]:
    """Every page of the list in one."""
    pages = list_events(make_calls(script), since, types, livemode=False)
    return [one async for page in pages for one in page]


async def test_events_of_some_types_are_listed_page_by_page_when_they_are_asked_for() -> None:
    first, other, second = (
        json.loads(make_event(kind, make_capture(), id=id))
        for kind, id in (("A.B", "WH-1"), ("C.D", "WH-2"), ("A.B", "WH-3"))
    )
    more = [link("next", f"{EVENTS_PATH}?page_token=2")]
    script = Script({EVENTS_PATH: [{"events": [first, other], "links": more}, {"events": [second]}]})
    since = clock.now() - timedelta(days=1)

    listed = await collect(script, since, ["A.B"])

    assert [one.notice.event_id for one in listed] == ["WH-1", "WH-3"]
    assert [read_event(one.body, livemode=False) for one in listed] == [one.notice for one in listed]
    asked, later = script.of(EVENTS_PATH)
    assert asked.url.params["start_time"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert asked.url.params["end_time"] > asked.url.params["start_time"]
    assert str(later.url).endswith(f"{EVENTS_PATH}?page_token=2")


@pytest.mark.parametrize("page", [{}, {"events": None}, {"events": [], "links": [link("next", f"{EVENTS_PATH}?x=1")]}])
async def test_list_ends_when_pages_are_empty_or_go_round(page: dict[str, Any]) -> None:
    assert await collect(Script({EVENTS_PATH: page}), clock.now() + timedelta(days=1), ["A.B"]) == []
    assert ORDER.endswith(ORDER_ID)
