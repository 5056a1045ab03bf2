"""What must be known of an account before it may sell, and the provider's test values that prove it.

A fact has the provider's name (`individual.dob.day`; of a company's representative `representative.dob.day`, or with
the person's id once there is one). Only the published test values verify; anything else stays due and stands in
`requirements.errors` (docs.stripe.com/connect/testing, /connect/handling-api-verification).
"""

from typing import Any

from store.sandbox.kernel.world import Document

# fact → the value that verifies at once.
TEST_FACTS: dict[str, Any] = {
    "address.line1": "address_full_match",
    "dob.day": 1,
    "dob.month": 1,
    "dob.year": 1901,
    "phone": "0000000000",
    "ssn_last_4": "0000",
}
COMPANY_FACTS = {"name": None, "tax_id": "000000000"}  # any name will do
TEST_DOCUMENT = "file_identity_document_success"
TEST_CODE = "000000"
TEST_BANK = {
    "US": {"account_number": "000123456789", "routing_number": "110000000"},
    "JP": {"account_number": "0001234", "routing_number": "1100000"},
    # Elsewhere an IBAN says it all.
    "": {"account_number": "DE89370400440532013000", "routing_number": ""},
}
TEST_PERSON: Document = {
    "first_name": "Vera",
    "last_name": "Vendor",
    "phone": "0000000000",
    "dob": {"day": 1, "month": 1, "year": 1901},
    "address": {"line1": "address_full_match", "city": "Springfield", "postal_code": "12345"},
    "ssn_last_4": "0000",
}
TEST_COMPANY: Document = {"name": "Vera's Prints", "tax_id": "000000000"}
UNVERIFIED = (
    "verification_failed_keyed_identity",
    "This is not one of the test values, so the sandbox cannot verify it. Give the test value instead.",
)
UNREADABLE = (
    "verification_failed_keyed_identity",
    "The person's keyed-in identity information could not be verified. Correct it or give a document that matches it.",
)


def prefix_of(account: Document, person: Document | None) -> str:
    """Return what the names of the representative's facts begin with."""
    if account["business_type"] in (None, "individual"):
        return "individual."
    return f"{person['id']}." if person else "representative."


def list_missing(account: Document, person: Document | None) -> tuple[list[str], list[Document]]:
    """Return the facts that are due, and of those the ones that were given wrongly, as the provider's errors."""
    prefix = prefix_of(account, person)
    wanted = [(prefix + name, value, _read_fact(person, name)) for name, value in TEST_FACTS.items()]
    if account["country"] != "US":
        wanted = [row for row in wanted if not row[0].endswith("ssn_last_4")]
    if account["business_type"] not in (None, "individual"):
        company = account.get("_company") or {}
        wanted += [(f"company.{name}", value, company.get(name)) for name, value in COMPANY_FACTS.items()]
    missing, errors = [], []
    for name, value, given in wanted:
        if given == value or (value is None and given):
            continue
        missing.append(name)
        if given is not None:
            errors.append(make_error(name, *UNVERIFIED))
    if account["business_type"] is None:
        missing.insert(0, "business_type")
    if account.get("_by_page") and not account["tos_acceptance"]["date"]:
        # Whoever is onboarded on the provider's pages accepts its terms there.
        missing.append("tos_acceptance.date")
    return missing, errors


def make_error(requirement: str, code: str, reason: str) -> Document:
    """Return one row of `requirements.errors`."""
    return {"code": code, "reason": reason, "requirement": requirement}


def bank_for(country: str) -> Document:
    """Return the test bank account of a country as an external account is given."""
    details = TEST_BANK.get(country, TEST_BANK[""])
    return {"object": "bank_account", "country": country, **{k: v for k, v in details.items() if v}}


def _read_fact(person: Document | None, name: str) -> Any:
    if name == "ssn_last_4":
        return (person or {}).get("_ssn_last_4")
    node: Any = person
    for step in name.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    if name == "phone" and node is not None:
        return str(node).removeprefix("+1").replace("-", "")
    return node
