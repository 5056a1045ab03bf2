"""The clock: what time it is for business, what becomes due next, and the forms that move it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from store.sandbox.commands import ClockCommand, CommandError, move_clock
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form, show
from store.sandbox.control import describe_clock
from store.sandbox.kernel import browse
from store.sandbox.wording import format_span

DUE_SHOWN = 20
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
STEPS = ((300, "+5 min"), (3600, "+1 h"), (86400, "+1 day"))


@get("/clock")
async def show_clock(
    request: AnyRequest, desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show the clock, what it will bring about next, and the forms."""
    return _show(request, desk, platform)


@post("/clock")
async def move_by_form(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Move the clock by a step, a custom amount or to a moment; the page again, with the reason, when it cannot be."""
    form = await read_form(request)
    try:
        move_clock(_read_move(form), desk.clock, desk.worlds, desk.deliveries)
    except (CommandError, msgspec.ValidationError) as problem:
        return _show(request, desk, request.query_params.get("platform"), f"{problem}", form, 422)
    return go_back(request, form, "/console/clock", "moved")


def _read_move(form: dict[str, str]) -> ClockCommand:
    if "advance" in form:
        return msgspec.convert({"advance": form["advance"]}, ClockCommand, strict=False)
    if "moment" in form:
        try:
            moment = datetime.fromisoformat(form["moment"]).replace(tzinfo=UTC)
        except ValueError:
            raise CommandError("Enter a moment like 2027-01-31T12:00 (UTC).") from None
        return ClockCommand(set=int(moment.timestamp()))
    try:
        number = int(form.get("number", ""))
    except ValueError:
        raise CommandError("Enter how far to move the clock as a whole number, for example 45.") from None
    seconds = number * UNITS.get(form.get("unit", ""), 1)
    return msgspec.convert({"advance": seconds}, ClockCommand)


def _show(
    request: AnyRequest,
    desk: Desk,
    platform: str | None,
    problem: str = "",
    kept: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    world = desk.choose_world(platform)
    data: dict[str, Any] = describe_clock(desk.clock, desk.worlds)
    data |= {"due": browse.list_due(world, DUE_SHOWN), **({"error": problem} if problem else {})}
    shown: dict[str, Any] = {
        "problem": problem,
        "kept": kept or {},
        "units": list(UNITS),
        "steps": STEPS,
        "span": format_span,
    }
    return show(request, "clock.html", desk, world, data, status=status, **shown)
