"""Accounts (v1, `controller`): opened, read, changed, rejected, deleted.

`POST /v1/accounts` with the provider's test values is active at once, without onboarding: `individual` with
phone `0000000000`, `dob` 1901-01-01, address `line1` `address_full_match` and, in the US, `ssn_last_4`
`0000`; what is missing stands in `requirements.currently_due` (docs.stripe.com/connect/testing).
"""

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.connect.account_body import apply_params, new_account, read_controller
from store.sandbox.stripe.connect.outcomes import set_outcome
from store.sandbox.stripe.connect.people import give_facts, has_document
from store.sandbox.stripe.connect.settling import KIND, find_account, settle
from store.sandbox.stripe.connect.standing import CAPABILITIES
from store.sandbox.stripe.money import COUNTRY_CURRENCY, check_currency
from store.sandbox.stripe.routing import LISTS, Call, Route

# The platform's own reasons for a rejection → what the account says of it.
PLATFORM_REASONS = {
    "fraud_no_intent_to_fulfill": "platform_fraud",
    "fraud_other": "platform_fraud",
    "fraud_payment_method_casher": "platform_fraud",
    "fraud_payment_method_tester": "platform_fraud",
    "terms_of_service": "platform_terms_of_service",
    "credit": "platform_other",
    "other": "platform_other",
}


def create_account(call: Call) -> Document:
    """Create a connected account; prefilled with the test values it is active at once."""
    params = call.params
    country = params.get("country", "US").upper()
    currency = check_currency(params.get("default_currency", COUNTRY_CURRENCY[country]), "default_currency")
    account = new_account(call.world, new_id("acct_1", 15), country, currency)
    account["controller"] = read_controller(params.get("controller") or {})
    account["capabilities"] = {}
    apply_params(account, params, call.now)
    facts = params.get("individual")
    return settle(call.world, account, give_facts(call.world, account, facts) if facts else None)


def retrieve_account(call: Call) -> Document:
    """Return a connected account of the platform, or the account the request acts in."""
    return named_account(call, call.ids.get("account", call.account))


def list_accounts(call: Call) -> Document:
    """Return the platform's connected accounts, newest first."""
    gone = [("_left", "IS", None), ("_deleted", "IS", None)]
    return call.page(KIND, where=[("id", "IS NOT", call.world.platform), *gone])


def update_account(call: Call) -> Document:
    """Change the given fields; what the account may do follows, and `account.updated` tells of it."""
    account = owned_account(call)
    apply_params(account, call.params, call.now)
    facts = call.params.get("individual")
    person = give_facts(call.world, account, facts) if facts else None
    if has_document(person) and (account.get("_outcome") or {}).get("kind") == "restricted":
        account["_outcome"] = {"kind": "active"}
    return settle(call.world, account, person)


def delete_account(call: Call) -> Document:
    """Delete a connected account, as a test account may be at any time; what was paid on it stays."""
    account = owned_account(call)
    call.world.put(call.world.platform, KIND, account | {"_deleted": True})
    call.world.unschedule("account.judge", account["id"])
    return {"id": account["id"], "object": KIND, "deleted": True}


def reject_account(call: Call) -> Document:
    """Reject an account for whose losses the platform answers; it can neither charge nor, by default, be paid out."""
    account = owned_account(call)
    if account["controller"]["losses"]["payments"] != "application":
        raise refuse("Only accounts where your platform is liable for negative account balances can be rejected.")
    reason = PLATFORM_REASONS.get(call.params["reason"])
    if reason is None:
        raise refuse(f"Invalid reason: must be one of {', '.join(PLATFORM_REASONS)}", param="reason")
    pays = call.params.get("payouts_action") == "none"
    return set_outcome(call.world, account, {"kind": "rejected", "reason": reason, "by": "platform", "pays": pays})


def unreject_account(call: Call) -> Document:
    """Take the platform's own rejection back; one by the provider stays."""
    account = owned_account(call)
    if (account.get("_outcome") or {}).get("by") != "platform":
        raise refuse("Only accounts that were rejected by your platform can be unrejected.")
    return set_outcome(call.world, account, {"kind": "active"})


def named_account(call: Call, id: str) -> Document:
    """Return the account of an address: any of the platform's, or only its own for a connected account."""
    if call.account not in (call.world.platform, id):
        raise Missing("account", id, "account")
    return find_account(call.world, id)


def owned_account(call: Call) -> Document:
    """Return the account of an address that the platform may change; not its own."""
    account = retrieve_account(call)
    if account["id"] == call.world.platform:
        raise refuse("You cannot update your own account through the API.", param="account")
    return account


FIELDS = f"""
    email metadata business_type default_currency individual external_account tos_acceptance
    company.name company.phone company.tax_id company.vat_id company.address
    {" ".join(f"capabilities.{name}" for name in CAPABILITIES)}
    business_profile.mcc business_profile.name business_profile.product_description
    business_profile.support_address business_profile.support_email business_profile.support_phone
    business_profile.support_url business_profile.url
    settings.branding.primary_color settings.branding.secondary_color
    settings.payments.statement_descriptor settings.payouts settings.card_payments.statement_descriptor_prefix
"""

ROUTES = (
    Route("POST /v1/accounts", create_account, f"{FIELDS} country controller", (rules.ACCOUNT_CREATE,)),
    Route("GET /v1/accounts/{account}", retrieve_account),
    Route("GET /v1/account", retrieve_account),
    Route("GET /v1/accounts", list_accounts, f"{LISTS} created"),
    Route("POST /v1/accounts/{account}", update_account, FIELDS),
    Route("DELETE /v1/accounts/{account}", delete_account),
    Route("POST /v1/accounts/{account}/reject", reject_account, "reason payouts_action"),
    Route("POST /v1/accounts/{account}/unreject", unreject_account),
)
