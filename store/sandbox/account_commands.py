"""What a tester makes of an account: active, under review, restricted, rejected or deauthorised, and how it stands now.

The same outcomes as on the review page of the onboarding. Invariant: an outcome that comes after onboarding completes
the account's facts first, as its owner would have; times are those of the sandbox's clock.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from store.sandbox.commands import CommandError, Text
from store.sandbox.kernel.world import Document, World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.stripe.connect.onboarding import MOST_DAYS, MOST_MINUTES
from store.sandbox.stripe.connect.outcomes import decide, join_platform
from store.sandbox.stripe.connect.settling import KIND, is_connected
from store.sandbox.stripe.objects import merchant_name


class AccountCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`account` absent means the first one that may be charged; `minutes` of review, `days` until something is due."""

    outcome: Literal["active", "review", "restricted", "rejected", "deauthorized"]
    account: Text | None = None
    minutes: Annotated[int, msgspec.Meta(ge=0, le=MOST_MINUTES)] | None = None
    days: Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)] | None = None
    reason: Literal["fraud", "incomplete_verification", "listed", "other", "terms_of_service"] | None = None


def command_account(command: AccountCommand, worlds: Worlds) -> Document:
    """Let the provider decide so about the account; return how it stands then (`describe_account`)."""
    _refuse_useless(command)
    world, account = _find(worlds, command.account)
    if not is_connected(account):
        if command.outcome != "active" or account.get("_deleted"):
            raise CommandError(f"{account['id']} is not connected; only `active` brings it back, if it is not deleted.")
        account = join_platform(world, account)
    decide(world, account, command.outcome, minutes=command.minutes, days=command.days, reason=command.reason)
    return describe_account(world, world.get(world.platform, KIND, account["id"], deleted=True))


def list_accounts(worlds: Worlds) -> list[Document]:
    """Return how every connected account stands, platform by platform, oldest first."""
    return [
        describe_account(world, account)
        for world in worlds
        for account in world.find(world.platform, KIND)[::-1]
        if account["id"] != world.platform
    ]


def find_state(worlds: Worlds, id: str) -> Document | None:
    """Return how one connected account stands, or None."""
    return next((one for one in list_accounts(worlds) if one["account"] == id), None)


def describe_account(world: World, account: Document) -> Document:
    """How an account stands: its outcome, what it may do, and what is asked of it; moments are epoch seconds."""
    outcome: dict[str, Any] = dict(account.get("_outcome") or {"kind": "active"})
    kind = outcome.pop("kind")
    if account.get("_left") or account.get("_deleted"):
        kind = "deauthorized" if account.get("_left") else "deleted"
    elif kind == "review" and outcome["until"] <= world.clock.now():
        kind = "active"
    elif kind in ("active", "review") and not account["details_submitted"]:
        kind = "onboarding"
    names = ("charges_enabled", "payouts_enabled", "details_submitted", "capabilities", "requirements")
    return {
        "account": account["id"],
        "platform": world.platform,
        "name": merchant_name(account),
        "outcome": kind,
        "until": outcome.get("until"),
        "due": outcome.get("due"),
        "connected": is_connected(account),
        **{name: account[name] for name in names},
    }


def _find(worlds: Worlds, id: str | None) -> tuple[World, Document]:
    for world in worlds:
        for account in world.find(world.platform, KIND)[::-1]:
            if account["id"] == world.platform:
                continue
            if account["id"] == id or (id is None and is_connected(account) and account["charges_enabled"]):
                return world, account
    if id is None:
        raise CommandError("There is no connected account that may be charged. Seed one, or name one by `account`.")
    raise CommandError(f"There is no connected account {id!r}. GET /_sandbox/accounts lists them.")


def _refuse_useless(command: AccountCommand) -> None:
    for name, outcome in (("minutes", "review"), ("days", "restricted"), ("reason", "rejected")):
        if getattr(command, name) is not None and command.outcome != outcome:
            raise CommandError(f"`{name}` goes with the outcome `{outcome}` only.")
