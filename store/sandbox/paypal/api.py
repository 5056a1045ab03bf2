"""PayPal's paths: authenticate, find the world, check, answer once per request id, encode.

Framework-free: bytes in, bytes out. Invariant: a request has its whole effect or none, and every answer carries
`paypal-debug-id`, the same as the `debug_id` of its body.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal import request_ids
from store.sandbox.paypal.app import App, check_basic, find_app
from store.sandbox.paypal.certificates import CERTS_PATH, open_authority
from store.sandbox.paypal.errors import Issue, PayPalError, encode, issue, missing
from store.sandbox.paypal.mock import mocked_issue
from store.sandbox.paypal.objects import link
from store.sandbox.paypal.resources import ROUTES
from store.sandbox.paypal.routing import Answer, Call, Route
from store.sandbox.paypal.spec import find_operation, operation, path_pattern
from store.sandbox.paypal.standing import check_open
from store.sandbox.paypal.tokens import answer_token
from store.sandbox.paypal.validate import check_body

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105
ROOTS = (
    *("/v1/oauth2/", "/v1/payments/", "/v1/notifications/", "/v1/customer/", "/v1/reporting/"),
    *("/v2/checkout/", "/v2/payments/"),
)
Hold = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)
_PATTERNS = [(route, path_pattern(route[1])) for route in ROUTES]


def owns(path: str) -> bool:
    """Tell whether a path is one of PayPal's APIs, which share the port with the other provider's."""
    return path.startswith(ROOTS)


@dataclass(frozen=True)
class Request:
    """What came in, with lower-case header names, and the debug id it was given."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: bytes
    body: bytes
    id: str = field(default_factory=partial(secrets.token_hex, 7))

    @property
    def origin(self) -> str:
        """Where the client reached the sandbox."""
        return f"http://{self.headers.get('host', '127.0.0.1:8001')}"

    @property
    def answer_headers(self) -> dict[str, str]:
        """What every answer to this request carries."""
        return {"Content-Type": "application/json", "Paypal-Debug-Id": self.id}


@dataclass(frozen=True)
class Sent:
    """One answer: status, headers, body, and whether a request id was known already."""

    status: int
    headers: dict[str, str]
    body: bytes
    replayed: bool = False


async def handle(worlds: Worlds, request: Request, *, hold: Hold | None = None) -> Sent:
    """Answer one request; `hold` is awaited after the request id is claimed and before anything happens."""
    replayed, answer_headers = False, request.answer_headers
    try:
        if request.path == TOKEN_PATH:
            if request.method != "POST":
                raise PayPalError(405)
            return Sent(200, answer_headers, encode(answer_token(worlds, request.headers, request.body)))
        if request.path.startswith(CERTS_PATH) and request.method == "GET":
            chain = open_authority(worlds.demo.folder).read_chain(request.path.removeprefix(CERTS_PATH))
            if chain is None:
                raise missing()
            return Sent(200, answer_headers | {"Content-Type": "application/x-pem-file"}, chain)
        app = find_app(worlds, request.headers)
        _catch_up(app.world)
        route, params = _find_route(request.method, request.path)
        call = _check(app, request, route, params)
        if request_ids.counts(call):
            with request_ids.claimed(call):
                kept = request_ids.recall(call)
                replayed = kept is not None
                if hold and kept is None:
                    await hold()
                answer = await (_repeat(call, *kept) if kept else _execute(route, call))
        else:
            if hold:
                await hold()
            answer = await _execute(route, call)
        status, body = answer.status, shorten(call, answer)
    except PayPalError as error:
        status, body = error.status, error.show(request.id)
    except ApiError as error:
        # What the world itself refuses: an id that is nothing, or a fault rule whose client went away.
        refusal = missing() if error.status == 404 else PayPalError(503, message=str(error))
        status, body = refusal.status, refusal.show(request.id)
    except Exception:
        log.exception("the sandbox failed on %s %s", request.method, request.path)
        status, body = 500, PayPalError(500).show(request.id)
    if body is None:
        del answer_headers["Content-Type"]
        return Sent(status, answer_headers, b"", replayed)
    return Sent(status, answer_headers, encode(body), replayed)


def refuse_outside(request: Request, status: int, message: str) -> tuple[int, dict[str, str], bytes]:
    """Return the refusal of a request that never reached `handle` or lost its answer (too large, a fault)."""
    return status, request.answer_headers, encode(PayPalError(status, message=message).show(request.id))


def name_account(worlds: Worlds, headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the platform and the merchant id that a request's credentials belong to; both empty for nobody's."""
    basic = headers.get("authorization", "").lower().startswith("basic ")
    try:
        app = check_basic(worlds, headers) if basic else find_app(worlds, headers)
    except PayPalError:
        return "", ""
    return app.world.platform, app.merchant_id


def shorten(call: Call, answer: Answer) -> Any:
    """Return the body as the caller prefers it: whole, or id, status and links where the operation knows `Prefer`."""
    whole = answer.body
    if call.prefer_representation or not isinstance(whole, dict) or "Prefer" not in _parameters(call):
        return whole
    if answer.minimal is not None:
        return answer.minimal
    return {name: whole[name] for name in ("id", "status", "links") if name in whole}


def _parameters(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = operation(call.operation_id)["parameters"]
    return found


def _catch_up(world: World) -> None:
    """Do what is due first, so that an answer never shows an order whose time is up."""
    try:
        world.tick()
    except Exception:
        log.exception("the sandbox failed on what was due")


def _find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route, pattern in _PATTERNS:
        if route[0] == method and (match := pattern.fullmatch(path)):
            return route, match.groupdict()
    if any(find_operation(other, path) for other in ("GET", "POST", "PATCH", "DELETE")):
        raise PayPalError(405)
    raise PayPalError(404, message="The requested resource was not found: there is no such URL.")


def _check(app: App, request: Request, route: Route, params: dict[str, str]) -> Call:
    """Return the call of a request whose media type and body are right, or raise what PayPal answers."""
    operation_id = route[2]
    check_open(app)
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if request.body.strip() and kind not in ("application/json", "application/json-patch+json"):
        text = "The API takes application/json."
        raise PayPalError(415, issues=(Issue("INVALID_CONTENT_TYPE", "Content-Type", kind, description=text),))
    if found := mocked_issue(app, operation_id, request.headers):
        # A declined means comes with the way to another one, as without the header.
        back = link(request.origin, f"/checkoutnow?token={params.get('id', '')}", "redirect")
        raise issue(operation_id, found, links=(back,) if found == "INSTRUMENT_DECLINED" and params else ())
    prefer = request.headers.get("prefer", "return=minimal").replace(" ", "")
    return Call(
        app=app,
        params=params,
        query=dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)),
        body=check_body(operation_id, request.body),
        headers=request.headers,
        request_id=request.headers.get("paypal-request-id", ""),
        prefer_representation="return=representation" in prefer,
        origin=request.origin,
        raw=request.body,
        operation_id=operation_id,
    )


async def _execute(route: Route, call: Call) -> Answer:
    """Run the handler, a synchronous one in one transaction with what its request id keeps."""
    handler: Any = route[3]
    refusal: PayPalError | None = None
    answer: Any = None
    with call.app.world.tx():
        try:
            answer = handler(call)
        except PayPalError as error:
            if not error.keeps_effect:
                raise
            refusal = error
        if isinstance(answer, Answer):
            _keep(call, answer)
    if refusal:
        raise refusal
    if isinstance(answer, Answer):
        return answer
    waited: Answer = await answer
    with call.app.world.tx():
        _keep(call, waited)
    return waited


def _keep(call: Call, answer: Answer) -> None:
    if request_ids.counts(call):
        request_ids.remember(call, answer)


async def _repeat(call: Call, status: int, latest: str) -> Answer:
    """Answer a known request id: the resource as it is now, with 200; nothing again where nothing was sent."""
    if status == 204 and not call.prefer_representation:
        return Answer(204)
    route, params = _find_route("GET", latest)
    again = Call(call.app, params, {}, {}, call.headers, origin=call.origin, operation_id=route[2])
    answer = await _execute(route, again)
    return Answer(200, answer.body, minimal=answer.minimal)
