"""What the account's owner does on the onboarding pages, step by step; the pages themselves are elsewhere.

business → person → bank → review. Each step is kept as soon as it is right, so that a new link goes on where the last
one stopped. Invariant: nothing is submitted, and nothing active, before the review is sent.
"""

import re
from collections.abc import Callable, Mapping

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.connect import facts
from store.sandbox.stripe.connect.account_body import apply_company, replace_bank
from store.sandbox.stripe.connect.outcomes import OUTCOMES, REASONS, accept_terms, decide
from store.sandbox.stripe.connect.people import find_representative, give_facts, has_document
from store.sandbox.stripe.connect.settling import settle

STEPS = ("business", "person", "bank", "review")
DOCUMENT_STEP = "document"
TITLES = {
    "business": "Your business",
    "person": "About you",
    "bank": "Where your money goes",
    "document": "A document is needed",
    "review": "Check and submit",
}
# What a person chooses on the review page: who leaves does so on the dashboard.
CHOICES = tuple(one for one in OUTCOMES if one != "deauthorized")
MOST_MINUTES, MOST_DAYS = 60 * 24 * 366, 366
BUSINESS_TYPES = (("individual", "An individual or sole trader"), ("company", "A company"))
PERSON_FIELDS = (
    *("tax_id", "first_name", "last_name", "day", "month", "year", "line1", "city", "postal_code"),
    *("ssn_last_4", "phone", "code"),
)
Form = Mapping[str, str]
Errors = dict[str, str]


def list_steps(account: Document) -> tuple[str, ...]:
    """Return the steps of an account, in order: a restricted one is asked for a document first."""
    if (account.get("_outcome") or {}).get("kind") == "restricted":
        return (DOCUMENT_STEP, "review")
    return STEPS


def next_step(world: World, account: Document) -> str:
    """Return the first step that lacks something; review when none does."""
    person = find_representative(world, account)
    if DOCUMENT_STEP in list_steps(account):
        return "review" if has_document(person) else DOCUMENT_STEP
    if account["business_type"] is None or not (account["business_profile"] or {}).get("name"):
        return "business"
    missing, _ = facts.list_missing(account, person)
    if [name for name in missing if name != "tos_acceptance.date"]:
        return "person"
    return "review" if account["external_accounts"]["data"] else "bank"


def find_end(account: Document) -> tuple[str, str] | None:
    """Return title and words for an account of which nothing is asked: rejected, or under review; else None."""
    asked = account["requirements"]
    if (asked["disabled_reason"] or "").startswith("rejected."):
        return "This account was rejected", "It can neither sell nor be paid, and nothing that you give changes that."
    if asked["pending_verification"] and not asked["currently_due"]:
        return "Your details are under review", "Nothing is asked of you until the review ends, by the sandbox's clock."
    return None


def begin(world: World, account: Document) -> Document:
    """Note that the account is onboarded on these pages, so that its terms are accepted here; return it."""
    if account.get("_by_page") or account["details_submitted"]:
        return account
    account["_by_page"] = True
    return settle(world, account)


def read_values(world: World, account: Document) -> dict[str, str]:
    """Return what is known of the account, by the names of the pages' fields; secrets are not shown again."""
    person = find_representative(world, account) or {}
    dob, address = person.get("dob") or {}, person.get("address") or {}
    banks = account["external_accounts"]["data"]
    known = {
        "business_type": account["business_type"] or "individual",
        "business_name": (account["business_profile"] or {}).get("name"),
        "website": (account["business_profile"] or {}).get("url"),
        "first_name": person.get("first_name"),
        "last_name": person.get("last_name"),
        "phone": person.get("phone"),
        "day": dob.get("day"),
        "month": dob.get("month"),
        "year": dob.get("year"),
        "line1": address.get("line1"),
        "city": address.get("city"),
        "postal_code": address.get("postal_code"),
        "bank": banks[0]["last4"] if banks else None,
        "document": ((person.get("verification") or {}).get("document") or {}).get("front"),
    }
    asked_anew = dict.fromkeys(("account_number", "routing_number", "outcome", "minutes", "days", "reason"))
    return {name: "" if value is None else str(value) for name, value in (asked_anew | known).items()}


def test_values(account: Document, step: str) -> dict[str, str]:
    """Return the values that **Use test data** puts into a step; what verifies is the provider's published data."""
    person, country = facts.TEST_PERSON, account["country"]
    if step == "business":
        name = (account["business_profile"] or {}).get("name")
        return {
            "business_type": account["business_type"] or "individual",
            "business_name": name or facts.TEST_COMPANY["name"],
        }
    if step == "person":
        dob = {name: str(value) for name, value in person["dob"].items()}
        own = {name: person[name] for name in ("first_name", "last_name", "phone", "ssn_last_4")}
        return {**own, **dob, **person["address"], "code": facts.TEST_CODE, "tax_id": facts.COMPANY_FACTS["tax_id"]}
    if step == "bank":
        return {k: v for k, v in facts.bank_for(country).items() if k.endswith("number")}
    return {"document": facts.TEST_DOCUMENT}


def keep_step(world: World, account: Document, step: str, form: Form) -> Errors:
    """Keep what a step was given, or return what is wrong with it, by field; then nothing was kept."""
    return KEEPERS[step](world, account, form)


def submit(world: World, account: Document, form: Form, ip: str) -> Errors:
    """Accept the terms and let the provider decide as the form says, or return what is wrong with it."""
    outcome, errors = form.get("outcome", "active"), {}
    if outcome not in CHOICES:
        errors["outcome"] = "Choose what shall become of the account."
    minutes, days = (_read_number(form, name, most) for name, most in (("minutes", MOST_MINUTES), ("days", MOST_DAYS)))
    if outcome == "review" and minutes is None:
        errors["minutes"] = f"Enter for how many minutes, 0 to {MOST_MINUTES}."
    if outcome == "restricted" and days is None:
        errors["days"] = f"Enter in how many days it is due, 0 to {MOST_DAYS}."
    reason = form.get("reason", REASONS[0])
    if reason not in REASONS:
        errors["reason"] = "Choose why the account is rejected."
    if not errors:
        accept_terms(account, world.clock.now(), ip)
        decide(world, account, outcome, minutes=minutes, days=days, reason=reason)
    return errors


def _keep_business(world: World, account: Document, form: Form) -> Errors:
    errors = _require(form, business_name="Enter the name your customers know.")
    kind, website = form.get("business_type", ""), form.get("website", "")
    if kind not in [name for name, _ in BUSINESS_TYPES]:
        errors["business_type"] = "Choose what kind of business this is."
    if website and not re.fullmatch(r"https?://[^\s/]+\S*", website):
        errors["website"] = "Enter an address that begins with https://, or nothing."
    if errors:
        return errors
    account["business_type"] = kind
    account["business_profile"] |= {"name": form["business_name"], "url": website or None}
    if kind != "individual":
        apply_company(account, {"name": form["business_name"]})
    settle(world, account)
    return {}


def _keep_person(world: World, account: Document, form: Form) -> Errors:
    errors = _require(
        form,
        first_name="Enter your first name.",
        last_name="Enter your last name.",
        phone="Enter your telephone number.",
        line1="Enter your address.",
        city="Enter your town or city.",
        postal_code="Enter your postcode.",
    )
    numbers = {name: int(form[name]) for name in ("day", "month", "year") if form.get(name, "").isdecimal()}
    if len(numbers) < 3 or not (1 <= numbers["day"] <= 31 and 1 <= numbers["month"] <= 12):
        errors["day"] = "Enter your date of birth as three numbers, for example 1, 1 and 1901."
    if form.get("code") != facts.TEST_CODE:
        errors["code"] = f"Enter the code from the text message: here it is always {facts.TEST_CODE}."
    american, company = account["country"] == "US", account["business_type"] != "individual"
    if american and not re.fullmatch(r"\d{4}", form.get("ssn_last_4", "")):
        errors["ssn_last_4"] = "Enter the last four digits of your Social Security number."
    if company and not form.get("tax_id"):
        errors["tax_id"] = "Enter the company's tax number."
    if errors:
        # As they stand on the page, so that the summary leads through it.
        return {name: errors[name] for name in PERSON_FIELDS if name in errors}
    given: Document = {name: form[name] for name in ("first_name", "last_name", "phone")}
    given["dob"] = numbers
    given["address"] = {name: form[name] for name in ("line1", "city", "postal_code")} | {"country": account["country"]}
    if american:
        given["ssn_last_4"] = form["ssn_last_4"]
    if company:
        apply_company(account, {"tax_id": form["tax_id"]})
    if account["email"]:
        given["email"] = account["email"]
    settle(world, account, give_facts(world, account, given))
    return {}


def _keep_bank(world: World, account: Document, form: Form) -> Errors:
    number, routing = (
        re.sub(r"[\s-]", "", form.get(name, "")).upper() for name in ("account_number", "routing_number")
    )
    if account["external_accounts"]["data"] and not number and not routing:
        return {}
    errors = {}
    if not re.fullmatch(r"[A-Z0-9]{5,34}", number):
        errors["account_number"] = "Enter the account number: letters and digits, at least five."
    needs_routing = "routing_number" in facts.bank_for(account["country"])
    if needs_routing and not re.fullmatch(r"\d{5,9}", routing):
        errors["routing_number"] = "Enter the routing number: five to nine digits."
    if not errors:
        details = {"object": "bank_account", "country": account["country"], "account_number": number}
        replace_bank(account, details | ({"routing_number": routing} if needs_routing else {}))
        settle(world, account)
    return errors


def _keep_document(world: World, account: Document, form: Form) -> Errors:
    if form.get("document") != facts.TEST_DOCUMENT:
        return {"document": f"Only the test document verifies here: {facts.TEST_DOCUMENT}."}
    given = {"verification": {"document": {"front": facts.TEST_DOCUMENT}}}
    settle(world, account, give_facts(world, account, given))
    return {}


def _read_number(form: Form, name: str, most: int) -> int | None:
    text = form.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,7}", text) and int(text) <= most else None


def _require(form: Form, **messages: str) -> Errors:
    return {name: message for name, message in messages.items() if not form.get(name)}


KEEPERS: dict[str, Callable[[World, Document, Form], Errors]] = {
    "business": _keep_business,
    "person": _keep_person,
    "bank": _keep_bank,
    "document": _keep_document,
}
