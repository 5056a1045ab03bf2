"""Rules that let things go wrong: those in force, and the two forms that set more; all of them ended at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from store.sandbox.commands import CommandError, FaultCommand, WebhookCommand, add_fault, command_webhooks
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form, show
from store.sandbox.control import describe_faults, describe_webhooks

# What the two forms offer, with the words a person chooses by. Rules only: what acts at once has its own button.
METHODS = (("*", "any"), ("GET", "GET"), ("POST", "POST"), ("PATCH", "PATCH"), ("DELETE", "DELETE"))
PROVIDERS = (("", "either"), ("stripe", "Stripe"), ("paypal", "PayPal"))
MOMENTS = (("before", "before: nothing has happened"), ("after", "after: it happened, the answer is spoilt"))
FAULTS = (
    ("status", "answer with a status"),
    ("hang", "never answer"),
    ("slow", "answer late"),
    ("reset", "break the connection"),
    ("truncate", "answer half of it"),
    ("garbage", "answer a page of HTML"),
    ("empty", "answer a status and nothing else"),
)
# Both providers' APIs, whatever their versions are.
ANY_CALL = "/v*"
RULES = (
    ("hold", "hold back until released"),
    ("drop", "lose"),
    ("duplicate", "send twice"),
    ("delay", "send late"),
    ("reorder", "keep some, send them in reverse"),
    ("forge", "forge first"),
    ("old_timestamp", "sign too long ago first"),
    ("wrong_secret", "sign with a wrong secret first"),
    ("foreign_cert", "PayPal: a stranger's certificate first"),
    ("other_webhook", "PayPal: sign for another webhook first"),
    ("signed_crc", "PayPal: sign a negative checksum first"),
    ("reserialize", "PayPal: write the JSON anew first"),
)
CHOICES = {
    "methods": METHODS,
    "providers": PROVIDERS,
    "moments": MOMENTS,
    "fault_actions": FAULTS,
    "rule_actions": RULES,
}
Shape = TypeVar("Shape", bound=msgspec.Struct)


@get("/faults")
async def show_rules(
    request: AnyRequest, desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show the rules in force and the forms for more."""
    return _show(request, desk, platform)


@post("/faults/requests")
async def set_request_fault(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Set a fault for requests; the page again, with the reason, when it cannot be."""
    return await _set(request, desk, "fault", FaultCommand, lambda command: add_fault(command, desk.faults))


@post("/faults/webhooks")
async def set_delivery_rule(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Set a rule for deliveries; the page again, with the reason, when it cannot be."""
    return await _set(
        request, desk, "rule", WebhookCommand, lambda command: command_webhooks(command, desk.deliveries, desk.faults)
    )


@post("/faults/clear")
async def clear_rules(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """End every rule and the scenario, and let go what was held."""
    form = await read_form(request)
    desk.faults.clear()
    desk.deliveries.clear_rules()
    return go_back(request, form, "/console/faults", "cleared")


async def _set(
    request: AnyRequest, desk: Desk, name: str, shape: type[Shape], act: Callable[[Shape], Any]
) -> Response[Any]:
    form = await read_form(request)
    fields = {key: value for key, value in form.items() if key != "back"}
    try:
        # Numbers arrive as text.
        act(msgspec.convert(fields, shape, strict=False))
    except (CommandError, msgspec.ValidationError) as problem:
        platform = request.query_params.get("platform")
        return _show(request, desk, platform, problem=f"{problem}", at=name, kept={name: fields}, status=422)
    return go_back(request, form, "/console/faults", "added")


def _show(
    request: AnyRequest,
    desk: Desk,
    platform: str | None,
    problem: str = "",
    at: str = "",
    kept: Mapping[str, Mapping[str, str]] | None = None,
    status: int = 200,
) -> Response[Any]:
    data = {
        "requests": describe_faults(desk.faults)["data"],
        "webhooks": describe_webhooks(desk.worlds, desk.deliveries, desk.faults)["data"],
        **({"error": problem} if problem else {}),
    }
    kept = {"fault": {"path": ANY_CALL}, "rule": {}, **(kept or {})}
    shown = {"problem": problem, "at": at, "kept": kept, **CHOICES}
    return show(
        request, "faults.html", desk, desk.choose_world(platform), data, here="/console/faults", status=status, **shown
    )
