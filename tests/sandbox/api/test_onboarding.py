"""What onboarding is made of, by the API: links, capabilities, persons, bank accounts, rejection, deletion, events."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import BOTH, EXPRESS, TEST_PERSON, Api

COLLECTS = EXPRESS | {"requirement_collection": "application", "stripe_dashboard": {"type": "none"}}
URLS = {"return_url": "http://localhost:8000/done", "refresh_url": "http://localhost:8000/again"}
BANK = {"object": "bank_account", "country": "US", "account_number": "000123456789", "routing_number": "110000000"}


def company(api: Api, **more: Any) -> Any:
    """Open a company's account that lacks its representative and its bank."""
    given = {"country": "US", "business_type": "company", "company": {"name": "Vera's Clay", "tax_id": "000000000"}}
    return api.v1.accounts.create(given | {"capabilities": BOTH, "controller": COLLECTS} | more)


def events(api: Api, account: str) -> list[Any]:
    """Return the account's events, oldest first, as hashes."""
    return [event.to_dict() for event in api.v1.events.list({"limit": 100}, {"stripe_account": account}).data][::-1]


def test_link_has_no_id_and_ends_within_minutes_when_it_is_made(api: Api) -> None:
    bare = api.v1.accounts.create({"country": "US"})

    link = api.v1.account_links.create({"account": bare.id, "type": "account_onboarding", **URLS})

    assert "id" not in link
    assert link.expires_at - link.created == 300
    assert link.url.startswith(f"http://127.0.0.1:8001/setup/s/{bare.id}/")


def test_update_link_is_for_accounts_whose_requirements_the_platform_collects(api: Api) -> None:
    full, own = api.vendor(), api.vendor(controller=COLLECTS)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.account_links.create({"account": full.id, "type": "account_update", **URLS})

    assert caught.value.param == "type"
    assert api.v1.account_links.create({"account": own.id, "type": "account_update", **URLS}).url


@pytest.mark.parametrize("account", ["acct_none", "the platform"])
def test_link_is_refused_when_the_account_is_none_of_the_connected(api: Api, account: str) -> None:
    id = api.world.platform if account == "the platform" else account

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.account_links.create({"account": id, "type": "account_onboarding", **URLS})

    assert caught.value.param == "account"


def test_individual_is_hidden_when_a_link_was_made_unless_the_platform_collects(api: Api) -> None:
    full, own = api.vendor(), api.vendor(controller=COLLECTS)
    assert api.v1.accounts.retrieve(full.id).individual.first_name == "Vera"  # type: ignore[union-attr]

    for account in (full, own):
        api.v1.account_links.create({"account": account.id, "type": "account_onboarding", **URLS})

    assert api.v1.accounts.retrieve(full.id).individual is None
    assert api.v1.accounts.retrieve(own.id).individual is not None


def test_capability_follows_the_account_when_it_is_asked_for_and_given_up(api: Api) -> None:
    vendor = api.vendor(capabilities={"card_payments": {"requested": True}})
    calls = api.v1.accounts.capabilities

    before = calls.retrieve(vendor.id, "transfers")
    asked = calls.update(vendor.id, "transfers", {"requested": True})
    listed = [one.id for one in calls.list(vendor.id).data]
    calls.update(vendor.id, "transfers", {"requested": False})

    assert (before.status, before.requested, before.requested_at) == ("unrequested", False, None)
    assert (asked.status, asked.requested, asked.account) == ("active", True, vendor.id)
    assert asked.requested_at == api.world.clock.now()
    assert listed == ["card_payments", "transfers"]
    assert "transfers" not in api.v1.accounts.retrieve(vendor.id).capabilities
    told = [e["data"]["object"]["status"] for e in events(api, vendor.id) if e["type"] == "capability.updated"]
    assert told == ["active", "unrequested"]


@pytest.mark.parametrize(("name", "code"), [("flying", "resource_missing"), ("link_payments", "sandbox_unsupported")])
def test_capability_is_refused_by_name_when_it_is_none_here(api: Api, name: str, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.accounts.capabilities.retrieve(api.vendor().id, name)

    assert caught.value.code == code


def test_capability_says_what_it_lacks_when_the_account_was_not_onboarded(api: Api) -> None:
    bare = api.v1.accounts.create({"country": "US", "capabilities": BOTH})

    capability = api.v1.accounts.capabilities.retrieve(bare.id, "card_payments")

    assert (capability.status, capability.requirements.disabled_reason) == ("inactive", "pending.onboarding")
    assert "individual.phone" in capability.requirements.currently_due
    assert "external_account" not in capability.requirements.currently_due


def test_company_is_active_when_its_representative_verifies(api: Api) -> None:
    made = company(api)
    assert "representative.dob.day" in made.requirements.currently_due

    person = api.v1.accounts.persons.create(made.id, {"relationship": {"representative": True, "owner": True}})
    waiting = api.v1.accounts.retrieve(made.id)
    lacking = api.v1.accounts.persons.retrieve(made.id, person.id).requirements
    api.v1.accounts.persons.update(made.id, person.id, TEST_PERSON)  # type: ignore[arg-type]

    assert lacking
    assert "dob.day" in lacking.currently_due
    assert f"{person.id}.dob.day" in waiting.requirements.currently_due
    account, verified = api.v1.accounts.retrieve(made.id), api.v1.accounts.persons.retrieve(made.id, person.id)
    assert (account.charges_enabled, account.company.name) == (True, "Vera's Clay")
    assert (verified.verification.status, verified.ssn_last_4_provided) == ("verified", True)
    assert {"person.created", "person.updated", "account.updated"} <= {e["type"] for e in events(api, made.id)}


def test_secret_is_only_said_to_be_there_when_it_was_given(api: Api) -> None:
    made = company(api)
    person = api.v1.accounts.persons.create(made.id, {"ssn_last_4": "0000", "id_number": "000000000"})

    text = f"{person} {api.v1.accounts.retrieve(made.id)} {events(api, made.id)}"

    assert (person.ssn_last_4_provided, person.id_number_provided) == (True, True)
    assert "000000000" not in text
    assert "'0000'" not in text


def test_representative_stays_and_is_one_when_persons_come_and_go(api: Api) -> None:
    made = company(api)
    calls, role = api.v1.accounts.persons, {"relationship": {"representative": True}}
    first, other = calls.create(made.id, role), calls.create(made.id, {"first_name": "Otto"})  # type: ignore[arg-type]

    for refused in (
        lambda: calls.create(made.id, role),  # type: ignore[arg-type]
        lambda: calls.update(made.id, other.id, role),  # type: ignore[arg-type]
        lambda: calls.delete(made.id, first.id),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            refused()
    calls.delete(made.id, other.id)

    assert [one.id for one in calls.list(made.id).data] == [first.id]
    with pytest.raises(stripe.InvalidRequestError):
        calls.retrieve(made.id, other.id)
    assert events(api, made.id)[-1]["type"] == "person.deleted"


def test_change_names_the_bank_accounts_when_one_is_added_changed_or_taken_away(api: Api) -> None:
    made = company(api)
    calls = api.v1.accounts.external_accounts

    first = calls.create(made.id, {"external_account": BANK})  # type: ignore[arg-type]
    calls.create(made.id, {"external_account": BANK, "default_for_currency": True})  # type: ignore[arg-type]
    calls.delete(made.id, first.id)

    updates = [e["data"] for e in events(api, made.id) if e["type"] == "account.updated"]
    assert [len(data["previous_attributes"]["external_accounts"]["data"]) for data in updates] == [0, 1, 2]
    assert [len(data["object"]["external_accounts"]["data"]) for data in updates] == [1, 2, 1]
    assert updates[0]["previous_attributes"]["requirements"]["currently_due"][-1] == "external_account"
    told = [e["type"].rpartition(".")[2] for e in events(api, made.id) if "external_account" in e["type"]]
    assert told == ["created", "updated", "created", "deleted"]


def test_default_bank_account_stays_when_it_is_to_be_deleted(api: Api) -> None:
    vendor = api.vendor(external_account=BANK)
    (bank,) = api.v1.accounts.external_accounts.list(vendor.id).data

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.accounts.external_accounts.delete(vendor.id, bank.id)

    assert "default external account" in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("fraud_other", "platform_fraud"),
        ("terms_of_service", "platform_terms_of_service"),
        ("credit", "platform_other"),
    ],
)
def test_account_is_rejected_and_back_when_the_platform_answers_for_its_losses(
    api: Api, reason: Any, says: str
) -> None:
    vendor = api.vendor(controller=EXPRESS, external_account=BANK)

    rejected = api.v1.accounts.reject(vendor.id, {"reason": reason, "payouts_action": "none"})
    back = api.v1.accounts.unreject(vendor.id)

    assert (rejected.charges_enabled, rejected.payouts_enabled) == (False, True)
    assert rejected.requirements.disabled_reason == f"rejected.{says}"
    assert (back.charges_enabled, back.requirements.disabled_reason) == (True, None)


def test_account_is_not_rejected_when_the_provider_answers_for_its_losses(api: Api) -> None:
    vendor = api.vendor()

    for refused in (
        lambda: api.v1.accounts.reject(vendor.id, {"reason": "other"}),
        lambda: api.v1.accounts.unreject(vendor.id),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            refused()

    assert api.v1.accounts.retrieve(vendor.id).charges_enabled is True


def test_account_is_gone_when_it_is_deleted(api: Api) -> None:
    vendor, other = api.vendor(controller=EXPRESS), api.vendor()
    session = api.open_session(account=vendor.id)

    gone = api.v1.accounts.delete(vendor.id)

    assert gone.to_dict() == {"id": vendor.id, "object": "account", "deleted": True}
    assert [one.id for one in api.v1.accounts.list().data] == [other.id]
    with pytest.raises(stripe.PermissionError):
        api.v1.accounts.retrieve(vendor.id)
    with pytest.raises(stripe.PermissionError):
        api.v1.checkout.sessions.retrieve(session.id, {}, {"stripe_account": vendor.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(payment_intent_data={"transfer_data": {"destination": vendor.id}})
    assert caught.value.code == "resource_missing"


@pytest.mark.parametrize("verb", ["delete", "reject"])
def test_platform_s_own_account_stays_as_it_is(api: Api, verb: str) -> None:
    api.v1.accounts.retrieve_current()
    call = getattr(api.v1.accounts, verb)

    with pytest.raises(stripe.InvalidRequestError):
        call(api.world.platform, *([{"reason": "other"}] if verb == "reject" else []))


def test_change_names_only_what_changed_inside_a_hash(api: Api) -> None:
    vendor = api.vendor()

    api.v1.accounts.update(vendor.id, {"business_profile": {"url": "https://v.example"}})

    (event,) = events(api, vendor.id)
    assert event["data"]["previous_attributes"] == {"business_profile": {"url": None}}


def test_nothing_is_told_when_nothing_changed(api: Api) -> None:
    vendor = api.vendor()

    api.v1.accounts.update(vendor.id, {"email": "vera@example.com"})

    assert events(api, vendor.id) == []


def test_account_of_an_earlier_version_keeps_its_facts_when_it_is_read_again(api: Api) -> None:
    vendor = api.vendor()
    world = api.world
    stored = world.get(world.platform, "account", vendor.id) | {"_individual": TEST_PERSON}
    for person in world.find(vendor.id, "person"):
        world.delete(vendor.id, "person", person["id"])
    world.put(world.platform, "account", stored)

    account = api.v1.accounts.update(vendor.id, {"metadata": {"a": "b"}})

    assert account.charges_enabled is True
    assert [one.first_name for one in api.v1.accounts.persons.list(vendor.id).data] == ["Vera"]
