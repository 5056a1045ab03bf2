"""What an account may do now: the one place that works it out, from its facts, its outcome and the time.

An outcome is what the provider decides after onboarding; a tester chooses it. Invariant: `judge` is pure but for the
documents it is given, so the same facts at the same time always give the same account (docs.stripe.com/connect/
handling-api-verification).
"""

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.stripe.connect.facts import UNREADABLE, list_missing, make_error, prefix_of

CAPABILITIES = ("card_payments", "transfers")
LISTS = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
BANK = "external_account"
# The account's reason → the capability's, which has words of its own.
CAPABILITY_REASONS = {
    "requirements.past_due": "requirements.fields_needed",
    "requirements.pending_verification": "pending.review",
}


def blank_requirements() -> Document:
    """Return requirements that ask for nothing."""
    return {name: [] for name in LISTS} | {"current_deadline": None, "disabled_reason": None}


def judge(account: Document, person: Document | None, now: int) -> None:
    """Write into the account, and its representative, what follows from facts, outcome and time (epoch seconds)."""
    missing, errors = list_missing(account, person)
    outcome = account.get("_outcome") or {"kind": "active"}
    banks = [] if account["external_accounts"]["data"] else [BANK]
    document = prefix_of(account, person) + "verification.document"
    asked: Document = {"currently_due": missing + banks, "errors": errors}
    status, able, pays = "inactive", False, False
    if outcome["kind"] == "rejected":
        asked, pays = {"disabled_reason": f"rejected.{outcome['reason']}"}, outcome.get("pays", False)
    elif missing:
        asked |= {"past_due": missing, "disabled_reason": "requirements.past_due"}
    elif outcome["kind"] == "review" and now < outcome["until"]:
        status = "pending"
        asked |= {"pending_verification": [document], "disabled_reason": "requirements.pending_verification"}
    elif outcome["kind"] == "restricted":
        able = pays = now < outcome["due"]
        asked = {"currently_due": [document, *banks], "current_deadline": outcome["due"]}
        asked["errors"] = [make_error(document, *UNREADABLE)]
        if not able:
            asked |= {"past_due": [document], "disabled_reason": "requirements.past_due"}
    else:
        able = pays = True
    status = "active" if able else status
    account["capabilities"] = dict.fromkeys(account["capabilities"], status)
    account |= {
        "details_submitted": not missing,
        "charges_enabled": account["capabilities"].get("card_payments") == "active",
        "payouts_enabled": pays and not banks,
        "requirements": blank_requirements() | asked | {"eventually_due": asked.get("currently_due", [])},
    }
    if person:
        _judge_person(account, person, able)


def describe_capability(account: Document, name: str) -> Document:
    """Return the capability object: what is asked for it is what is asked of the account, its bank aside."""
    requested = name in account["capabilities"]
    asked = blank_requirements()
    if requested:
        asked = {key: _without_bank(value) for key, value in account["requirements"].items()}
        asked["disabled_reason"] = _reason_of(account)
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "future_requirements": blank_requirements(),
        "requested": requested,
        "requested_at": account.get("_requested", {}).get(name, account["created"]) if requested else None,
        "requirements": asked,
        "status": account["capabilities"].get(name, "unrequested"),
    }


def _judge_person(account: Document, person: Document, able: bool) -> None:
    requirements, prefix = account["requirements"], prefix_of(account, person)
    own: Document = {
        key: [name.removeprefix(prefix) for name in value if name.startswith(prefix)]
        for key, value in requirements.items()
        if key in LISTS and key not in ("errors", "alternatives")
    }
    own |= {"alternatives": [], "errors": []}
    for error in requirements["errors"]:
        if error["requirement"].startswith(prefix):
            own["errors"].append(error | {"requirement": error["requirement"].removeprefix(prefix)})
    pending = bool(requirements["pending_verification"])
    status = "pending" if pending else "verified" if able and not own["currently_due"] else "unverified"
    person["requirements"] = own
    person["verification"] = person["verification"] | {"status": status}


def _reason_of(account: Document) -> str | None:
    reason = account["requirements"]["disabled_reason"]
    if reason is None:
        return None
    if not account["details_submitted"]:
        return "pending.onboarding"
    return CAPABILITY_REASONS.get(reason, "rejected.other")


def _without_bank(value: Any) -> Any:
    return [item for item in value if item != BANK] if isinstance(value, list) else value
