"""A signature has no second reading: whatever is changed about it, it is refused and nothing else happens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.gateways.port import BadSignature
from store.gateways.stripe.webhooks import read_event, verify_event
from tests.examples import examples
from tests.signing import make_event, sign_body

SECRET = "whsec_0123456789abcdef"
BODY = json.dumps(make_event()).encode()
# As far ahead as a clock may be: good for ten minutes from here, since a run collects long before it comes here.
SIGNED_AT = int(time.time()) + 290
HEADER = sign_body(BODY, SECRET, SIGNED_AT)["Stripe-Signature"]
SIGNATURE = HEADER.partition("v1=")[2]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The good header with some of it cut out, doubled, replaced or inserted."""
    start = draw(st.integers(0, len(HEADER)))
    end = draw(st.integers(start, min(len(HEADER), start + 8)))
    text = draw(
        st.one_of(st.text(max_size=4), st.sampled_from(["v1=", "t=", ",", "v0=", SIGNATURE, HEADER[start:end] * 2]))
    )
    return HEADER[:start] + text + HEADER[end:]


def accepts(header: str, body: bytes = BODY) -> bool:
    """Whether the delivery passes; any error but BadSignature is a failure of the door."""
    try:
        verify_event([SECRET], {"stripe-signature": header}, body)
    except BadSignature:
        return False
    return True


def is_still_signed(header: str) -> bool:
    """Whether a header still says what was signed: the first time unchanged, one of the v1 the right one.

    Stripe's client reads up to a second `=` and leaves out what follows it.
    """
    parts = [part.split("=", 2) for part in header.split(",")]
    times = [part[1] for part in parts if part[0] == "t" and len(part) > 1]
    signatures = [part[1] for part in parts if part[0] == "v1" and len(part) > 1]
    return bool(times) and int_or_none(times[0]) == SIGNED_AT and SIGNATURE in signatures


def int_or_none(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@settings(max_examples=examples(1000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(HEADER.replace("v1=", "v1=é"))
@example(HEADER.replace("v1", "v0"))
@example("")
@example(HEADER + "=")
@given(mutations())
def test_forged_header_is_refused_when_anything_of_it_is_changed(header: str) -> None:
    if accepts(header):
        assert is_still_signed(header)


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_body_is_refused_when_one_byte_is_changed(place: int, by: int) -> None:
    changed = BODY[:place] + bytes([BODY[place] ^ by]) + BODY[place + 1 :]

    assert not accepts(HEADER, changed)


def test_delivery_is_accepted_when_one_of_two_signatures_is_right() -> None:
    signed_at = int(time.time())
    right = sign_body(BODY, SECRET, signed_at)["Stripe-Signature"].partition("v1=")[2]

    assert accepts(f"t={signed_at},v1={'0' * 64},v1={right}")
    assert not accepts(f"t={signed_at},v1={'0' * 64},v1={'1' * 64}")


def test_delivery_is_refused_when_no_secret_is_known() -> None:
    with pytest.raises(BadSignature):
        verify_event([], {"stripe-signature": HEADER}, BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b'"x"',
        b"{}",
        b'{"id": "evt_1"}',
        b'{"data": {"object": []}}',
        b"{" * 5000,
        b"[" * 200_000,
    ],
    ids=lambda body: body[:24].decode(),
)
def test_notice_says_unreadable_when_what_was_signed_is_no_event(body: bytes) -> None:
    first, second = read_event(body), read_event(body)

    assert (first.type, first.resource, first.payment_ref, first.livemode) == ("unreadable", "", "", False)
    assert first.event_id == second.event_id != read_event(body + b" ").event_id


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"type": "checkout.session.completed", "resource": "cs_1", "client_reference_id": "p1"},
            ("cs_1", "p1", "", "cs_1"),
        ),
        (
            {"type": "payment_intent.payment_failed", "resource": "pi_1", "metadata": {"payment_id": "p1"}},
            ("", "p1", "", "pi_1"),
        ),
        ({"type": "charge.updated", "resource": "ch_1", "metadata": {"payment_id": "p1"}}, ("", "p1", "ch_1", "ch_1")),
        ({"type": "refund.created", "resource": "re_1", "charge": "ch_1"}, ("", "", "ch_1", "re_1")),
        ({"type": "refund.created", "resource": "re_1", "charge": {"id": "ch_1"}}, ("", "", "ch_1", "re_1")),
        ({"type": "refund.created", "resource": "re_1", "charge": None}, ("", "", "", "re_1")),
        ({"type": "account.updated", "resource": "acct_1", "metadata": None}, ("", "", "", "acct_1")),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else None,
)
def test_notice_points_at_the_object_when_an_event_is_read(
    event: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    notice = read_event(json.dumps(make_event(**event, account="acct_9", livemode=True)).encode())

    assert (notice.payment_ref, notice.payment_id, notice.capture_ref, notice.resource) == expected
    assert (notice.event_id, notice.type, notice.account) == ("evt_1", event["type"], "acct_9")
    assert notice.livemode
