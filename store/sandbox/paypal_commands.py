"""What a tester does at PayPal's side: the buyer approves, the bank answers, somebody refunds, a token ends.

An id finds its app by itself; what is about an account names the app, or means the demo's. Invariant: a command that is
refused has changed nothing, and the refusal (`CommandError`) says what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from store.sandbox.commands import CommandError, Text
from store.sandbox.kernel.world import Document, public
from store.sandbox.kernel.worlds import DEMO_TAIL, Worlds
from store.sandbox.paypal import authorizations, captures, disputes, order_documents, payout_items, payouts, refunds
from store.sandbox.paypal.app import CLIENT_ID, App, open_app
from store.sandbox.paypal.approval import approve, cancel
from store.sandbox.paypal.balance import add_funds, holder
from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.errors import PayPalError
from store.sandbox.paypal.objects import CURRENCIES
from store.sandbox.paypal.settings import change_settings
from store.sandbox.paypal.tokens import revoke_tokens

PREFIX = "paypal_"
# Which fields go with an action; the first ones, before `|`, it cannot do without.
FIELDS = {
    "approve": "id | outcome",
    "cancel": "id |",
    "finish": "id status | event",
    "refund": "id | amount",
    "reverse": "id | amount reason",
    "dispute": "id | amount reason",
    "update": "id status |",
    "resolve": "id | outcome",
    "fund": "amount | currency app",
    "set": "settings | app",
    "revoke_tokens": "| app",
    "rotate_certificate": "|",
}
ENDS: dict[str, Callable[..., Document]] = {
    captures.KIND: captures.finish_capture,
    refunds.KIND: refunds.finish_refund,
    authorizations.KIND: authorizations.finish_authorization,
    payout_items.KIND: payout_items.finish_payout_item,
    payouts.KIND: payouts.finish_payout_batch,
}
# What a person may choose for an object, by its kind and status: words, action, and the fields that go with it.
Choice = tuple[str, dict[str, str]]


class PayPalCommand(msgspec.Struct, forbid_unknown_fields=True):
    """`id` of an order, capture, refund, payout or dispute; `amount` in minor units; `app` a client id."""

    action: Literal[
        "approve",
        "cancel",
        "finish",
        "refund",
        "reverse",
        "dispute",
        "update",
        "resolve",
        "fund",
        "set",
        "revoke_tokens",
        "rotate_certificate",
    ]
    id: Text | None = None
    outcome: Text | None = None
    status: Text | None = None
    event: Text | None = None
    amount: Annotated[int, msgspec.Meta(ge=1, lt=2**53)] | None = None
    currency: Text | None = None
    reason: Text | None = None
    app: Text | None = None
    settings: dict[str, Any] | None = None


def command_paypal(command: PayPalCommand, worlds: Worlds) -> Document:
    """Do it, and return what the object is then, or what was done; CommandError for what cannot be."""
    _refuse_useless(command)
    try:
        return {"action": command.action, **_act(command, worlds)}
    except PayPalError as refusal:
        raise CommandError(f"{refusal.message} ({refusal})") from None
    except (ValueError, TypeError) as refusal:
        raise CommandError(f"{refusal}") from None


def list_choices(kind: str, document: Document) -> list[Choice]:
    """Return what a person may make of an object, as (words, fields of the command)."""
    id, status = document["id"], document.get("transaction_status") or document.get("status")
    choices: list[Choice] = []
    if kind == order_documents.KIND and status in ("CREATED", "PAYER_ACTION_REQUIRED", "SAVED", "APPROVED"):
        named = {"balance": "Approve", "declined": "Approve, card declined", "echeck": "Approve by eCheck"}
        named |= {"review": "Approve, risk review"}
        choices = [(words, {"action": "approve", "outcome": outcome}) for outcome, words in named.items()]
    elif kind == captures.KIND and status == "PENDING":
        choices = [("Complete it", _end("COMPLETED")), ("Deny it", _end("DECLINED"))]
    elif kind == captures.KIND and status in ("COMPLETED", "PARTIALLY_REFUNDED"):
        verbs = {"refund": "Refund what is left", "reverse": "Reverse it (chargeback)", "dispute": "Open a dispute"}
        choices = [(words, {"action": action}) for action, words in verbs.items()]
    elif kind == refunds.KIND:
        ends = refunds.MOVES.get(str(status), ())
        choices = [(f"Make it {one}", _end(one)) for one in ends]
    elif kind == payout_items.KIND:
        choices = [(f"Make it {one}", _end(one)) for one in payout_items.MOVES.get(str(status), ())]
    elif kind == disputes.KIND and status != "RESOLVED":
        outcomes = {"RESOLVED_BUYER_FAVOUR": "buyer", "RESOLVED_SELLER_FAVOUR": "seller"}
        choices = [
            (f"Resolve it for the {who}", {"action": "resolve", "outcome": one}) for one, who in outcomes.items()
        ]
    return [(words, {"id": id, **fields}) for words, fields in choices]


def _end(status: str) -> dict[str, str]:
    return {"action": "finish", "status": status}


def _act(command: PayPalCommand, worlds: Worlds) -> Document:
    action = command.action
    if action == "rotate_certificate":
        return {"certificate": open_authority(worlds.demo.folder).rotate()}
    if command.id is None:
        return _change_account(command, worlds)
    app, kind = _find(worlds, command.id)
    given: dict[str, Any] = {name: getattr(command, name) for name in ("amount", "reason") if getattr(command, name)}
    if action == "approve":
        document = approve(app, command.id, command.outcome or "balance")
    elif action == "cancel":
        document = cancel(app, command.id)
    elif action == "finish":
        if kind not in ENDS:
            raise CommandError(f"{command.id} is a {kind.removeprefix(PREFIX)}: nothing waits to be finished there.")
        if command.event and kind != captures.KIND:
            raise CommandError("`event` goes with a capture only: PAYMENT.CAPTURE.DENIED or PAYMENT.CAPTURE.DECLINED.")
        named = {"event_type": command.event} if command.event else {}
        document = ENDS[kind](app, command.id, command.status, **named)
    elif action == "refund":
        document = refunds.refund_by_merchant(app, command.id, **given)
    elif action == "reverse":
        document = refunds.reverse_capture(app, command.id, **given)
    elif action == "dispute":
        document = disputes.open_dispute(app, command.id, **given)
    elif action == "update":
        document = disputes.update_dispute(app, command.id, command.status or "")
    else:
        document = disputes.resolve_dispute(
            app, command.id, **({"outcome": command.outcome} if command.outcome else {})
        )
    return {"object": public(document)}


def _change_account(command: PayPalCommand, worlds: Worlds) -> Document:
    client_id = command.app or DEMO_TAIL
    if not CLIENT_ID.fullmatch(client_id):
        raise CommandError(f"{client_id!r} is no client id.")
    app = open_app(worlds, client_id)
    if command.action == "fund":
        currency = command.currency or "USD"
        if currency not in CURRENCIES:
            raise CommandError(f"{currency} is no currency of PayPal's; they are {', '.join(CURRENCIES)}.")
        return {"object": add_funds(app, command.amount or 0, currency)}
    if command.action == "set":
        return {"settings": msgspec.to_builtins(change_settings(app, **(command.settings or {})))}
    return {"revoked": revoke_tokens(app)}


def _find(worlds: Worlds, id: str) -> tuple[App, str]:
    """The app and the kind of an id of PayPal's."""
    for world in worlds:
        found = world.lookup(id)
        if found and found[1].startswith(PREFIX):
            return holder(world, found[0]), found[1]
    raise CommandError(f"PayPal's side knows no {id!r}. GET /_sandbox/truth/captures, refunds and payouts name them.")


def _refuse_useless(command: PayPalCommand) -> None:
    needed, _, allowed = FIELDS[command.action].partition("|")
    given = {name for name in command.__struct_fields__ if name != "action" and getattr(command, name) is not None}
    if missing := [name for name in needed.split() if name not in given]:
        raise CommandError(f"`{command.action}` needs `{missing[0]}`.")
    if useless := sorted(given - set(needed.split()) - set(allowed.split())):
        raise CommandError(f"`{useless[0]}` does not go with `{command.action}`.")
