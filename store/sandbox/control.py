"""The control API `/_sandbox/…`: what tests may do to the provider's world, and what they may know of it.

Loopback peers only, and a host name that a stranger's page cannot own, so that no web page can reach it
through a browser. JSON in and out; what is wrong with an input is said in a 400. `truth` reads the world's
objects directly: it is the other side of every reconciliation.
"""

from __future__ import annotations

import ipaddress
import sqlite3
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK

from store.sandbox.clock import Clock
from store.sandbox.deliveries import Deliveries
from store.sandbox.faults import HANG_SECONDS, DeliveryRule, Faults, RequestFault
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.mailbox import Mailbox
from store.sandbox.records import clear_records
from store.sandbox.truth import TRUTHS, Row, list_truth

Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86400 * 366)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
MAX_BODY = 64 * 1024
Command = TypeVar("Command", bound=msgspec.Struct)


class WebhookCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`type` and `event` may hold globs; `count` 0 means until `clear` (for resend: all)."""

    action: Literal["hold", "release", "drop", "duplicate", "delay", "resend", "clear"]
    type: Text | None = None
    event: Text | None = None
    count: Count | None = None
    seconds: Seconds | None = None


class FaultCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`path` is a glob over the whole path; `method` `*` means any."""

    method: Text
    path: Text
    when: Literal["before", "after"]
    action: Literal["status", "hang", "reset"]
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    seconds: Seconds | None = None
    count: Count | None = None


class ClockCommand(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds to move forward, at most ten years."""

    advance: Annotated[int, msgspec.Meta(ge=0, le=86400 * 3660)]


@post("/webhooks", status_code=HTTP_200_OK)
async def command_webhooks(
    request: Request[Any, Any, Any], deliveries: NamedDependency[Deliveries], faults: NamedDependency[Faults]
) -> Row:
    """Hold, release, drop, duplicate, delay, resend or clear; answer with the queue's counts."""
    command = await _read(request, WebhookCommand)
    _refuse_useless(command)
    touched = 0
    if command.action == "release":
        touched = deliveries.release(command.type, command.event)
    elif command.action == "resend":
        touched = deliveries.resend(command.type, command.event, 1 if command.count is None else command.count)
    elif command.action == "clear":
        touched = deliveries.clear_rules()
    else:
        # A hold has an end of its own (release), so without a count it takes whatever comes.
        until_cleared = command.count == 0 or (command.action == "hold" and command.count is None)
        faults.deliveries.append(
            DeliveryRule(
                command.action,
                command.type,
                command.event,
                command.seconds or 0.0,
                None if until_cleared else command.count or 1,
            )
        )
    return {"action": command.action, "touched": touched, "deliveries": deliveries.measure()}


@get("/faults")
async def list_faults(faults: NamedDependency[Faults]) -> Row:
    """Answer with the request faults in force; `left` is how often each still acts (null: until DELETE)."""
    return {"data": [vars(rule) for rule in faults.requests]}


@post("/faults", status_code=HTTP_200_OK)
async def add_fault(request: Request[Any, Any, Any], faults: NamedDependency[Faults]) -> Row:
    """Let the next `count` matching requests fail (1 if absent; 0 = until DELETE)."""
    command = await _read(request, FaultCommand)
    if command.status is not None and command.action != "status":
        raise ClientException("`status` goes with the action `status` only.")
    if command.seconds is not None and command.action != "hang":
        raise ClientException("`seconds` goes with the action `hang` only.")
    faults.requests.append(
        RequestFault(
            command.method.upper(),
            command.path,
            command.when,
            command.action,
            command.status or 500,
            HANG_SECONDS if command.seconds is None else command.seconds,
            None if command.count == 0 else command.count or 1,
        )
    )
    return {"data": [vars(rule) for rule in faults.requests]}


@delete("/faults", status_code=HTTP_200_OK)
async def clear_faults(faults: NamedDependency[Faults]) -> Row:
    """Forget the request faults."""
    faults.requests.clear()
    return {"data": []}


@get("/clock")
async def read_clock(clock: NamedDependency[Clock]) -> Row:
    """Answer with the virtual time (epoch seconds, UTC) and its offset from wall time."""
    return {"now": clock.now(), "offset": clock.offset}


@post("/clock", status_code=HTTP_200_OK)
async def advance_clock(
    request: Request[Any, Any, Any],
    clock: NamedDependency[Clock],
    worlds: NamedDependency[Worlds],
    deliveries: NamedDependency[Deliveries],
) -> Row:
    """Move the clock forward and do what has become due by it before answering."""
    command = await _read(request, ClockCommand)
    clock.advance(command.advance)
    worlds.tick()
    deliveries.wake.set()
    return {"now": clock.now(), "offset": clock.offset}


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


@get("/quiet")
async def tell_quiet(deliveries: NamedDependency[Deliveries]) -> Response[Row]:
    """200 when no delivery waits (for a later try either) or is under way, else 409; held ones are let be."""
    counts = deliveries.measure()
    quiet = not counts["waiting"] and not counts["under_way"]
    return Response({"quiet": quiet, "deliveries": counts}, status_code=200 if quiet else 409)


@post("/reset", status_code=HTTP_200_OK)
async def reset_sandbox(
    worlds: NamedDependency[Worlds],
    records: NamedDependency[sqlite3.Connection],
    faults: NamedDependency[Faults],
    clock: NamedDependency[Clock],
    deliveries: NamedDependency[Deliveries],
) -> Row:
    """Go back to the state after seeding; rules, deliveries, requests, mails and the clock's offset go."""
    faults.clear()
    await deliveries.abandon()
    clear_records(records)
    worlds.reset()
    clock.reset()
    return {"reset": True, "now": clock.now()}


@post("/seeded", status_code=HTTP_200_OK)
async def mark_seeded(worlds: NamedDependency[Worlds]) -> Row:
    """Remember this as the state that `reset` goes back to."""
    worlds.mark_seeded()
    return {"seeded": True}


@get("/mailbox")
async def list_mail(mailbox: NamedDependency[Mailbox], to: FromQuery[str | None] = None) -> Row:
    """Answer with received mails, newest first, for one recipient if `to` is given."""
    return {"data": mailbox.list_mails(to)}


def guard_loopback(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse peers that are not this machine, host names open to rebinding, and pages of other sites."""
    peer = connection.client.host if connection.client else ""
    if not _is_loopback(peer):
        raise PermissionDeniedException("The control API answers this machine (loopback) only.")
    host = connection.headers.get("host", "").rsplit(":", 1)[0].strip("[]")
    if not (_is_loopback(host) or "." not in host or host.endswith((".localhost", ".test"))):
        raise PermissionDeniedException(f"The control API does not answer under the host name {host!r}.")
    if connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise PermissionDeniedException("The control API does not answer pages of other sites.")


CONTROLS = [
    command_webhooks,
    list_faults,
    add_fault,
    clear_faults,
    read_clock,
    advance_clock,
    tell_truth,
    tell_quiet,
    reset_sandbox,
    mark_seeded,
    list_mail,
]
control_router = Router(
    path="/_sandbox", route_handlers=CONTROLS, guards=[guard_loopback], request_max_body_size=MAX_BODY
)


async def _read(request: Request[Any, Any, Any], shape: type[Command]) -> Command:
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError as problem:
        raise ClientException(f"Not a usable body: {problem}.") from None


def _refuse_useless(command: WebhookCommand) -> None:
    action = command.action
    if (command.seconds is not None) != (action == "delay"):
        raise ClientException("`delay` needs `seconds`, and nothing else takes it.")
    if action == "resend" and command.type is None and command.event is None:
        raise ClientException("`resend` needs `event` (an event id) or `type`.")
    if command.count is not None and action in ("release", "clear"):
        raise ClientException(f"`{action}` takes no `count`.")
    if action == "clear" and (command.type or command.event):
        raise ClientException("`clear` forgets every rule; it takes no filter.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
