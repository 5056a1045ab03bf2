"""What the button asks about orders, under the script's client id: a look at one, and the calls `actions.order` makes.

The look tells what the library compares with its own address. The calls go through the API itself with the app's
credentials: making an order in the browser works, and that whoever sits there sets the price is the library's warning.
Invariant: only the button's own frame is answered, no page of another site.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from litestar import Request, Response, Router, get, route
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal import api
from store.sandbox.paypal.app import SECRET_TAIL, merchant_id

ORDERS = "/v2/checkout/orders"
VERBS = ("capture", "authorize")


@get("/{order_id:str}/summary")
async def summarise_order(
    request: Request[Any, Any, Any], worlds: NamedDependency[Worlds], order_id: FromPath[str]
) -> Response[Any]:
    """Tell intent, currency and payees of an order of the script's app; the API's refusal when it has none such."""
    sent = await _call(request, worlds, "GET", f"{ORDERS}/{order_id}")
    if sent.status != 200:
        return _pass_on(sent)
    order = json.loads(sent.body)
    units = order["purchase_units"]
    merchant = merchant_id(request.query_params.get("client-id", ""))
    payees = [unit.get("payee") or {"merchant_id": merchant} for unit in units]
    return Response(
        {
            "id": order["id"],
            "status": order.get("status"),
            "intent": order["intent"].lower(),
            "currency": units[0]["amount"]["currency_code"],
            "payees": [payee.get("merchant_id") or payee.get("email_address") for payee in payees],
            "merchant": merchant,
        }
    )


@route("/", http_method=["POST"])
async def create_order(request: Request[Any, Any, Any], worlds: NamedDependency[Worlds]) -> Response[Any]:
    """Create an order, as `actions.order.create`."""
    return _pass_on(await _call(request, worlds, "POST", ORDERS))


@route("/{order_id:str}", http_method=["GET", "PATCH"])
async def answer_order(
    request: Request[Any, Any, Any], worlds: NamedDependency[Worlds], order_id: FromPath[str]
) -> Response[Any]:
    """Get or patch an order, as `actions.order.get` and `.patch`."""
    return _pass_on(await _call(request, worlds, request.method, f"{ORDERS}/{order_id}"))


@route("/{order_id:str}/{verb:str}", http_method=["POST"])
async def settle_order(
    request: Request[Any, Any, Any], worlds: NamedDependency[Worlds], order_id: FromPath[str], verb: FromPath[str]
) -> Response[Any]:
    """Capture or authorise an order, as `actions.order.capture` and `.authorize`."""
    return _pass_on(await _call(request, worlds, "POST", f"{ORDERS}/{order_id}/{verb if verb in VERBS else '-'}"))


async def _call(request: Request[Any, Any, Any], worlds: Worlds, method: str, path: str) -> api.Sent:
    client_id = request.query_params.get("client-id", "")
    credentials = base64.b64encode(f"{client_id}:{client_id}{SECRET_TAIL}".encode()).decode()
    headers = {
        "authorization": f"Basic {credentials}",
        "content-type": "application/json",
        "prefer": "return=representation",
        "host": request.headers.get("host", ""),
    }
    return await api.handle(worlds, api.Request(method, path, headers, b"", await request.body()))


def _pass_on(sent: api.Sent) -> Response[bytes]:
    return Response(sent.body, status_code=sent.status, media_type="application/json")


def _refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise PermissionDeniedException("Only the button's own frame is answered here: use the API from your server.")


order_calls = Router(
    "/orders",
    route_handlers=[summarise_order, create_order, answer_order, settle_order],
    before_request=_refuse_other_sites,
)
