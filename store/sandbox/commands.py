"""The commands a tester gives, whichever way they come: as JSON to the control API, or by a form on the pages.

One struct per command says what it may hold; one verb per command does it. Invariant: a command that is refused has
changed nothing, and the refusal (`CommandError`) says what to write instead.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Annotated, Literal, TypeVar

import msgspec

from store.sandbox.clock import Clock
from store.sandbox.deliveries import Deliveries
from store.sandbox.faults import HANG_SECONDS, OLD_SECONDS, SLOW_SECONDS, DeliveryRule, Faults, RequestFault
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.records import clear_records
from store.sandbox.stripe.connect.outcomes import resume

MOST_SECONDS = 86400 * 366
Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST_SECONDS)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Command = TypeVar("Command", bound=msgspec.Struct)
# Ten years: far enough for every deadline, near enough for every date to be one.
MOST_AHEAD = 86400 * 3660
REQUEST_SECONDS = {"hang": HANG_SECONDS, "slow": SLOW_SECONDS}
REQUEST_STATUS = {"status": 500, "garbage": 502, "truncate": 200, "empty": 500}


class CommandError(ValueError):
    """What is wrong with a command, and what to write instead."""


class WebhookCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`type`, `event` and `endpoint` may hold globs; `count` 0 means until `clear` (for resend: all).

    `foreign_cert`, `other_webhook`, `signed_crc` and `reserialize` are flaws that PayPal's deliveries alone can have.
    """

    action: Literal[
        "hold",
        "release",
        "drop",
        "duplicate",
        "delay",
        "reorder",
        "forge",
        "old_timestamp",
        "wrong_secret",
        "foreign_cert",
        "other_webhook",
        "signed_crc",
        "reserialize",
        "disable",
        "resend",
        "clear",
    ]
    type: Text | None = None
    event: Text | None = None
    endpoint: Text | None = None
    count: Count | None = None
    seconds: Seconds | None = None


class FaultCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`path` is a glob over the whole path; `method` `*` means any; `account` and `object` are ids.

    `provider` is whose API or page the path is: the two have paths that look alike.
    """

    method: Text
    path: Text
    when: Literal["before", "after"]
    action: Literal["status", "hang", "reset", "slow", "truncate", "garbage", "empty"]
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    seconds: Seconds | None = None
    count: Count | None = None
    account: Text | None = None
    object: Text | None = None
    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    provider: Literal["stripe", "paypal"] | None = None


class ClockCommand(msgspec.Struct, forbid_unknown_fields=True):
    """Either how many seconds to move forward, or the epoch second (UTC) to move to."""

    advance: Annotated[int, msgspec.Meta(ge=0, le=MOST_AHEAD)] | None = None
    set: Annotated[int, msgspec.Meta(ge=0)] | None = None


class ResetCommand(msgspec.Struct, forbid_unknown_fields=True):
    """With `all` nothing stays, not even what was seeded."""

    all: bool = False


def read_command(body: bytes, shape: type[Command]) -> Command:
    """Return the command a JSON body holds; CommandError says what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as problem:
        raise CommandError(f"Not a usable body: {problem}.") from None


def command_webhooks(command: WebhookCommand, deliveries: Deliveries, faults: Faults) -> int:
    """Set a rule for deliveries to come, or act on those there are; return how many were touched at once."""
    _refuse_useless(command)
    action, filters = command.action, (command.type, command.event, command.endpoint)
    if action == "release":
        return deliveries.release(*filters)
    if action == "resend":
        return deliveries.resend(*filters, 1 if command.count is None else command.count)
    if action == "clear":
        faults.scenario = None
        return deliveries.clear_rules()
    if action == "disable":
        return deliveries.switch(command.endpoint, on=False)
    # A hold has an end of its own (release), so without a count it takes whatever comes.
    until_cleared = command.count == 0 or (action == "hold" and command.count is None)
    usual = 2 if action == "reorder" else 1
    seconds = OLD_SECONDS if action == "old_timestamp" and command.seconds is None else command.seconds or 0.0
    faults.deliveries.append(
        DeliveryRule(action, *filters, seconds=seconds, left=None if until_cleared else command.count or usual)
    )
    return 0


def add_fault(command: FaultCommand, faults: Faults) -> RequestFault:
    """Let the next `count` matching requests fail (1 if absent; 0 = until cleared) and return the rule."""
    action = command.action
    if command.status is not None and action not in ("status", "garbage", "empty"):
        raise CommandError("`status` goes with the actions `status`, `garbage` and `empty` only.")
    if action in ("status", "empty") and command.status is not None and command.status < 400:
        raise CommandError("`status` must be 400 to 599: a fault is not a success.")
    if command.seconds is not None and action not in REQUEST_SECONDS:
        raise CommandError("`seconds` goes with the actions `hang` and `slow` only.")
    if command.seed is not None and command.probability is None:
        raise CommandError("`seed` goes with `probability`: without one every matching request meets the fault.")
    rule = RequestFault(
        command.method.upper(),
        command.path,
        command.when,
        action,
        command.status or REQUEST_STATUS.get(action, 500),
        REQUEST_SECONDS.get(action, 0.0) if command.seconds is None else command.seconds,
        None if command.count == 0 else command.count or 1,
        command.account,
        command.object,
        1.0 if command.probability is None else command.probability,
        # Drawn here if need be, so that the answer can name it and the run can be had again.
        secrets.randbelow(2**31) if command.seed is None and command.probability is not None else command.seed,
        command.provider,
    )
    faults.requests.append(rule)
    return rule


def move_clock(command: ClockCommand, clock: Clock, worlds: Worlds, deliveries: Deliveries) -> None:
    """Move the clock forward and do what has become due by it. It never goes back: only a reset does that."""
    if (command.advance is None) == (command.set is None):
        raise CommandError("Give either `advance` (seconds to move forward) or `set` (an epoch second to move to).")
    now = clock.now()
    seconds = command.advance if command.advance is not None else (command.set or 0) - now
    if seconds < 0:
        raise CommandError(
            f"`set` {command.set} lies {-seconds} s in the past: it is {now}, and the clock only moves forward, because"
            " what has expired, settled or been paid out by it cannot be undone. POST /_sandbox/reset goes back to wall"
            " time, together with everything that depends on it."
        )
    if seconds > MOST_AHEAD:
        raise CommandError(f"`set` may lie at most ten years ({MOST_AHEAD} s) ahead of {now}.")
    clock.advance(seconds)
    worlds.tick()
    deliveries.wake.set()


async def reset_everything(
    command: ResetCommand,
    worlds: Worlds,
    records: sqlite3.Connection,
    faults: Faults,
    clock: Clock,
    deliveries: Deliveries,
) -> None:
    """Go back to the state after seeding, or with `all` to nothing.

    Rules, deliveries, requests, mails and the clock's offset go either way. Keys stay: a key is a platform by its name
    alone.
    """
    faults.clear()
    await deliveries.abandon()
    clear_records(records)
    if command.all:
        worlds.empty()
    else:
        worlds.reset()
    clock.reset()
    for world in worlds:
        resume(world)


def _refuse_useless(command: WebhookCommand) -> None:
    action = command.action
    if command.seconds is not None and action not in ("delay", "old_timestamp"):
        raise CommandError("`seconds` goes with `delay` and `old_timestamp` only.")
    if command.seconds is None and action == "delay":
        raise CommandError("`delay` needs `seconds`.")
    if action == "old_timestamp" and command.seconds is not None and command.seconds < OLD_SECONDS:
        raise CommandError(f"`old_timestamp` needs at least {OLD_SECONDS} `seconds`: younger signatures are good.")
    if action == "resend" and command.type is None and command.event is None:
        raise CommandError("`resend` needs `event` (an event id) or `type`.")
    if action == "reorder" and command.count is not None and command.count < 2:
        raise CommandError("`reorder` needs a `count` of 2 or more: that many are kept and then sent in reverse.")
    if command.count is not None and action in ("release", "clear", "disable"):
        raise CommandError(f"`{action}` takes no `count`.")
    if action == "clear" and (command.type or command.event or command.endpoint):
        raise CommandError("`clear` forgets every rule; it takes no filter.")
    if action == "disable" and (command.type or command.event):
        raise CommandError("`disable` switches endpoints off: it takes `endpoint`, or nothing for all of them.")
