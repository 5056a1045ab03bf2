"""Persons of an account by the API: made, read, changed, deleted (docs.stripe.com/api/persons).

Invariant: an account keeps its representative, and has one only.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Condition, Document, public
from store.sandbox.stripe.connect.accounts import owned_account, retrieve_account
from store.sandbox.stripe.connect.people import PERSON, apply_facts, find_representative, make_person
from store.sandbox.stripe.connect.settling import changes, settle
from store.sandbox.stripe.routing import LISTS, Call, Route

FIELDS = """
    address dob email first_name last_name maiden_name metadata nationality phone political_exposure relationship
    ssn_last_4 id_number verification
"""


def create_person(call: Call) -> Document:
    """Add a person; with `relationship[representative]` the one who stands for the account."""
    account = owned_account(call)
    stands = bool((call.params.get("relationship") or {}).get("representative"))
    there = find_representative(call.world, account)
    if stands and there:
        raise refuse("The account already has a representative.", param="relationship[representative]")
    if account["business_type"] == "individual" and there:
        raise refuse("An account of an individual has one person only: update the account's `individual` instead.")
    person = make_person(call.world, account["id"], _facts(call), representative=stands)
    return _keep(call, account, person, None)


def retrieve_person(call: Call) -> Document:
    """Return one person of the account."""
    account = retrieve_account(call)
    return call.world.get(account["id"], PERSON, call.ids["person"], param="person")


def list_persons(call: Call) -> Document:
    """Return the persons of the account, newest first, by their roles."""
    account = retrieve_account(call)
    where: list[Condition] = [("_deleted", "IS", None)]
    where += [(f"relationship.{role}", "IS", is_so) for role, is_so in (call.params.get("relationship") or {}).items()]
    return Call(call.world, account["id"], call.params, call.ids, call.path, call.origin).page(PERSON, where=where)


def update_person(call: Call) -> Document:
    """Change a person's facts; what the account may do follows."""
    account, person = owned_account(call), retrieve_person(call)
    before = public(person)
    apply_facts(person, _facts(call))
    there = find_representative(call.world, account)
    if person["relationship"]["representative"] and there and there["id"] != person["id"]:
        raise refuse("The account already has a representative.", param="relationship[representative]")
    return _keep(call, account, person, before)


def delete_person(call: Call) -> Document:
    """Take a person off the account; the representative stays."""
    account, person = owned_account(call), retrieve_person(call)
    if person["relationship"]["representative"]:
        raise refuse("The representative of an account cannot be deleted.", param="person")
    call.world.put(account["id"], PERSON, person | {"_deleted": True})
    call.world.emit(account["id"], "person.deleted", person)
    return {"id": person["id"], "object": PERSON, "deleted": True}


def _facts(call: Call) -> Document:
    return {name: value for name, value in call.params.items() if name != "expand"}


def _keep(call: Call, account: Document, person: Document, before: Document | None) -> Document:
    """Keep a person with its events; the representative with the account's as well."""
    if person["relationship"]["representative"]:
        settle(call.world, account, person)
        return person
    call.world.put(account["id"], PERSON, person)
    if before is None:
        call.world.emit(account["id"], "person.created", person)
    elif changed := changes(before, public(person)):
        call.world.emit(account["id"], "person.updated", person, changed)
    settle(call.world, account)
    return person


ROUTES = (
    Route("POST /v1/accounts/{account}/persons", create_person, FIELDS),
    Route("GET /v1/accounts/{account}/persons/{person}", retrieve_person),
    Route("GET /v1/accounts/{account}/persons", list_persons, f"{LISTS} relationship"),
    Route("POST /v1/accounts/{account}/persons/{person}", update_person, FIELDS),
    Route("DELETE /v1/accounts/{account}/persons/{person}", delete_person),
)
