"""The control API `/_sandbox/…`: what tests may do to the provider's world, and what they may know of it.

Loopback peers only, and a host name that a stranger's page cannot own, so that no web page can reach it
through a browser. JSON in and out; what is wrong with an input is said in a 400. `truth` reads the world's
objects directly: it is the other side of every reconciliation.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK

from store.sandbox.account_commands import AccountCommand, command_account, find_state, list_accounts
from store.sandbox.clock import Clock
from store.sandbox.commands import (
    ClockCommand,
    Command,
    CommandError,
    FaultCommand,
    ResetCommand,
    WebhookCommand,
    add_fault,
    command_webhooks,
    move_clock,
    read_command,
    reset_everything,
)
from store.sandbox.deliveries import Deliveries
from store.sandbox.faults import Faults
from store.sandbox.guard import guard_loopback
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.mailbox import Mailbox
from store.sandbox.paypal_commands import PayPalCommand, command_paypal
from store.sandbox.recipients import list_recipients
from store.sandbox.truth import TRUTHS, Row, list_truth

MAX_BODY = 64 * 1024
Done = TypeVar("Done")


@get("/webhooks")
async def list_webhook_rules(
    worlds: NamedDependency[Worlds], deliveries: NamedDependency[Deliveries], faults: NamedDependency[Faults]
) -> Row:
    """Answer with the rules for deliveries in force, the queue's counts and the endpoints with their states."""
    return describe_webhooks(worlds, deliveries, faults)


@post("/webhooks", status_code=HTTP_200_OK)
async def set_webhook_rule(
    request: Request[Any, Any, Any], deliveries: NamedDependency[Deliveries], faults: NamedDependency[Faults]
) -> Row:
    """Set a rule for deliveries to come, or act on those there are; answer with the queue's counts."""
    command = await _read(request, WebhookCommand)
    touched = _do(command_webhooks, command, deliveries, faults)
    return {"action": command.action, "touched": touched, "deliveries": deliveries.measure()}


@get("/faults")
async def list_faults(faults: NamedDependency[Faults]) -> Row:
    """Answer with the request faults in force; `left` is how often each still acts (null: until DELETE)."""
    return describe_faults(faults)


@post("/faults", status_code=HTTP_200_OK)
async def set_fault(request: Request[Any, Any, Any], faults: NamedDependency[Faults]) -> Row:
    """Let the next `count` matching requests fail (1 if absent; 0 = until DELETE)."""
    command = await _read(request, FaultCommand)
    _do(add_fault, command, faults)
    return describe_faults(faults)


@delete("/faults", status_code=HTTP_200_OK)
async def clear_faults(faults: NamedDependency[Faults]) -> Row:
    """Forget the request faults."""
    faults.requests.clear()
    faults.scenario = None
    return {"data": []}


@get("/clock")
async def read_clock(clock: NamedDependency[Clock], worlds: NamedDependency[Worlds]) -> Row:
    """Answer with the virtual time, wall time, the offset between them, and when something is due next."""
    return describe_clock(clock, worlds)


@post("/clock", status_code=HTTP_200_OK)
async def set_clock(
    request: Request[Any, Any, Any],
    clock: NamedDependency[Clock],
    worlds: NamedDependency[Worlds],
    deliveries: NamedDependency[Deliveries],
) -> Row:
    """Move the clock forward and do what has become due by it before answering."""
    command = await _read(request, ClockCommand)
    _do(move_clock, command, clock, worlds, deliveries)
    return describe_clock(clock, worlds)


@get("/truth/{what:str}")
async def tell_truth(
    what: FromPath[str],
    worlds: NamedDependency[Worlds],
    deliveries: NamedDependency[Deliveries],
    records: NamedDependency[sqlite3.Connection],
    platform: FromQuery[str | None] = None,
) -> Row:
    """Answer with what the provider knows, newest first, over all accounts; of one platform if it is named."""
    if what not in TRUTHS:
        raise NotFoundException(f"No truth named {what!r}; there are {', '.join(TRUTHS)}.")
    if platform is not None and platform not in (known := [world.platform for world in worlds]):
        raise ClientException(f"No platform {platform!r}; there are {', '.join(known)}.")
    meant = [world for world in worlds if platform in (None, world.platform)]
    return {"data": list_truth(what, meant, deliveries, records)}


@get("/accounts")
async def list_account_states(worlds: NamedDependency[Worlds]) -> Row:
    """Answer with how each connected account stands: outcome, what it may do, what is asked of it."""
    return {"data": list_accounts(worlds)}


@get("/accounts/{id:str}")
async def tell_account(id: FromPath[str], worlds: NamedDependency[Worlds]) -> Row:
    """Answer with how one connected account stands."""
    state = find_state(worlds, id)
    if state is None:
        raise NotFoundException(f"There is no connected account {id!r}; GET /_sandbox/accounts lists them.")
    return state


@post("/accounts", status_code=HTTP_200_OK)
async def decide_account(request: Request[Any, Any, Any], worlds: NamedDependency[Worlds]) -> Row:
    """Let the provider decide about an account; answer with how it stands then."""
    return _do(command_account, await _read(request, AccountCommand), worlds)


@post("/paypal", status_code=HTTP_200_OK)
async def decide_at_paypal(request: Request[Any, Any, Any], worlds: NamedDependency[Worlds]) -> Row:
    """Let something happen at PayPal's side; answer with the object as it is then, or with what was done."""
    return _do(command_paypal, await _read(request, PayPalCommand), worlds)


@get("/quiet")
async def tell_quiet(deliveries: NamedDependency[Deliveries]) -> Response[Row]:
    """200 when no delivery waits (for a later try either) or is under way, else 409; held ones are let be."""
    counts = deliveries.measure()
    quiet = not counts["waiting"] and not counts["under_way"]
    return Response({"quiet": quiet, "deliveries": counts}, status_code=200 if quiet else 409)


@post("/reset", status_code=HTTP_200_OK)
async def reset_sandbox(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    records: NamedDependency[sqlite3.Connection],
    faults: NamedDependency[Faults],
    clock: NamedDependency[Clock],
    deliveries: NamedDependency[Deliveries],
) -> Row:
    """Go back to the state after seeding, or with `{"all": true}` to nothing; without a body the former."""
    command = await _read(request, ResetCommand) if await request.body() else ResetCommand()
    await reset_everything(command, worlds, records, faults, clock, deliveries)
    return {"reset": True, "all": command.all, "now": clock.now()}


@post("/seeded", status_code=HTTP_200_OK)
async def mark_seeded(worlds: NamedDependency[Worlds]) -> Row:
    """Remember this as the state that `reset` goes back to."""
    worlds.mark_seeded()
    return {"seeded": True}


@get("/mailbox")
async def list_mail(mailbox: NamedDependency[Mailbox], to: FromQuery[str | None] = None) -> Row:
    """Answer with received mails, newest first, for one recipient if `to` is given."""
    return {"data": mailbox.list_mails(to)}


def describe_webhooks(worlds: Worlds, deliveries: Deliveries, faults: Faults) -> Row:
    """The state of webhooks: rules in force, counts by state, endpoints without their secrets."""
    endpoints = [{"platform": world.platform} | one for world in worlds for one in list_recipients(world)]
    return {
        "data": [rule.describe() for rule in faults.deliveries],
        "deliveries": deliveries.measure(),
        "endpoints": endpoints,
    }


def describe_faults(faults: Faults) -> Row:
    """The state of request faults."""
    return {"data": [rule.describe() for rule in faults.requests]}


def describe_clock(clock: Clock, worlds: Worlds) -> Row:
    """The state of the clock, in epoch seconds (UTC); `next_due` is null when nothing is."""
    due = [at for world in worlds if (at := world.next_due()) is not None]
    return {
        "now": clock.now(),
        "wall": int(time.time()),
        "offset": clock.offset,
        "next_due": min(due, default=None),
    }


CONTROLS = [
    list_webhook_rules,
    set_webhook_rule,
    list_faults,
    set_fault,
    clear_faults,
    read_clock,
    set_clock,
    tell_truth,
    list_account_states,
    tell_account,
    decide_account,
    decide_at_paypal,
    tell_quiet,
    reset_sandbox,
    mark_seeded,
    list_mail,
]
control_router = Router(
    path="/_sandbox", route_handlers=CONTROLS, guards=[guard_loopback], request_max_body_size=MAX_BODY
)


async def _read(request: Request[Any, Any, Any], shape: type[Command]) -> Command:
    body = await request.body()
    return _do(lambda: read_command(body, shape))


def _do(verb: Callable[..., Done], *arguments: Any) -> Done:
    try:
        return verb(*arguments)
    except CommandError as problem:
        raise ClientException(str(problem)) from None
