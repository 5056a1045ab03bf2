"""The first page: scenario cards, what happened lately, where to look; and the way back to the beginning."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from store.sandbox.account_commands import find_state, list_accounts
from store.sandbox.commands import CommandError, ResetCommand, reset_everything
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form, show
from store.sandbox.console.payment_pages import list_payment_pages
from store.sandbox.console.scenario import Scenario
from store.sandbox.console.scenarios import BY_NAME, SCENARIOS, end_scenario, set_scenario
from store.sandbox.kernel import browse
from store.sandbox.stripe.pages import offered_cards
from store.sandbox.wording import format_span

LATEST = 10
GROUPS = (("stripe", "Stripe"), ("paypal", "PayPal"), ("both", "Both providers"))


@get("/")
async def show_start(
    request: AnyRequest, desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show the scenarios, the latest payment and approval pages and deliveries, and the test cards."""
    world = desk.choose_world(platform)
    cards = offered_cards()
    data = {
        "scenarios": [describe_scenario(one, desk) for one in SCENARIOS],
        "payment_pages": list_payment_pages(world, LATEST),
        "deliveries": desk.deliveries.list_log(LATEST, platform=world.platform),
        "mails": len(desk.mailbox.list_mails()),
        "test_cards": [{"number": number, "outcome": outcome} for number, outcome in cards],
    }
    return show(request, "index.html", desk, world, data, cards=cards, groups=GROUPS)


@get("/console/scenarios/{name:str}")
async def show_scenario(
    request: AnyRequest,
    name: FromPath[str],
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
) -> Response[Any]:
    """Show what a scenario asks for, what to expect of it, and how to end it."""
    return _show_scenario(request, _find(name), desk, platform)


@post("/console/scenarios/{name:str}")
async def begin_scenario(request: AnyRequest, name: FromPath[str], desk: NamedDependency[Desk]) -> Response[Any]:
    """Set a scenario's rules instead of all others, and show what to do."""
    scenario, form, platform = _find(name), await read_form(request), request.query_params.get("platform")
    try:
        turned = set_scenario(scenario, desk.faults, desk.deliveries, desk.worlds, form.get("account"))
    except CommandError as refusal:
        return _show_scenario(request, scenario, desk, platform, f"{refusal}", 422)
    query = urlencode({key: value for key, value in (("platform", platform), ("account", turned)) if value})
    return Redirect(f"/console/scenarios/{name}" + (f"?{query}" if query else ""), status_code=303)


@post("/console/scenarios/end")
async def finish_scenario(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """End every rule and let go what was held."""
    form = await read_form(request)
    end_scenario(desk.faults, desk.deliveries)
    return go_back(request, form, "/", "cleared")


@get("/console/reset")
async def show_reset(
    request: AnyRequest, desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Ask whether to go back to the seeded state, or to nothing."""
    world = desk.choose_world(platform)
    return show(request, "reset.html", desk, world, {"kinds": browse.count_kinds(world)})


@post("/console/reset")
async def reset_by_form(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Go back to the seeded state, or to nothing."""
    form = await read_form(request)
    command = ResetCommand(all=form.get("all") == "true")
    await reset_everything(command, desk.worlds, desk.records, desk.faults, desk.clock, desk.deliveries)
    return go_back(request, {}, "/", "emptied" if command.all else "reset")


def _show_scenario(
    request: AnyRequest, scenario: Scenario, desk: Desk, platform: str | None, problem: str = "", status: int = 200
) -> Response[Any]:
    turned = find_state(desk.worlds, request.query_params.get("account", "")) if scenario.turns else None
    data: dict[str, Any] = {"card": describe_scenario(scenario, desk), "turned": turned}
    there = list_accounts(desk.worlds) if scenario.turns else []
    data |= {"accounts": [one for one in there if one["connected"]]}
    shown = {"span": format_span, "problem": problem, "status": status}
    return show(
        request,
        "scenario.html",
        desk,
        desk.choose_world(platform),
        data,
        **shown,
        here=f"/console/scenarios/{scenario.name}",
    )


def describe_scenario(scenario: Scenario, desk: Desk) -> dict[str, Any]:
    """A card as page and JSON show it, with its calls of the control API."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "about": scenario.about,
        "do": list(scenario.do),
        "expect": list(scenario.expect),
        "calls": [{"path": f"/_sandbox/{call}", "body": json.dumps(body)} for call, body in scenario.rules],
        "clock": scenario.clock,
        "ending": scenario.ending,
        "decides": scenario.decides,
        "provider": scenario.provider,
        "set": desk.faults.scenario == scenario.name,
    }


def _find(name: str) -> Scenario:
    if name not in BY_NAME:
        raise NotFoundException(f"There is no scenario {name!r}; there are {', '.join(BY_NAME)}.")
    return BY_NAME[name]
