"""`/v1`: authenticate, find the world, check, answer once per idempotency key, expand, encode.

Framework-free: bytes in, bytes out. Invariant: a request has either its whole effect and the events about it,
or none; the answer always carries `Request-Id` and `Stripe-Version`, and never `Stripe-Notice`.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from store.sandbox.kernel import idempotency
from store.sandbox.kernel.errors import ApiError, Unsupported, refuse
from store.sandbox.kernel.expand import expand
from store.sandbox.kernel.forms import Raw, decode_form
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.params import check_params, check_supported, empty_lists
from store.sandbox.kernel.spec import find_operation, object_fields, path_pattern, request_node
from store.sandbox.kernel.world import API_VERSION, World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.stripe.browser import check_expansion, show
from store.sandbox.stripe.connect.account_body import ensure_platform
from store.sandbox.stripe.connect.settling import connected, no_access
from store.sandbox.stripe.keys import Key, read_key
from store.sandbox.stripe.objects import INCLUDES
from store.sandbox.stripe.resources import ROUTES
from store.sandbox.stripe.routing import Call, Route
from store.sandbox.stripe.rules import REMOVED

MAX_BODY = 1 << 20
# Where the sandbox's pages show one request with its answer.
LOG_PATH = "/console/requests/"
UPDATE = re.compile(r"POST /v1/([a-z_/]+)s/\{\w+\}")
VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]+)?")

Answer = tuple[int, dict[str, str], bytes]
Hold = Callable[[], Awaitable[None]]
Remember = Callable[[int, bytes], None]

log = logging.getLogger(__name__)
_PATTERNS = [(route, path_pattern(route.operation.split(" ", 1)[1])) for route in ROUTES]


@dataclass(frozen=True)
class Request:
    """What came in, with lower-case header names, and the id it was given."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: bytes
    body: bytes
    id: str = field(default_factory=partial(new_id, "req_", 14))

    @property
    def key(self) -> str | None:
        """The idempotency key, which only a POST has."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def origin(self) -> str:
        """Where the client reached the sandbox."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def log_url(self) -> str:
        """The address of this request in the sandbox's pages; empty for what is no call of the API."""
        return f"{self.origin}{LOG_PATH}{self.id}" if self.path.startswith("/v1") else ""

    @property
    def answer_headers(self) -> dict[str, str]:
        """What every answer to this request carries."""
        echoed = {} if self.key is None else {"Idempotency-Key": self.key}
        version = self.headers.get("stripe-version", API_VERSION)
        return {"Content-Type": "application/json", "Request-Id": self.id, "Stripe-Version": version} | echoed


async def handle(
    worlds: Worlds,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: bytes,
    body: bytes,
    *,
    hold: Hold | None = None,
) -> Answer:
    """Answer one request to `/v1`; `headers` have lower-case names.

    `hold` is awaited after the idempotency key is claimed and before anything happens (a fault that hangs
    "before").
    """
    request = Request(method, path, headers, query, body)
    answer_headers = request.answer_headers
    try:
        api_key = read_key(headers.get("authorization"))
        world = worlds.find(api_key.tail)
        _catch_up(world)
        account = _find_account(world, headers, api_key)
        if "stripe-account" in headers:
            answer_headers["Stripe-Account"] = account
        _check_version(headers)
        route, ids = _find_route(method, path)
        # Before any stored answer: a key that may not ask must not be told what another one was answered.
        _check_permission(route, request, account, api_key)
        raw = _decode(request)
        if request.key is None:
            call = _check(world, account, request, route, ids, raw, api_key)
            if hold:
                await hold()
            status, data = _execute(route, call, request, lambda status, body: None)
        else:
            idempotency.check_key(request.key)
            print_ = idempotency.fingerprint(method, path, raw, *["browser"] * (api_key.kind == "pk"))
            with idempotency.claimed(world, account, request.key):
                # The stored answer first: a frozen body stays good although its `expires_at` has come near.
                stored = idempotency.recall(world, account, request.key, print_)
                if stored:
                    return stored[0], {**answer_headers, "Idempotent-Replayed": "true"}, stored[1]
                call = _check(world, account, request, route, ids, raw, api_key)
                if hold:
                    await hold()
                remember = partial(idempotency.remember, world, account, request.key, print_)
                status, data = _execute(route, call, request, remember)
    except ApiError as error:
        status, data = error.status, error.body(request.log_url)
    if status == 409 or status >= 500:
        answer_headers["Stripe-Should-Retry"] = "true"
    return status, answer_headers, data


def refuse_outside(request: Request, status: int, message: str) -> Answer:
    """Return the refusal of a request that never reached `handle` or lost its answer (too large, a fault)."""
    kind = "invalid_request_error" if status < 500 else "api_error"
    error = ApiError(status, message, type=kind, code="rate_limit" if status == 429 else None)
    return status, request.answer_headers, error.body(request.log_url)


def _catch_up(world: World) -> None:
    """Do what is due first, so that an answer never shows an open session whose time is up."""
    try:
        world.tick()
    except Exception:
        log.exception("the sandbox failed on what was due")


def _check_version(headers: Mapping[str, str]) -> None:
    """Refuse what is no version at all; an older one is echoed, and answered in the one the sandbox speaks."""
    version = headers.get("stripe-version", API_VERSION)
    if not VERSION.fullmatch(version):
        raise refuse(f"Invalid Stripe API version: {version[:40]}. The sandbox speaks {API_VERSION}.")


def _decode(request: Request) -> Raw:
    raw = decode_form(request.query)
    if request.method == "POST":
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise Unsupported(f"uploading files ({request.method} {request.path})")
        if request.headers.get("content-type", "").startswith("application/json"):
            raise refuse("The v1 API takes form-encoded parameters, not JSON.")
        if len(request.body) > MAX_BODY:
            raise refuse(f"The request body is larger than {MAX_BODY} bytes.")
        raw |= decode_form(request.body)
    return raw


def _check_permission(route: Route, request: Request, account: str, api_key: Key) -> None:
    """Refuse what this kind of key may not do."""
    if api_key.read_only and request.method != "GET":
        raise ApiError(
            403,
            f"The provided key '{api_key.masked}' does not have the required permissions for this endpoint on account "
            f"'{account}'. Having a write permission would allow this request to continue.",
        )
    if api_key.kind == "pk" and not route.publishable:
        raise ApiError(
            401,
            "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a "
            "list of your API keys at https://dashboard.stripe.com/account/apikeys.",
            code="secret_key_required",
        )


def _check(
    world: World, account: str, request: Request, route: Route, ids: dict[str, str], raw: Raw, api_key: Key
) -> Call:
    """Check the parameters; what fails here had no effect and is not kept under a key."""
    node = request_node(route.operation)
    secret = None
    if api_key.kind == "pk":
        # A browser sends it with every call, although a server's confirmation knows no such parameter.
        secret = str(raw.get("client_secret", ""))
        raw = {name: value for name, value in raw.items() if name != "client_secret" or name in node["p"]}
    _refuse_removed(route, raw)
    params = check_params(node, raw)
    if secret is not None:
        check_expansion(params.get("expand"))
    if request.method == "GET" or "{" not in route.operation:
        # An empty filter is no filter, and a new object has nothing to be cleared.
        params = {name: value for name, value in params.items() if value is not None}
    else:
        params = empty_lists(node, params, object_fields(_kind_of(route)))
    call = Call(world, account, params, ids, request.path, request.origin, secret)
    # The provider's rules first: what it refuses is not to be had anywhere, whatever the sandbox supports.
    for check in route.checks:
        check(call)
    check_supported(params, route.supported, route.operation)
    return call


def _kind_of(route: Route) -> str:
    """Return the kind of object that `POST /v1/things/{thing}` updates, or an empty text for any other operation."""
    match = UPDATE.fullmatch(route.operation)
    return {"checkout/session": "checkout.session"}.get(match[1], match[1]) if match else ""


def _refuse_removed(route: Route, raw: Raw) -> None:
    """Refuse what this API version no longer takes, with the provider's own code."""
    for name in set(raw) & set(REMOVED) - set(request_node(route.operation)["p"]):
        code, message = REMOVED[name]
        raise refuse(message, param=name, code=code)


def _execute(route: Route, call: Call, request: Request, remember: Remember) -> tuple[int, bytes]:
    """Run the handler in one transaction and return status and body, of a refusal too.

    `remember` keeps the answer under the request's key in the transaction of the effect: a crash leaves both or none.
    """
    world = call.world
    world.request = (request.id, request.key)
    try:
        with world.tx():
            try:
                result = show(call, route.handler(call))
                result = expand(world, call.account, result, call.params.get("expand") or [], INCLUDES)
                answer = 200, json.dumps(result, indent=2).encode()
            except ApiError as error:
                if not error.keeps_effect:
                    raise
                answer = error.status, error.body(request.log_url)
            remember(*answer)
        return answer
    except ApiError as error:
        answer = error.status, error.body(request.log_url)
    except Exception:
        log.exception("the sandbox failed on %s", route.operation)
        failure = ApiError(500, "The sandbox failed on this request; its log says why.", type="api_error")
        answer = failure.status, failure.body(request.log_url)
    finally:
        world.request = None
    remember(*answer)
    return answer


def _find_account(world: World, headers: Mapping[str, str], api_key: Key) -> str:
    """Return the account the request acts in: the platform, or the one `Stripe-Account` names."""
    ensure_platform(world)
    account = headers.get("stripe-account") or headers.get("stripe-context") or world.platform
    if account != world.platform and connected(world, account) is None:
        raise no_access(account, f"The provided key '{api_key.masked}'")
    return account


def _find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route, pattern in _PATTERNS:
        if route.operation.startswith(method + " ") and (match := pattern.fullmatch(path)):
            return route, match.groupdict()
    if operation := find_operation(method, path):
        raise Unsupported(operation)
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")
