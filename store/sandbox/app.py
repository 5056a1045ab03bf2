"""The sandbox as one app: the provider's API, its hosted pages, webhooks, control API and mailbox.

One process, one event loop, one SQLite file per platform under `DATA/sandbox/`. A background loop does what is due: the
worlds' deadlines by the virtual clock, deliveries by wall time. Tests compose the same app and drive both.
Invariant: it never starts where a live key is in reach.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar, Request, Response, get, route
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from store.sandbox.asked import is_call, read_call, refuse_call
from store.sandbox.clock import Clock
from store.sandbox.console.frame import Desk, JsonSuffix, wants_json
from store.sandbox.console.routes import console_router
from store.sandbox.control import control_router
from store.sandbox.deliveries import Deliveries
from store.sandbox.fault_layer import FaultLayer
from store.sandbox.faults import Faults
from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.worlds import DEMO_FILE, Worlds
from store.sandbox.layout import find_shop, page, send_asset, send_favicon, template_config
from store.sandbox.mailbox import Mailbox
from store.sandbox.paypal import api as paypal
from store.sandbox.paypal.checkout_pages import approval_pages
from store.sandbox.paypal.sdk_script import sdk_files
from store.sandbox.records import note_answer, note_request, open_records
from store.sandbox.stripe import api
from store.sandbox.stripe.connect.dashboard_pages import dashboard_pages
from store.sandbox.stripe.connect.oauth import answer_oauth
from store.sandbox.stripe.connect.onboarding_pages import setup_pages
from store.sandbox.stripe.keys import read_key
from store.sandbox.stripe.pages import Drafts, payment_pages

LIVE_KEY = re.compile(r"(?:^|[,;\s])(?:sk|rk|pk)_live_")
TICK_SECONDS = 0.2
MAX_API_BODY = 2**20

log = logging.getLogger(__name__)


class LiveKeyError(RuntimeError):
    """A live key was found where the sandbox would start."""


def create_app(
    data: Path,
    *,
    clock: Path | Clock | None = None,
    deliver: httpx.AsyncBaseTransport | None = None,
    smtp_port: int | None = None,
    smtp_host: str = "127.0.0.1",
) -> Litestar:
    """Compose the sandbox over the folder `data`.

    `clock` is the virtual clock or its file (default `data/clock`); with `deliver` all webhooks go through that
    transport; without `smtp_port` no mail server runs. LiveKeyError when the environment has a live key.
    """
    refuse_live_keys(os.environ)

    @asynccontextmanager
    async def run_background(app: Litestar) -> AsyncIterator[None]:
        worlds, deliveries, closing = app.state.worlds, app.state.deliveries, app.state.closing
        mailbox = app.state.mailbox
        deliveries.plan_missed()
        if smtp_port is not None:
            await mailbox.listen(smtp_host, smtp_port)
        loop = asyncio.create_task(_keep_going(worlds, deliveries, closing))
        try:
            yield
        finally:
            closing.set()
            deliveries.wake.set()
            await loop
            await mailbox.close()
            await deliveries.close()

    parts = open_parts(data, clock=clock, deliver=deliver)
    app = Litestar(
        route_handlers=[
            answer_api,
            answer_connect,
            answer_paypal,
            payment_pages,
            setup_pages,
            dashboard_pages,
            approval_pages,
            sdk_files,
            control_router,
            console_router,
            send_asset,
            send_favicon,
            tell_health,
        ],
        dependencies={name: _provide(name) for name in parts},
        state=State(parts),
        lifespan=[run_background],
        template_config=template_config(),
        exception_handlers={HTTPException: show_error, 500: show_error},
        openapi_config=None,
        logging_config=None,  # the process decides: the mail server's own log names recipients
        request_max_body_size=MAX_API_BODY,
    )
    app.asgi_handler = FaultLayer(JsonSuffix(app.asgi_handler), app.state, _name_account)
    return app


def open_parts(
    data: Path, *, clock: Path | Clock | None = None, deliver: httpx.AsyncBaseTransport | None = None
) -> dict[str, Any]:
    """Open what the app works on, by the name under which handlers ask for it and `app.state` has it.

    The app keeps nothing else: given other parts it is another sandbox.
    """
    timepiece = clock if isinstance(clock, Clock) else Clock(clock or data / "clock")
    worlds = Worlds(data / "sandbox", timepiece)
    records = open_records(data / "sandbox" / DEMO_FILE)
    faults, closing, mailbox = Faults(), asyncio.Event(), Mailbox(records)
    deliveries = Deliveries(worlds, records, faults, closing, deliver)
    worlds.listeners.append(deliveries.plan)
    return {
        "worlds": worlds,
        "world": worlds.demo,
        "clock": timepiece,
        "records": records,
        "faults": faults,
        "deliveries": deliveries,
        "mailbox": mailbox,
        "drafts": Drafts(),
        "desk": Desk(worlds, records, faults, deliveries, timepiece, mailbox),
        "closing": closing,
    }


def refuse_live_keys(environment: Mapping[str, str]) -> None:
    """Raise LiveKeyError, naming the variable, when any value of the environment holds a live key."""
    for name, value in environment.items():
        if LIVE_KEY.search(value):
            raise LiveKeyError(f"{name} holds a live key. The sandbox starts with test keys only: unset {name}.")


@route("/v1/{rest:path}", http_method=["GET", "POST", "DELETE", "PUT", "PATCH"])
async def answer_api(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    records: NamedDependency[sqlite3.Connection],
    rest: FromPath[Path],
) -> Response[bytes]:
    """Answer the provider's API and write each request down, before and after."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    query, body = request.scope["query_string"], await request.body()
    fault = request.scope["state"].get("fault")
    platform, _ = _name_account(worlds, request.url.path, headers)
    number = note_request(records, request.method, request.url.path, headers, query, body, fault, platform)
    request.scope["state"]["noted"] = number
    hold = request.scope["state"].get("hold")
    path = request.url.path
    status, sent, answer = await api.handle(worlds, request.method, path, headers, query, body, hold=hold)
    note_answer(records, number, status, sent["Request-Id"], "Idempotent-Replayed" in sent, answer)
    return _send((status, sent, answer))


@route("/oauth/{rest:path}", http_method=["GET", "POST"])
async def answer_connect(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    records: NamedDependency[sqlite3.Connection],
    rest: FromPath[Path],
) -> Response[bytes]:
    """Answer OAuth, at the base that is the provider's `connect.` one, and write each request down as the API's."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    body, method, path = await request.body(), request.method, request.url.path
    platform, _ = _name_account(worlds, path, headers)
    number = note_request(records, method, path, headers, b"", body, request.scope["state"].get("fault"), platform)
    asked = api.Request(method, path, headers, b"", body)
    status, answer = answer_oauth(worlds, method, path, headers, body)
    note_answer(records, number, status, asked.id, False, answer)
    return _send((status, asked.answer_headers, answer))


@route([f"{root}{{rest:path}}" for root in paypal.ROOTS], http_method=["GET", "POST", "DELETE", "PUT", "PATCH"])
async def answer_paypal(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    records: NamedDependency[sqlite3.Connection],
    rest: FromPath[Path],
) -> Response[bytes]:
    """Answer PayPal's APIs, which live on the same port, and write each request down as the other provider's."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    query, body, state = request.scope["query_string"], await request.body(), request.scope["state"]
    asked = paypal.Request(request.method, request.url.path, headers, query, body)
    platform, _ = _name_account(worlds, asked.path, headers)
    number = note_request(records, asked.method, asked.path, headers, query, body, state.get("fault"), platform)
    state["noted"] = number
    sent = await paypal.handle(worlds, asked, hold=state.get("hold"))
    note_answer(records, number, sent.status, asked.id, sent.replayed, sent.body)
    return _send((sent.status, sent.headers, sent.body))


@get("/healthz")
async def tell_health() -> dict[str, str]:
    """Answer 200 while the process runs."""
    return {"status": "ok"}


def show_error(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Say what went wrong: JSON for the API and the control API, a page for people."""
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    detail = problem.detail if isinstance(problem, HTTPException) else "The sandbox failed; its log says why."
    if status >= 500:
        log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
    called = is_call(request.url.path)
    if request.url.path.startswith("/_sandbox") or (not called and wants_json(request)):
        return Response({"error": {"status": status, "message": detail}}, status_code=status)
    if called:
        return _send(_refuse_call(request, status, detail))
    shop = find_shop(request.app.state["world"]) if status < 500 else ""
    return page("error.html", status=status, code=status, detail=detail, shop=shop)


def _refuse_call(request: Request[Any, Any, Any], status: int, detail: str) -> api.Answer:
    """Refuse a call that no operation answered, and write it down, so that its `request_log_url` leads somewhere."""
    state, query = request.app.state, request.scope["query_string"]
    headers = {key.lower(): value for key, value in request.headers.items()}
    asked = read_call(request.method, request.url.path, headers, query, b"")
    answer = refuse_call(asked, status, detail)
    number = request.scope["state"].get("noted")
    if number is None:
        platform, _ = _name_account(state["worlds"], asked.path, headers) if status < 500 else ("", "")
        number = note_request(state["records"], asked.method, asked.path, headers, query, b"", None, platform)
    note_answer(state["records"], number, status, asked.id, False, answer[2])
    return answer


def _send(answer: api.Answer) -> Response[bytes]:
    status, headers, body = answer
    lower = {key.lower(): value for key, value in headers.items()}
    media_type = lower.pop("content-type", None)
    return Response(body, status_code=status, headers=lower, media_type=media_type)


def _name_account(worlds: Worlds, path: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """The platform that a request's key belongs to and the account it acts in; both empty for a key of nobody."""
    if paypal.owns(path):
        return paypal.name_account(worlds, headers)
    try:
        platform = worlds.find(read_key(headers.get("authorization")).tail).platform
    except ApiError:
        return "", headers.get("stripe-account", "")
    return platform, headers.get("stripe-account", platform)


def _provide(name: str) -> Provide:
    def read(state: State) -> Any:
        return state[name]

    return Provide(read, sync_to_thread=False)


async def _keep_going(worlds: Worlds, deliveries: Deliveries, closing: asyncio.Event) -> None:
    while not closing.is_set():
        deliveries.wake.clear()
        for step in (worlds.tick, deliveries.start_due):
            try:
                step()
            except Exception:
                log.exception("what is due could not all be done; the rest goes on")
        try:
            async with asyncio.timeout(TICK_SECONDS):
                await deliveries.wake.wait()
        except TimeoutError:
            continue
