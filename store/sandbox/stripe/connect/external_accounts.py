"""External accounts by the API: bank accounts added, read, changed, deleted (docs.stripe.com/api/external_accounts).

Invariant: the default bank account of the account's own currency stays; another one must be made the default first.
"""

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.lists import list_given
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.connect.accounts import owned_account, retrieve_account
from store.sandbox.stripe.connect.banks import default_bank, make_bank_account, make_default
from store.sandbox.stripe.connect.settling import settle
from store.sandbox.stripe.routing import LISTS, Call, Route


def create_external_account(call: Call) -> Document:
    """Add a bank account; the first of its currency is the default."""
    account = owned_account(call)
    bank = make_bank_account(account, call.params["external_account"])
    bank["metadata"] = merge_metadata({}, call.params.get("metadata") or {})
    bank["default_for_currency"] = False
    first = default_bank(account, bank["currency"]) is None
    account["external_accounts"]["data"].append(bank)
    if first or call.params.get("default_for_currency"):
        make_default(account, bank)
    settle(call.world, account)
    return bank


def retrieve_external_account(call: Call) -> Document:
    """Return one bank account of the account."""
    return _find(retrieve_account(call), call.ids["id"])


def list_external_accounts(call: Call) -> Document:
    """Return the account's bank accounts."""
    banks = retrieve_account(call)["external_accounts"]["data"]
    kind = call.params.get("object", "bank_account")
    return list_given(call.path, [bank for bank in banks if bank["object"] == kind], call.params)


def update_external_account(call: Call) -> Document:
    """Change holder and metadata, or make it the default of its currency."""
    account = owned_account(call)
    bank = _find(account, call.ids["id"])
    for name in ("account_holder_name", "account_holder_type"):
        if name in call.params:
            bank[name] = call.params[name]
    if "metadata" in call.params:
        bank["metadata"] = merge_metadata(bank["metadata"], call.params["metadata"])
    if call.params.get("default_for_currency"):
        make_default(account, bank)
    settle(call.world, account)
    return bank


def delete_external_account(call: Call) -> Document:
    """Take a bank account away, unless it is the default that payouts need."""
    account = owned_account(call)
    bank = _find(account, call.ids["id"])
    banks = account["external_accounts"]["data"]
    others = [one for one in banks if one is not bank and one["currency"] == bank["currency"]]
    if bank["default_for_currency"] and (others or bank["currency"] == account["default_currency"]):
        raise refuse(
            "You cannot delete the default external account for your default currency. Please make another external "
            "account the default using the `default_for_currency` param, and then delete this one."
        )
    banks.remove(bank)
    settle(call.world, account)
    return {"id": bank["id"], "object": "bank_account", "deleted": True}


def _find(account: Document, id: str) -> Document:
    for bank in account["external_accounts"]["data"]:
        if bank["id"] == id:
            found: Document = bank
            return found
    raise Missing("external account", id)


ROUTES = (
    Route(
        "POST /v1/accounts/{account}/external_accounts",
        create_external_account,
        "external_account default_for_currency metadata",
    ),
    Route("GET /v1/accounts/{account}/external_accounts/{id}", retrieve_external_account),
    Route("GET /v1/accounts/{account}/external_accounts", list_external_accounts, f"{LISTS} object"),
    Route(
        "POST /v1/accounts/{account}/external_accounts/{id}",
        update_external_account,
        "account_holder_name account_holder_type default_for_currency metadata",
    ),
    Route("DELETE /v1/accounts/{account}/external_accounts/{id}", delete_external_account),
)
