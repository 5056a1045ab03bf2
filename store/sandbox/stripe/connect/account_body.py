"""The account object: with every field the provider's own has, and how given fields get into it.

Invariant: a hash is merged field by field; what verifies an account is decided elsewhere (`standing.py`).
"""

from typing import Any

from store.sandbox.kernel.errors import Unsupported
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import DEMO_PLATFORM, Document, World
from store.sandbox.stripe.connect.banks import default_bank, make_bank_account
from store.sandbox.stripe.connect.people import ADDRESS
from store.sandbox.stripe.connect.standing import CAPABILITIES, blank_requirements
from store.sandbox.stripe.money import COUNTRY_CURRENCY, check_currency
from store.sandbox.stripe.objects import blank

DEFAULT_CONTROLLER = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
PROFILE = (
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
COMPANY_SECRETS = ("tax_id", "vat_id")


def ensure_platform(world: World) -> Document:
    """Return the platform's own account (in the world's home country), making it in a new world."""
    if world.has(world.platform, "account", world.platform):
        return world.get(world.platform, "account", world.platform)
    account = new_account(world, world.platform, world.home, COUNTRY_CURRENCY[world.home])
    account |= {
        "business_type": "company",
        "capabilities": dict.fromkeys(CAPABILITIES, "active"),
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "email": "olga@overprint.example",
        "type": "standard",
    }
    name = platform_name(world)
    account["business_profile"]["name"] = name
    account["settings"]["dashboard"]["display_name"] = name
    account["settings"]["payments"]["statement_descriptor"] = name.upper()
    world.put(world.platform, "account", account)
    return account


def platform_name(world: World) -> str:
    """Return what the platform, and its application, is called."""
    return "Overprint" if world.platform == DEMO_PLATFORM else "Sandbox"


def new_account(world: World, id: str, country: str, currency: str) -> Document:
    """Return a new account that may do nothing yet."""
    return blank(
        world,
        "account",
        id=id,
        business_profile=dict.fromkeys(PROFILE),
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
        future_requirements=blank_requirements(),
        payouts_enabled=False,
        requirements=blank_requirements(),
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


def read_controller(given: dict[str, Any]) -> Document:
    """Return the controller with the provider's defaults for what was not said."""
    controller: Document = {
        name: (value | given.get(name, {}) if isinstance(value, dict) else given.get(name, value))
        for name, value in DEFAULT_CONTROLLER.items()
    }
    return {"type": "application", "is_controller": True, **controller}


def apply_params(account: Document, params: dict[str, Any], now: int) -> None:
    """Write the given fields into the account, those of its representative aside."""
    for name in ("business_type", "email"):
        if name in params:
            account[name] = params[name]
    if "default_currency" in params:
        account["default_currency"] = check_currency(params["default_currency"] or "", "default_currency")
    if "metadata" in params:
        account["metadata"] = merge_metadata(account["metadata"], params["metadata"])
    for name in ("business_profile", "settings", "tos_acceptance"):
        if params.get(name):
            account[name] = merge(account[name], params[name])
    if params.get("individual"):
        account["business_type"] = account["business_type"] or "individual"
    if params.get("company"):
        apply_company(account, params["company"])
    if "external_account" in params:
        replace_bank(account, params["external_account"])
    for name, wanted in (params.get("capabilities") or {}).items():
        request_capability(account, name, bool(wanted.get("requested")), now)


def apply_company(account: Document, given: dict[str, Any]) -> None:
    """Write a company's fields; its numbers are kept beside and only said to be there."""
    account["_company"] = (account.get("_company") or {}) | given
    known = account["_company"]
    shown: Document = {name: known.get(name) for name in ("name", "phone")}
    shown["address"] = dict.fromkeys(ADDRESS) | (known.get("address") or {})
    account["company"] = shown | {f"{name}_provided": bool(known.get(name)) for name in COMPANY_SECRETS}


def replace_bank(account: Document, given: Any) -> None:
    """Put a bank account in the place of the default one of its currency; None takes all away."""
    data = account["external_accounts"]["data"]
    if given is None:
        account["external_accounts"]["data"] = []
        return
    bank = make_bank_account(account, given)
    old = default_bank(account, bank["currency"])
    account["external_accounts"]["data"] = [bank, *(one for one in data if one is not old)]


def request_capability(account: Document, name: str, wanted: bool, now: int) -> None:
    """Ask for a capability or give it up; Unsupported for one that the sandbox does not play."""
    if name not in CAPABILITIES:
        raise Unsupported(f"the capability {name}", param=f"capabilities[{name}]")
    if not wanted:
        account["capabilities"].pop(name, None)
    elif name not in account["capabilities"]:
        account["capabilities"][name] = "inactive"
        account["_requested"] = account.get("_requested", {}) | {name: now}


def merge(old: Document, change: Document) -> Document:
    """Return a hash with the change merged in, hash by hash."""
    result = dict(old)
    for name, value in change.items():
        current = result.get(name)
        result[name] = merge(current, value) if isinstance(value, dict) and isinstance(current, dict) else value
    return result
