"""What the provider decides about an account, as a tester chooses it: on the review page, by a card or by a command.

active | review (until a moment) | restricted (due at a moment) | rejected (a reason) | deauthorized (the account left
the platform). What a moment brings about happens by the sandbox's clock, with its events. Invariant: an outcome is
never half there: the account, its capabilities and the events about them commit together.
"""

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.connect.account_body import apply_company, platform_name, replace_bank
from store.sandbox.stripe.connect.facts import COMPANY_FACTS, TEST_COMPANY, TEST_PERSON, bank_for
from store.sandbox.stripe.connect.people import find_representative, give_facts
from store.sandbox.stripe.connect.settling import KIND, find_account, settle
from store.sandbox.stripe.objects import APPLICATION

JOB = "account.judge"
# The last a platform hears of an account that leaves it.
FAREWELL = "account.application.deauthorized"
OUTCOMES = ("active", "review", "restricted", "rejected", "deauthorized")
REASONS = ("fraud", "incomplete_verification", "listed", "other", "terms_of_service")
MINUTE, DAY = 60, 86400
REVIEW_MINUTES, DUE_DAYS = 5, 7


def decide(
    world: World,
    account: Document,
    outcome: str,
    *,
    minutes: int | None = None,
    days: int | None = None,
    reason: str | None = None,
) -> None:
    """Bring about one of `OUTCOMES`, completing the facts first where it comes after onboarding."""
    now = world.clock.now()
    with world.tx():
        if outcome == "deauthorized":
            return leave_platform(world, account)
        decided: Document = {"kind": outcome}
        if outcome == "review":
            decided["until"] = now + MINUTE * (REVIEW_MINUTES if minutes is None else minutes)
        elif outcome == "restricted":
            decided["due"] = now + DAY * (DUE_DAYS if days is None else days)
        elif outcome == "rejected":
            decided["reason"] = reason or REASONS[0]
        # Settled once: nobody hears of an account that was active in between.
        set_outcome(world, account, decided, None if outcome == "rejected" else complete_facts(world, account))
    return None


def set_outcome(world: World, account: Document, outcome: Document, person: Document | None = None) -> Document:
    """Decide about an account; `outcome` has `kind` and its `until`, `due` (epoch seconds) or `reason`.

    `person` is its representative where that changed as well.
    """
    account["_outcome"] = outcome
    with world.tx():
        _schedule(world, account)
        return settle(world, account, person)


def resume(world: World) -> None:
    """Wait again for what accounts had before them when they were seeded: a reset forgets everything that is due."""
    for account in world.find(world.platform, KIND):
        _schedule(world, account)


def complete_facts(world: World, account: Document) -> Document:
    """Give an account every fact it lacks, as its owner would; return its representative. Nothing is kept yet."""
    known = find_representative(world, account) or {}
    # A name that was given stays; the facts that verify are the test values.
    lacking = {name: value for name, value in TEST_PERSON.items() if not name.endswith("_name") or not known.get(name)}
    if account["business_type"] is None:
        account["business_type"] = "individual"
    if account["business_type"] != "individual":
        apply_test_company(account)
    if account.get("_by_page") and not account["tos_acceptance"]["date"]:
        accept_terms(account, world.clock.now())
    if not account["external_accounts"]["data"]:
        replace_bank(account, bank_for(account["country"]))
    return give_facts(world, account, lacking)


def apply_test_company(account: Document) -> None:
    """Give a company the facts of the test company that it lacks."""
    known = account.get("_company") or {}
    apply_company(account, {name: TEST_COMPANY[name] for name in COMPANY_FACTS if not known.get(name)})


def accept_terms(account: Document, now: int, ip: str = "127.0.0.1") -> None:
    """Write down that the account's owner accepted the provider's terms."""
    account["tos_acceptance"] = account["tos_acceptance"] | {"date": now, "ip": ip}


def leave_platform(world: World, account: Document) -> None:
    """Deauthorise: tell the platform once more about the account, then give it no access any more."""
    with world.tx():
        application = {"id": APPLICATION, "object": "application", "name": platform_name(world)}
        world.emit(account["id"], FAREWELL, application)
        world.put(world.platform, KIND, account | {"_left": True})
        world.unschedule(JOB, account["id"])


def join_platform(world: World, account: Document) -> Document:
    """Authorise again what had left, as its owner would."""
    with world.tx():
        account.pop("_left", None)
        world.put(world.platform, KIND, account)
        application = {"id": APPLICATION, "object": "application", "name": platform_name(world)}
        world.emit(account["id"], "account.application.authorized", application)
    return account


@due_job(JOB)
def _judge_again(world: World, account: str, id: str) -> None:
    settle(world, find_account(world, id))


def _schedule(world: World, account: Document) -> None:
    outcome = account.get("_outcome") or {}
    moment = outcome.get("until") or outcome.get("due")
    world.unschedule(JOB, account["id"])
    if moment and moment > world.clock.now():
        world.schedule(moment, JOB, world.platform, account["id"])
