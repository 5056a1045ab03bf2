"""Accounts (v1, `controller`): enough to know which charge types an account can take.

`POST /v1/accounts` with the provider's test values is active at once, without onboarding: `individual` with
phone `0000000000`, `dob` 1901-01-01, address `line1` `address_full_match` and, in the US, `ssn_last_4`
`0000`; what is missing stands in `requirements.currently_due`. Invariant: an account that carries its own
losses (`controller.losses.payments=stripe`) takes direct charges only and is never the destination of a
transfer (docs.stripe.com/connect/accounts, /connect/testing).
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import DEMO_PLATFORM, Document, World
from store.sandbox.stripe import rules
from store.sandbox.stripe.money import COUNTRY_CURRENCY, check_currency
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import LISTS, Call, Route

CAPABILITIES = ("card_payments", "transfers")
# requirement → how it is met; the values are the provider's published test values.
TEST_FACTS: dict[str, Any] = {
    "individual.address.line1": "address_full_match",
    "individual.dob.day": 1,
    "individual.dob.month": 1,
    "individual.dob.year": 1901,
    "individual.phone": "0000000000",
    "individual.ssn_last_4": "0000",
}
DEFAULT_CONTROLLER = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}


def ensure_platform(world: World) -> Document:
    """Return the platform's own account (in the world's home country), making it in a new world."""
    if world.has(world.platform, "account", world.platform):
        return world.get(world.platform, "account", world.platform)
    account = _new_account(world, world.platform, world.home, COUNTRY_CURRENCY[world.home])
    account |= {
        "business_type": "company",
        "capabilities": dict.fromkeys(CAPABILITIES, "active"),
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "email": "olga@overprint.example",
        "type": "standard",
    }
    name = "Overprint" if world.platform == DEMO_PLATFORM else "Sandbox"
    account["business_profile"]["name"] = name
    account["settings"]["dashboard"]["display_name"] = name
    account["settings"]["payments"]["statement_descriptor"] = name.upper()
    world.put(world.platform, "account", account)
    return account


def create_account(call: Call) -> Document:
    """Create a connected account; prefilled with the test values it is active at once."""
    params = call.params
    country = params.get("country", "US").upper()
    currency = check_currency(params.get("default_currency", COUNTRY_CURRENCY[country]), "default_currency")
    account = _new_account(call.world, new_id("acct_1", 15), country, currency)
    account["controller"] = _read_controller(params.get("controller") or {})
    account["capabilities"] = {}
    account["_individual"] = {}
    _apply(account, params)
    call.world.put(call.world.platform, "account", account)
    return account


def retrieve_account(call: Call) -> Document:
    """Return a connected account of the platform, or the account the request acts in."""
    id = call.ids.get("account", call.account)
    if call.account not in (call.world.platform, id):
        raise Missing("account", id, "account")
    return call.world.get(call.world.platform, "account", id, param="account")


def list_accounts(call: Call) -> Document:
    """Return the platform's connected accounts, newest first."""
    return call.page("account", where=[("id", "IS NOT", call.world.platform)])


def update_account(call: Call) -> Document:
    """Change the given fields; what the account may do follows, and `account.updated` tells of it."""
    account = retrieve_account(call)
    before = dict(account)
    if account["id"] == call.world.platform:
        raise refuse("You cannot update your own account through the API.", param="account")
    _apply(account, call.params)
    call.world.put(call.world.platform, "account", account)
    changed = {k: v for k, v in before.items() if account[k] != v and not k.startswith("_")}
    if changed:
        call.world.emit(account["id"], "account.updated", account, changed)
    return account


def check_charging(world: World, account: str) -> None:
    """Refuse a payment on an account that may not take one yet."""
    owner = world.get(world.platform, "account", account)
    if not owner["charges_enabled"]:
        due = ", ".join(owner["requirements"]["currently_due"]) or "capability card_payments is not requested"
        raise refuse(
            f"The account {account} cannot create charges yet: charges_enabled is false. See its requirements ({due}).",
            code="account_invalid",
        )


def check_destination(world: World, destination: str, param: str) -> Document:
    """Return a transfer's destination; refuse one that is unknown, carries its own losses, or takes no transfers."""
    if destination == world.platform or not world.has(world.platform, "account", destination):
        raise refuse(f"No such destination: '{destination}'", param=param, code="resource_missing")
    account = world.get(world.platform, "account", destination)
    if account["controller"]["losses"]["payments"] == "stripe":
        raise refuse(
            f"The account {destination} cannot be the destination of a transfer: with losses carried by "
            "Stripe "
            "(controller.losses.payments) only direct charges are supported.",
            param=param,
            code="transfers_not_allowed",
        )
    if account["capabilities"].get("transfers") != "active":
        raise refuse(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers.",
            param=param,
            code="insufficient_capabilities_for_transfer",
        )
    return account


def _new_account(world: World, id: str, country: str, currency: str) -> Document:
    lists = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    requirements: Document = {name: [] for name in lists} | {
        "current_deadline": None,
        "disabled_reason": None,
    }
    profile = (
        "annual_revenue",
        "estimated_worker_count",
        "mcc",
        "minority_owned_business_designation",
        "name",
        "product_description",
        "support_address",
        "support_email",
        "support_phone",
        "support_url",
        "url",
    )
    return blank(
        world,
        "account",
        id=id,
        business_profile=dict.fromkeys(profile),
        charges_enabled=False,
        controller={"type": "account"},
        country=country,
        default_currency=currency,
        details_submitted=False,
        external_accounts={
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{id}/external_accounts",
        },
        future_requirements=requirements,
        payouts_enabled=False,
        requirements=requirements,
        settings={
            "bacs_debit_payments": {"display_name": None, "service_user_number": None},
            "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
            "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
            "card_payments": {
                "decline_on": {"avs_failure": False, "cvc_failure": False},
                **dict.fromkeys(f"statement_descriptor_prefix{suffix}" for suffix in ("", "_kana", "_kanji")),
            },
            "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "never"},
            "payments": dict.fromkeys(
                f"statement_descriptor{suffix}" for suffix in ("", "_kana", "_kanji", "_prefix_kana", "_prefix_kanji")
            ),
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
            "sepa_debit_payments": {},
        },
        tos_acceptance={"date": None, "ip": None, "user_agent": None},
        type="none",
    )


def _read_controller(given: dict[str, Any]) -> Document:
    controller: Document = {
        name: (value | given.get(name, {}) if isinstance(value, dict) else given.get(name, value))
        for name, value in DEFAULT_CONTROLLER.items()
    }
    return {"type": "application", "is_controller": True, **controller}


def _apply(account: Document, params: dict[str, Any]) -> None:
    """Write the given fields into the account, then work out what it may do."""
    for name in ("business_type", "email"):
        if name in params:
            account[name] = params[name]
    if "default_currency" in params:
        account["default_currency"] = check_currency(params["default_currency"] or "", "default_currency")
    if "metadata" in params:
        account["metadata"] = merge_metadata(account["metadata"], params["metadata"])
    for name in ("business_profile", "settings", "tos_acceptance"):
        if params.get(name):
            account[name] = _merge(account[name], params[name])
    if params.get("individual"):
        account["_individual"] = _merge(account["_individual"], params["individual"])
        account["business_type"] = account["business_type"] or "individual"
    if "external_account" in params:
        given = params["external_account"]
        account["external_accounts"]["data"] = [] if given is None else [make_bank_account(account, given)]
    for name, wanted in (params.get("capabilities") or {}).items():
        if wanted.get("requested"):
            account["capabilities"].setdefault(name, "inactive")
        else:
            account["capabilities"].pop(name, None)
    _verify(account)


def _verify(account: Document) -> None:
    missing = [name for name, value in TEST_FACTS.items() if not _has_fact(account, name, value)]
    if account["business_type"] != "individual":
        missing.insert(0, "business_type")
    done = not missing
    banks = [] if account["external_accounts"]["data"] else ["external_account"]
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active" if done else "inactive")
    account |= {
        "details_submitted": done,
        "charges_enabled": account["capabilities"].get("card_payments") == "active",
        "payouts_enabled": done and not banks,
        "requirements": account["requirements"]
        | {
            "currently_due": missing + banks,
            "eventually_due": missing + banks,
            "past_due": missing,
            "disabled_reason": None if done else "requirements.past_due",
        },
    }


def _has_fact(account: Document, name: str, value: Any) -> bool:
    if name.endswith("ssn_last_4") and account["country"] != "US":
        return True
    node: Any = account["_individual"]
    for step in name.split(".")[1:]:
        node = node.get(step) if isinstance(node, dict) else None
    if name.endswith("phone"):
        return bool(str(node or "").removeprefix("+1").replace("-", "") == value)
    return bool(node == value)


def make_bank_account(account: Document, given: Any) -> Document:
    """Return an external account; what is not given is that of a test account to which payouts arrive."""
    if isinstance(given, str) and not given.startswith("btok_"):
        raise Missing("token", given, "external_account")
    details = given if isinstance(given, dict) else {}
    number = str(details.get("account_number", "000123456789"))
    return {
        "id": new_id("ba_1", 23),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": details.get("account_holder_name"),
        "account_holder_type": details.get("account_holder_type"),
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "SANDBOX TEST BANK",
        "country": details.get("country", account["country"]),
        "currency": check_currency(
            details.get("currency") or account["default_currency"], "external_account[currency]"
        ),
        "default_for_currency": True,
        "fingerprint": f"sandbox{number[-4:]}",
        "last4": number[-4:],
        "metadata": {},
        "routing_number": details.get("routing_number", "110000000"),
        "status": "new",
        # What becomes of a payout to it.
        "_number": number,
    }


def _merge(old: Document, change: Document) -> Document:
    """Return a hash with the change merged in, hash by hash."""
    result = dict(old)
    for name, value in change.items():
        current = result.get(name)
        result[name] = _merge(current, value) if isinstance(value, dict) and isinstance(current, dict) else value
    return result


FIELDS = f"""
    email metadata business_type default_currency individual external_account tos_acceptance
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
)
