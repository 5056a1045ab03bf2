"""An object of PayPal's under a tester's hand: what its page offers is done, as by `POST /_sandbox/paypal`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException

from store.sandbox.commands import CommandError
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form
from store.sandbox.paypal_commands import PayPalCommand, command_paypal


@post("/paypal")
async def act_at_paypal(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Let something happen at PayPal's side, and go back to the object's page."""
    form = await read_form(request)
    fields = {name: value for name, value in form.items() if name != "back"}
    try:
        command_paypal(msgspec.convert(fields, PayPalCommand, strict=False), desk.worlds)
    except (CommandError, msgspec.ValidationError) as problem:
        raise ClientException(f"{problem}") from None
    return go_back(request, form, f"/console/objects/{fields.get('id', '')}", "done")
