"""The walk through Connect: capabilities, persons, bank accounts, links, rejection, and the end of an account."""

from __future__ import annotations

from typing import Any

from tests.sandbox.api.conformance.steps import Do, Step, id_of
from tests.sandbox.api.conftest import BOTH, EXPRESS

COLLECTS = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "requirement_collection": "application",
    "stripe_dashboard": {"type": "none"},
}
BANK = {"object": "bank_account", "country": "US", "account_number": "000123456789", "routing_number": "110000000"}
OWNER = {"first_name": "Otto", "last_name": "Owner", "relationship": {"owner": True, "percent_ownership": 25}}


def of_company(name: str) -> Any:
    """Return the arguments for one of the company's things, by the name it is kept under."""
    return lambda kept: (kept["company"]["id"], kept[name]["id"])


def company() -> dict[str, Any]:
    return {
        "country": "US",
        "business_type": "company",
        "company": {"name": "Vera's Clay", "tax_id": "000000000", "phone": "0000000000"},
        "capabilities": BOTH,
        "controller": COLLECTS,
    }


CONNECT: tuple[Step | Do, ...] = (
    Step("POST /v1/accounts", "accounts.create", lambda kept: (company(),), "company"),
    Step("GET /v1/accounts/{account}/capabilities", "accounts.capabilities.list", id_of("company")),
    Step(
        "GET /v1/accounts/{account}/capabilities/{capability}",
        "accounts.capabilities.retrieve",
        lambda kept: (kept["company"]["id"], "transfers"),
    ),
    *(
        Step(
            "POST /v1/accounts/{account}/capabilities/{capability}",
            "accounts.capabilities.update",
            lambda kept, wanted=wanted: (kept["company"]["id"], "transfers", {"requested": wanted}),  # type: ignore[misc]
        )
        for wanted in (False, True)
    ),
    Step(
        "POST /v1/accounts/{account}/persons",
        "accounts.persons.create",
        lambda kept: (
            kept["company"]["id"],
            {
                "first_name": "Vera",
                "relationship": {"representative": True},
                "dob": {"day": 1, "month": 1, "year": 1901},
            },
        ),
        "representative",
    ),
    Step(
        "POST /v1/accounts/{account}/persons",
        "accounts.persons.create",
        lambda kept: (kept["company"]["id"], OWNER),
        "owner",
    ),
    Step(
        "POST /v1/accounts/{account}/persons/{person}",
        "accounts.persons.update",
        lambda kept: (
            kept["company"]["id"],
            kept["representative"]["id"],
            {
                "phone": "0000000000",
                "address": {"line1": "address_full_match", "city": "Springfield"},
                "ssn_last_4": "0000",
                "metadata": {"a": "b"},
            },
        ),
    ),
    Step("GET /v1/accounts/{account}/persons/{person}", "accounts.persons.retrieve", of_company("representative")),
    Step(
        "GET /v1/accounts/{account}/persons",
        "accounts.persons.list",
        lambda kept: (kept["company"]["id"], {"relationship": {"owner": True}}),
    ),
    Step("DELETE /v1/accounts/{account}/persons/{person}", "accounts.persons.delete", of_company("owner")),
    *(
        Step(
            "POST /v1/accounts/{account}/external_accounts",
            "accounts.external_accounts.create",
            lambda kept: (kept["company"]["id"], {"external_account": BANK, "metadata": {"a": "b"}}),
            name,
        )
        for name in ("bank", "other bank")
    ),
    Step(
        "POST /v1/accounts/{account}/external_accounts/{id}",
        "accounts.external_accounts.update",
        lambda kept: (
            kept["company"]["id"],
            kept["other bank"]["id"],
            {"account_holder_name": "Vera", "account_holder_type": "company", "default_for_currency": True},
        ),
    ),
    Step(
        "GET /v1/accounts/{account}/external_accounts/{id}", "accounts.external_accounts.retrieve", of_company("bank")
    ),
    Step("GET /v1/accounts/{account}/external_accounts", "accounts.external_accounts.list", id_of("company")),
    Step(
        "DELETE /v1/accounts/{account}/external_accounts/{id}", "accounts.external_accounts.delete", of_company("bank")
    ),
    Step("GET /v1/accounts/{account}", "accounts.retrieve", id_of("company")),
    Step(
        "POST /v1/account_links",
        "account_links.create",
        lambda kept: (
            {
                "account": kept["company"]["id"],
                "type": "account_update",
                "return_url": "http://localhost:8000/done",
                "refresh_url": "http://localhost:8000/again",
                "collection_options": {"fields": "eventually_due", "future_requirements": "include"},
            },
        ),
    ),
    Step("POST /v1/accounts/{account}/login_links", "accounts.login_links.create", id_of("vendor")),
    Step(
        "POST /v1/accounts/{account}/reject",
        "accounts.reject",
        lambda kept: (kept["company"]["id"], {"reason": "fraud_other", "payouts_action": "none"}),
    ),
    Step("POST /v1/accounts/{account}/unreject", "accounts.unreject", id_of("company")),
    # What the account itself was told, person, bank and capability aside.
    Step(
        "GET /v1/events",
        "events.list",
        lambda kept: ({"limit": 100}, {"stripe_account": kept["company"]["id"]}),
        "company's events",
    ),
    Step(
        "POST /v1/accounts",
        "accounts.create",
        lambda kept: ({"country": "DE", "controller": EXPRESS},),
        "short-lived one",
    ),
    Step("DELETE /v1/accounts/{account}", "accounts.delete", id_of("short-lived one")),
)
