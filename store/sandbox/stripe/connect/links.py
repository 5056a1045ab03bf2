"""Account links and login links: addresses for one visit, within minutes (docs.stripe.com/connect/hosted-onboarding).

The visit opens a stay on the pages, which has an address of its own and ends an hour after it began. Times are those of
the sandbox's clock. Invariant: an address leads in once; a second visit, like a late one, finds it used.
"""

import secrets

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe import rules
from store.sandbox.stripe.connect.accounts import named_account
from store.sandbox.stripe.connect.settling import settle
from store.sandbox.stripe.routing import Call, Route

ACCOUNT_LINK, LOGIN_LINK = "account_link", "login_link"
# Where a link leads: a stay on the onboarding pages lets nobody in to the dashboard.
SETUP_STAY, DASHBOARD_STAY = "setup_stay", "dashboard_stay"
STAYS = {ACCOUNT_LINK: SETUP_STAY, LOGIN_LINK: DASHBOARD_STAY}
LINK_SECONDS = 300
STAY_SECONDS = 3600
SETUP_PATH, LOGIN_PATH = "/setup/s/", "/express/"


def create_account_link(call: Call) -> Document:
    """Return the address at which the account's owner is onboarded."""
    params = call.params
    account = named_account(call, params["account"])
    if account["id"] == call.world.platform:
        raise refuse("You cannot create an account link for your own account.", param="account")
    collects = account["controller"]["requirement_collection"] == "application"
    if params["type"] == "account_update" and not collects:
        raise refuse(
            "You cannot create `account_update` type Account Links for this account: only for accounts whose "
            "requirements the platform collects (controller.requirement_collection=application).",
            param="type",
        )
    if not account.get("_linked"):
        settle(call.world, account | {"_linked": True})
    urls = {f"_{name}": params.get(name) for name in ("return_url", "refresh_url")}
    link = _make(
        call, account, ACCOUNT_LINK, SETUP_PATH, expires_at=call.now + LINK_SECONDS, _type=params["type"], **urls
    )
    return {name: value for name, value in link.items() if name != "id"}


def create_login_link(call: Call) -> Document:
    """Return the address that logs the account's owner in to the Express dashboard."""
    account = named_account(call, call.ids["account"])
    if account["controller"].get("stripe_dashboard", {}).get("type") != "express":
        raise refuse(
            "Cannot create a login link for an account that has no Express Dashboard "
            "(controller.stripe_dashboard.type=express).",
            param="account",
        )
    if not account["details_submitted"]:
        raise refuse("Cannot create a login link for an account that has not completed onboarding.", param="account")
    link = _make(call, account, LOGIN_LINK, LOGIN_PATH, _expires_at=call.now + LINK_SECONDS)
    return {name: value for name, value in link.items() if name != "id"}


def follow_link(world: World, kind: str, account: str, secret: str) -> tuple[Document | None, Document | None]:
    """Use a link up; return it (None: there is no such link) and the stay it opens (None: it is used or late)."""
    if not world.has(account, kind, secret):
        return None, None
    with world.tx():
        link = world.get(account, kind, secret)
        ends = link.get("expires_at") or link["_expires_at"]
        if link.get("_used") or ends <= world.clock.now():
            return link, None
        world.put(account, kind, link | {"_used": True})
        return link, open_stay(world, STAYS[kind], account, link)


def open_stay(world: World, kind: str, account: str, link: Document | None = None) -> Document:
    """Let somebody in to an account's pages for an hour; `link` says where they go afterwards."""
    kept = {name: (link or {}).get(name) for name in ("_return_url", "_refresh_url")}
    stay = {"id": _secret(), "object": kind, "_ends_at": world.clock.now() + STAY_SECONDS, **kept}
    world.put(account, kind, stay)
    return stay


def find_stay(world: World, kind: str, account: str, secret: str) -> tuple[Document | None, bool]:
    """Return a stay (None: there is none) and whether it is still good."""
    if not world.has(account, kind, secret):
        return None, False
    stay = world.get(account, kind, secret)
    return stay, stay["_ends_at"] > world.clock.now()


def end_stay(world: World, account: str, stay: Document) -> None:
    """End a stay before its time."""
    world.put(account, stay["object"], stay | {"_ends_at": 0})


def _make(call: Call, account: Document, kind: str, path: str, **more: object) -> Document:
    secret = _secret()
    link: Document = {"id": secret, "object": kind, "created": call.now}
    link |= {"url": f"{call.origin}{path}{account['id']}/{secret}", **more}
    call.world.put(account["id"], kind, link)
    return link


def _secret() -> str:
    return secrets.token_urlsafe(18)


ROUTES = (
    Route(
        "POST /v1/account_links",
        create_account_link,
        "account type return_url refresh_url collect collection_options",
        (rules.ACCOUNT_LINK,),
    ),
    Route("POST /v1/accounts/{account}/login_links", create_login_link),
)
