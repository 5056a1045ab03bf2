"""OAuth at the connect base: `POST /oauth/deauthorize`, as the client's `oauth.deauthorize` calls it.

Its errors are OAuth's: `error` is a word and `error_description` a sentence (docs.stripe.com/connect/oauth-reference).
Invariant: whoever is not connected any more cannot leave a second time.
"""

import json
from collections.abc import Mapping

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.forms import decode_form
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.stripe.connect.outcomes import leave_platform
from store.sandbox.stripe.connect.settling import connected
from store.sandbox.stripe.keys import read_key
from store.sandbox.stripe.objects import APPLICATION

DEAUTHORIZE = "/oauth/deauthorize"


def answer_oauth(worlds: Worlds, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Answer one request below `/oauth` with status and JSON; `headers` have lower-case names."""
    if (method, path) != ("POST", DEAUTHORIZE):
        return _refuse(404, "invalid_request", f"The sandbox does not support {method} {path}; it has {DEAUTHORIZE}.")
    try:
        key = read_key(headers.get("authorization"))
        world, given = worlds.find(key.tail), decode_form(body)
    except ApiError as error:
        return _refuse(error.status, "invalid_request", error.error["message"])
    if key.kind == "pk" or key.read_only:
        return _refuse(401, "invalid_request", "A secret key is needed to deauthorize an account.")
    client, account = str(given.get("client_id", "")), str(given.get("stripe_user_id", ""))
    if not client or not account:
        missing = "stripe_user_id" if client else "client_id"
        return _refuse(400, "invalid_request", f"Missing required parameter: {missing}")
    if client != APPLICATION:
        return _refuse(401, "invalid_client", f"No such application: '{client}'")
    return _deauthorize(world, account)


def _deauthorize(world: World, id: str) -> tuple[int, bytes]:
    account = connected(world, id)
    if account is None:
        words = f"This application is not connected to stripe account {id}, or that account does not exist."
        return _refuse(401, "invalid_client", words)
    if account["controller"]["stripe_dashboard"]["type"] == "none":
        words = f"The account {id} has no Dashboard of its own and cannot leave; delete it instead."
        return _refuse(400, "invalid_request", words)
    leave_platform(world, account)
    return 200, json.dumps({"stripe_user_id": id}).encode()


def _refuse(status: int, error: str, description: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": error, "error_description": description}).encode()
