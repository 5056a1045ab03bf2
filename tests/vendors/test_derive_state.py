"""Where a vendor stands, by what the provider says of its account."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from store.gateways.accounts import AccountSnapshot, Requirements
from store.vendors.states import VENDOR, VendorState, can_be_charged, derive_state

S = VendorState
READY = {
    "charges_enabled": True,
    "payouts_enabled": True,
    "details_submitted": True,
    "card_payments": "active",
    "transfers": "active",
}
OFF = {"charges_enabled": False, "payouts_enabled": False, "card_payments": "inactive", "transfers": "inactive"}
SENT = {**OFF, "details_submitted": True}


def account(facts: dict[str, Any], **wants: Any) -> AccountSnapshot:
    """An account with these facts and requirements."""
    values: dict[str, Any] = {**READY, **facts}
    return AccountSnapshot(ref="acct_1", country="US", currency="USD", requirements=Requirements(**wants), **values)


@pytest.mark.parametrize("before", [S.ONBOARDING, S.UNDER_REVIEW, S.ACTIVE, S.RESTRICTED, S.REJECTED])
@pytest.mark.parametrize("kind", ["direct", "destination", "separate"])
@pytest.mark.parametrize(
    ("facts", "wants", "state"),
    [
        ({}, {}, S.ACTIVE),
        # Wanted by a day that has not come: everything still works.
        ({}, {"currently_due": ("external_account",)}, S.ACTIVE),
        ({"payouts_enabled": False}, {"currently_due": ("external_account",)}, S.RESTRICTED),
        ({"payouts_enabled": False}, {"disabled_reason": "platform_paused"}, S.RESTRICTED),
        (SENT, {}, S.UNDER_REVIEW),
        (SENT, {"pending_verification": ("individual.id_number",)}, S.UNDER_REVIEW),
        (SENT, {"disabled_reason": "requirements.pending_verification"}, S.UNDER_REVIEW),
        (SENT, {"disabled_reason": "under_review"}, S.UNDER_REVIEW),
        ({**SENT, "card_payments": "pending", "transfers": "pending"}, {}, S.UNDER_REVIEW),
        (SENT, {"currently_due": ("individual.verification.document",)}, S.RESTRICTED),
        (SENT, {"past_due": ("company.tax_id",), "disabled_reason": "requirements.past_due"}, S.RESTRICTED),
        (SENT, {"disabled_reason": "other"}, S.RESTRICTED),
        (SENT, {"disabled_reason": "a.reason.of.tomorrow"}, S.RESTRICTED),
        (SENT, {"disabled_reason": "rejected.fraud"}, S.REJECTED),
        ({}, {"disabled_reason": "rejected.terms_of_service"}, S.REJECTED),
    ],
)
def test_state_follows_the_account_when_it_is_looked_at(
    facts: dict[str, Any], wants: dict[str, Any], state: str, kind: str, before: str
) -> None:
    assert derive_state(account(facts, **wants), kind, before) == state


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (S.ONBOARDING, S.ONBOARDING),
        (S.UNDER_REVIEW, S.RESTRICTED),
        (S.ACTIVE, S.RESTRICTED),
        (S.RESTRICTED, S.RESTRICTED),
    ],
)
def test_first_form_is_still_open_when_nothing_was_sent_yet(before: str, state: str) -> None:
    begun = account({**OFF, "details_submitted": False}, currently_due=("business_type",))

    assert derive_state(begun, "direct", before) == state


@pytest.mark.parametrize(
    ("facts", "direct", "destination", "on_behalf_of"),
    [
        ({}, True, True, True),
        ({"card_payments": "inactive"}, False, True, False),
        ({"card_payments": "pending"}, False, True, False),
        ({"transfers": "inactive"}, True, False, False),
        ({"transfers": ""}, True, False, False),
        ({"charges_enabled": False}, False, True, True),
        (OFF, False, False, False),
    ],
)
def test_capability_of_the_charge_type_decides_when_somebody_pays(
    facts: dict[str, Any], direct: bool, destination: bool, on_behalf_of: bool
) -> None:
    """`card_payments` for direct and with `on_behalf_of`, `transfers` for the others; an id alone means nothing."""
    facts_of = account(facts)

    assert can_be_charged(facts_of, "direct") is direct
    assert can_be_charged(facts_of, "destination") is destination
    assert can_be_charged(facts_of, "separate") is destination
    assert can_be_charged(facts_of, "destination", on_behalf_of=True) is on_behalf_of


def test_every_state_that_an_account_gives_can_be_reached_when_it_changes() -> None:
    """Whatever was known before, the truth of now has a way into the table of moves."""
    facts = [READY, SENT, {**OFF, "details_submitted": False}, {"payouts_enabled": False}]
    reasons = ["", "under_review", "rejected.fraud", "requirements.past_due"]
    for before, these, reason, due in itertools.product(S, facts, reasons, [(), ("external_account",)]):
        if before in (S.NOT_STARTED, S.DISCONNECTED):
            continue
        after = derive_state(account(these, disabled_reason=reason, currently_due=due), "direct", before)
        assert after == before or VENDOR.allows(before, after), (before, after)
