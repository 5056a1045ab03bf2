"""Accounts: active at once with the test values, and what each may do."""

import pytest
import stripe

from tests.sandbox.api.conftest import BOTH, EXPRESS, TEST_PERSON, Api


def test_account_is_active_at_once_when_prefilled_with_the_test_values(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, external_account="btok_us_verified")

    assert (vendor.charges_enabled, vendor.payouts_enabled, vendor.details_submitted) == (True, True, True)
    assert vendor.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert vendor.requirements.currently_due == []
    assert vendor.controller.losses.payments == "application"
    assert (vendor.country, vendor.default_currency, vendor.type) == ("US", "usd", "none")
    assert api.v1.accounts.retrieve(vendor.id).business_profile.name == "Vera's Prints"


def test_account_waits_and_says_for_what_when_facts_are_missing(api: Api) -> None:
    person = {k: v for k, v in TEST_PERSON.items() if k != "phone"}
    vendor = api.vendor(individual=person)

    assert (vendor.charges_enabled, vendor.capabilities.card_payments) == (False, "inactive")
    assert "individual.phone" in vendor.requirements.currently_due
    assert vendor.requirements.disabled_reason == "requirements.past_due"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(account=vendor.id)
    assert caught.value.code == "account_invalid"


def test_account_becomes_active_and_says_so_when_it_is_completed(api: Api) -> None:
    vendor = api.v1.accounts.create({"country": "US", "capabilities": BOTH})

    api.v1.accounts.update(vendor.id, {"business_type": "individual", "individual": TEST_PERSON})

    assert api.v1.accounts.retrieve(vendor.id).charges_enabled is True
    event = api.v1.events.list({"type": "account.updated"}, {"stripe_account": vendor.id}).data[0]
    assert (event.account, event.data.object.charges_enabled) == (vendor.id, True)
    assert event.data.previous_attributes.charges_enabled is False


def test_account_needs_no_ssn_when_it_is_not_in_the_us(api: Api) -> None:
    person = {k: v for k, v in TEST_PERSON.items() if k != "ssn_last_4"}

    german, japanese = (
        api.vendor(country="DE", individual=person),
        api.vendor(country="JP", individual=person),
    )

    assert (german.charges_enabled, german.default_currency) == (True, "eur")
    assert (japanese.charges_enabled, japanese.default_currency) == (True, "jpy")


def test_controller_has_the_providers_defaults_when_nothing_is_said(api: Api) -> None:
    controller = api.vendor().controller

    assert (controller.fees.payer, controller.losses.payments) == ("account", "stripe")
    assert (controller.requirement_collection, controller.stripe_dashboard.type) == ("stripe", "full")


def test_account_is_refused_when_its_controller_contradicts_itself(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.vendor(controller={"fees": {"payer": "account"}, "losses": {"payments": "application"}})

    assert caught.value.param == "controller[losses][payments]"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"country": "ZZ"}, "country_unsupported"),
        ({"type": "express"}, "sandbox_unsupported"),
        ({"colour": 1}, "parameter_unknown"),
    ],
)
def test_account_is_refused_when_a_field_is_wrong(api: Api, more: dict[str, object], code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.vendor(**more)

    assert caught.value.code == code


def test_own_account_comes_back_when_it_is_asked_for(api: Api) -> None:
    vendor = api.vendor()

    platform = api.v1.accounts.retrieve_current()
    own = api.v1.accounts.retrieve_current(options={"stripe_account": vendor.id})

    assert (platform.country, platform.default_currency, platform.charges_enabled) == ("US", "usd", True)
    assert own.id == vendor.id
    assert [a.id for a in api.v1.accounts.list().data] == [vendor.id]


def test_account_is_missing_when_another_vendor_asks(api: Api) -> None:
    vera, otto = api.vendor(), api.vendor()

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.accounts.retrieve(vera.id, {}, {"stripe_account": otto.id})

    assert caught.value.code == "resource_missing"


def test_metadata_is_merged_when_an_account_is_updated(api: Api) -> None:
    vendor = api.vendor(metadata={"vendor": "vera", "old": "1"})

    vendor = api.v1.accounts.update(
        vendor.id, {"metadata": {"old": ""}, "business_profile": {"url": "https://v.example"}}
    )

    assert vendor.metadata.to_dict() == {"vendor": "vera"}
    assert (vendor.business_profile.name, vendor.business_profile.url) == (
        "Vera's Prints",
        "https://v.example",
    )
