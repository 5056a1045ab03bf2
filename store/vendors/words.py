"""What the provider wants of a vendor, by when and why, in words a person can act on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from babel.dates import format_date
from msgspec import Struct

# By the last known part of the provider's name. docs.stripe.com/api/accounts/object#account_object-requirements
NAMES = {
    "external_account": "a bank account for your payouts",
    "business_type": "what kind of business you are",
    "business_profile.mcc": "what your shop sells",
    "business_profile.url": "the address of your website",
    "business_profile.product_description": "a description of what you sell",
    "business_profile": "details of your business",
    "company.tax_id": "your company’s tax number",
    "company.address": "your company’s address",
    "company.phone": "your company’s phone number",
    "company.name": "your company’s name",
    "company": "details of your company",
    "dob": "your date of birth",
    "first_name": "your name",
    "last_name": "your name",
    "address": "your address",
    "phone": "your phone number",
    "email": "your email address",
    "ssn_last_4": "the last four digits of your social security number",
    "id_number": "your identity number",
    "verification.additional_document": "a second document that shows your address",
    "verification.document": "a picture of your passport or identity card",
    "verification": "a proof of who you are",
    "tos_acceptance": "that you accept Stripe’s terms",
    "owners": "who owns your company",
    "directors": "who directs your company",
    "representative": "who represents your company",
}
PEOPLE = ("individual", "person_", "representative", "owners", "directors")
REASONS = {
    "rejected.fraud": "Stripe suspects fraud.",
    "rejected.terms_of_service": "What you sell is not allowed by Stripe’s terms.",
    "rejected.listed": "You are on a list of people or companies that Stripe may not serve.",
    "rejected.other": "Stripe does not say more.",
    "platform_paused": "Overprint has paused your account.",
    "requirements.past_due": "Something Stripe asked for is overdue.",
    "requirements.pending_verification": "Stripe is checking what you sent.",
    "under_review": "Stripe is looking at your account.",
    "listed": "Stripe is checking a list of people and companies that it may not serve.",
}


class Told(Struct, frozen=True):
    """What the provider wants: each need once, the day it is wanted by ("" when none is set), and why."""

    needs: tuple[str, ...] = ()
    by: str = ""
    why: str = ""
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Everything that is needed in one sentence, "" when nothing is."""
        if not self.needs:
            return ""
        until = f", by {self.by}" if self.by else ""
        return f"Stripe still needs: {', '.join(self.needs)}{until}."


def explain_requirements(requirements: str) -> Told:
    """`requirements` is the JSON that `sync_account` keeps of the provider's list."""
    told: dict[str, Any] = msgspec.json.decode(requirements or "{}")
    deadline = told.get("current_deadline")
    reason = told.get("disabled_reason") or ""
    due = (*told.get("past_due", ()), *told.get("currently_due", ()))
    return Told(
        needs=_name_all(due),
        by=_name_day(deadline) if deadline else "",
        why=REASONS.get(reason, "Stripe rejected the account." if reason.startswith("rejected") else ""),
        problems=tuple(dict.fromkeys(text for _, text in told.get("errors", ()) if text)),
        waiting=_name_all(told.get("pending_verification", ())),
    )


def name_requirement(name: str) -> str:
    """One of the provider's names in words; one that we do not know is said as the provider spells it."""
    first, _, rest = name.partition(".")
    path = rest if rest and first.startswith(PEOPLE) else name
    while path:
        if path in NAMES:
            return NAMES[path]
        path = path.rpartition(".")[0]
    last = name.rpartition(".")[2].replace("_", " ")
    return f"“{last}”"


def _name_all(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name_requirement(name) for name in names))


def _name_day(moment: str) -> str:
    return str(format_date(datetime.fromisoformat(moment).astimezone(UTC), "d MMMM y", locale="en_GB"))
