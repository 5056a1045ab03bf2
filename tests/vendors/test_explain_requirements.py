"""What the provider wants, by when and why, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from store.gateways.accounts import Requirements
from store.vendors.words import explain_requirements, name_requirement


def explain(**wants: Any) -> Any:
    """The words for these requirements, kept as `sync_account` keeps them."""
    return explain_requirements(msgspec.json.encode(Requirements(**wants)).decode())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("external_account", "a bank account for your payouts"),
        ("individual.dob.day", "your date of birth"),
        ("individual.verification.document", "a picture of your passport or identity card"),
        ("person_1AbC.first_name", "your name"),
        ("company.tax_id", "your company’s tax number"),
        ("tos_acceptance.date", "that you accept Stripe’s terms"),
        ("business_profile.a_thing_of_tomorrow", "details of your business"),
        ("a_thing_of_tomorrow", "“a thing of tomorrow”"),
    ],
)
def test_requirement_is_named_when_the_provider_asks_for_it(name: str, words: str) -> None:
    assert name_requirement(name) == words


def test_each_need_is_said_once_with_its_day_when_several_names_mean_the_same() -> None:
    told = explain(
        past_due=("external_account",),
        currently_due=("individual.dob.day", "individual.dob.month", "external_account"),
        current_deadline=datetime(2026, 3, 4, 12, tzinfo=UTC),
        disabled_reason="requirements.past_due",
        errors=(("individual.dob.day", "The date does not match."),),
    )

    assert told.sentence == (
        "Stripe still needs: a bank account for your payouts, your date of birth, by 4 March 2026."
    )
    assert told.why == "Something Stripe asked for is overdue."
    assert told.problems == ("The date does not match.",)


def test_nothing_is_said_when_nothing_is_wanted() -> None:
    assert explain().sentence == explain_requirements("{}").sentence == ""


def test_rejection_is_explained_when_its_reason_is_new() -> None:
    assert explain(disabled_reason="rejected.tomorrow").why == "Stripe rejected the account."
