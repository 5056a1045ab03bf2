"""A connected account under a tester's hand: turned as by `POST /_sandbox/accounts`, and its own dashboard opened."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from store.sandbox.account_commands import AccountCommand, command_account, find_state
from store.sandbox.commands import CommandError
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form
from store.sandbox.stripe.connect.dashboard_pages import dashboard_of
from store.sandbox.stripe.connect.links import DASHBOARD_STAY, open_stay
from store.sandbox.stripe.connect.outcomes import OUTCOMES
from store.sandbox.stripe.connect.settling import connected


@post("/accounts/{id:str}/dashboard")
async def open_dashboard(id: FromPath[str], desk: NamedDependency[Desk]) -> Response[Any]:
    """Log in as the account's owner, who would do so at the provider itself."""
    world = desk.worlds.find_holder(id)
    if world is None or connected(world, id) is None:
        raise NotFoundException(f"There is no connected account {id} here.")
    return Redirect(dashboard_of(id, open_stay(world, DASHBOARD_STAY, id)), status_code=303)


@post("/accounts/outcome")
async def turn_account(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Let the provider decide about the account as the form says, with the usual times and reason."""
    form = await read_form(request)
    if form.get("outcome") not in OUTCOMES or find_state(desk.worlds, form.get("account", "")) is None:
        raise NotFoundException("There is no such account, or no such outcome, here.")
    command = msgspec.convert({name: form[name] for name in ("account", "outcome")}, AccountCommand)
    try:
        command_account(command, desk.worlds)
    except CommandError as problem:
        raise ClientException(f"{problem}") from None
    return go_back(request, form, f"/console/objects/{form['account']}", "turned")
