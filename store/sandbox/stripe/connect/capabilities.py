"""Capabilities of an account, one by one: asked for, given up, read (docs.stripe.com/connect/account-capabilities)."""

from store.sandbox.kernel.errors import Missing, Unsupported
from store.sandbox.kernel.lists import list_given
from store.sandbox.kernel.spec import request_node
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.connect.account_body import request_capability
from store.sandbox.stripe.connect.accounts import owned_account, retrieve_account
from store.sandbox.stripe.connect.settling import settle
from store.sandbox.stripe.connect.standing import CAPABILITIES, describe_capability
from store.sandbox.stripe.routing import Call, Route


def retrieve_capability(call: Call) -> Document:
    """Return one capability, `unrequested` when nobody asked for it."""
    account = retrieve_account(call)
    return describe_capability(account, _known(call.ids["capability"]))


def list_capabilities(call: Call) -> Document:
    """Return the capabilities that were asked for."""
    account = retrieve_account(call)
    asked = [describe_capability(account, name) for name in CAPABILITIES if name in account["capabilities"]]
    return list_given(call.path, asked, {})


def update_capability(call: Call) -> Document:
    """Ask for a capability, or give it up."""
    account, name = owned_account(call), _known(call.ids["capability"])
    if "requested" in call.params:
        request_capability(account, name, bool(call.params["requested"]), call.now)
    return describe_capability(settle(call.world, account), name)


def _known(name: str) -> str:
    if name in CAPABILITIES:
        return name
    if name in request_node("POST /v1/accounts")["p"]["capabilities"]["p"]:
        raise Unsupported(f"the capability {name}")
    raise Missing("capability", name, "capability")


ROUTES = (
    Route("GET /v1/accounts/{account}/capabilities", list_capabilities),
    Route("GET /v1/accounts/{account}/capabilities/{capability}", retrieve_capability),
    Route("POST /v1/accounts/{account}/capabilities/{capability}", update_capability, "requested"),
)
