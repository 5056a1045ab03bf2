"""Persons of an account: made, changed, found. What is secret of them is kept beside and only said to be there.

Invariant: an account has at most one representative, who stands for the individual's own facts too
(docs.stripe.com/api/persons).
"""

from typing import Any

from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.spec import object_fields
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.objects import blank

PERSON = "person"
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
ROLES = ("authorizer", "director", "executive", "legal_guardian", "owner", "percent_ownership", "representative")
SECRETS = ("ssn_last_4", "id_number", "id_number_secondary")
SIDES = ("back", "front")
EMPTY_DOCUMENT: Document = dict.fromkeys(("back", "details", "details_code", "front"))


def make_person(world: World, account: str, facts: dict[str, Any], *, representative: bool = True) -> Document:
    """Return a new person with these facts; it is not kept yet."""
    person = blank(
        world,
        PERSON,
        account=account,
        address=dict.fromkeys(ADDRESS),
        dob=dict.fromkeys(("day", "month", "year")),
        full_name_aliases=[],
        relationship=dict.fromkeys((*ROLES[:-1], "title")) | {"representative": representative},
        verification={
            "additional_document": dict(EMPTY_DOCUMENT),
            "details": None,
            "details_code": None,
            "document": dict(EMPTY_DOCUMENT),
            "status": "unverified",
        },
    )
    person |= {f"{name}_provided": False for name in SECRETS}
    lists = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    person["requirements"] = {name: [] for name in lists}
    person["future_requirements"] = {name: [] for name in lists}
    apply_facts(person, facts)
    return person


def apply_facts(person: Document, facts: dict[str, Any]) -> None:
    """Write the given facts into a person, hash by hash; None clears one."""
    known = object_fields(PERSON)
    for name, value in facts.items():
        if name in SECRETS:
            person[f"_{name}"] = value
            person[f"{name}_provided"] = value is not None
        elif name == "metadata":
            person["metadata"] = merge_metadata(person["metadata"], value)
        elif name == "verification":
            _take_documents(person, value or {})
        elif name == "relationship":
            person[name] = person[name] | _read_roles(value or {})
        elif name in known and name != "id":
            current = person.get(name)
            if isinstance(current, dict):
                person[name] = current | (value if isinstance(value, dict) else dict.fromkeys(current))
            else:
                person[name] = [] if value is None and isinstance(current, list) else value


def find_representative(world: World, account: Document) -> Document | None:
    """Return the person who stands for the account, or None."""
    for person in world.find(account["id"], PERSON):
        if not person.get("_deleted") and (person.get("relationship") or {}).get("representative"):
            return person
    # Kept by an earlier version: facts without a person.
    earlier = account.pop("_individual", None)
    return make_person(world, account["id"], earlier) if earlier else None


def give_facts(world: World, account: Document, facts: dict[str, Any]) -> Document:
    """Return the account's representative with these facts, a new one if need be; it is not kept yet."""
    person = find_representative(world, account)
    if person is None:
        return make_person(world, account["id"], facts)
    apply_facts(person, facts)
    return person


def has_document(person: Document | None) -> bool:
    """Tell whether a document of identity was given."""
    return bool(person and person["verification"]["document"]["front"])


def _take_documents(person: Document, given: dict[str, Any]) -> None:
    verification = dict(person["verification"])
    for name in ("document", "additional_document"):
        sides = {side: value for side, value in (given.get(name) or {}).items() if side in SIDES}
        verification[name] = (verification[name] or EMPTY_DOCUMENT) | sides
    person["verification"] = verification


def _read_roles(given: dict[str, Any]) -> dict[str, Any]:
    share = given.get("percent_ownership")
    return given | ({"percent_ownership": float(share)} if share is not None else {})
