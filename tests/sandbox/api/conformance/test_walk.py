"""Every operation that the sandbox supports, through the provider's client, answers as the client's types say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from store.sandbox.kernel.spec import find_operation
from store.sandbox.stripe.keys import SECRET_KEY
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conformance.shapes import find_faults
from tests.sandbox.api.conformance.steps import Do, Kept, Step
from tests.sandbox.api.conformance.walk import WALK
from tests.sandbox.api.conftest import BASE, Api, DirectClient


class Recording(DirectClient):
    """A transport that also keeps which operation was asked for last."""

    operation: str | None = None

    def send(self, method: str, url: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path = url.removeprefix(BASE).partition("?")[0]
        # As a route has it: `/v1/…/search` before `/v1/…/{id}`.
        named = f"{method.upper()} {path}"
        known = {route.operation for route in ROUTES}
        self.operation = named if named in known else find_operation(method.upper(), path)
        return super().send(method, url, headers, body)


@pytest.fixture
def walked(tmp_path: Path) -> Iterator[tuple[Kept, Recording, stripe.StripeClient]]:
    api = Api(tmp_path)
    transport = Recording(api.worlds)
    client = stripe.StripeClient(
        SECRET_KEY,
        base_addresses=dict.fromkeys(("api", "connect", "files", "meter_events"), BASE),
        http_client=transport,
    )
    yield Kept(api), transport, client
    api.worlds.close()


def find_method(client: stripe.StripeClient, call: str, suffix: str = "") -> Any:
    found: Any = client.v1
    *services, method = call.split(".")
    for name in services:
        found = getattr(found, name)
    return getattr(found, method + suffix)


def note(step: Step, kept: Kept, transport: Recording, faults: list[str]) -> None:
    """Keep what the client was answered and what is wrong with it."""
    if transport.operation != step.operation:
        faults.append(f"{step.call} asked for {transport.operation}, not {step.operation}")
    faults += [f"{step.operation}: {fault}" for fault in find_faults(transport.answer)]
    kept.made[step.keep or step.operation] = transport.answer


def test_every_answer_has_the_declared_shape_when_the_client_asks(
    walked: tuple[Kept, Recording, stripe.StripeClient],
) -> None:
    kept, transport, client = walked
    faults: list[str] = []

    for step in WALK:
        if isinstance(step, Do):
            step.act(kept)
        else:
            find_method(client, step.call)(*step.arguments(kept))
            note(step, kept, transport, faults)

    assert sorted(set(faults)) == []


async def test_every_answer_has_the_declared_shape_when_the_async_client_asks(
    walked: tuple[Kept, Recording, stripe.StripeClient],
) -> None:
    kept, transport, client = walked
    faults: list[str] = []

    for step in WALK:
        if isinstance(step, Do):
            step.act(kept)
        else:
            await find_method(client, step.call, "_async")(*step.arguments(kept))
            note(step, kept, transport, faults)

    assert sorted(set(faults)) == []


def test_every_operation_is_walked() -> None:
    walked = {step.operation for step in WALK if isinstance(step, Step)}

    assert {route.operation for route in ROUTES} - walked == set()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reason": "perhaps"}, "refund.reason: 'perhaps' is none of"),
        ({"colour": "red"}, "refund.colour: unknown"),
        ({"amount": "5"}, "refund.amount: int, not '5'"),
        ({"amount": None}, "refund.amount: int, not None"),
        ({"amount": True}, "refund.amount: int, not True"),
        ({"charge": 5}, "refund.charge: an object, not 5"),
        ({"charge": {"object": "charge", "id": "ch_1"}}, "refund.charge.amount: missing"),
        ({"destination_details": {"type": "card", "x": 1}}, "refund.destination_details.x: unknown"),
        ({"object": "tomato"}, "tomato: nobody knows the kind 'tomato'"),
    ],
)
def test_wrong_answer_is_found_out(api: Api, change: dict[str, Any], fault: str) -> None:
    intent = api.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
    )
    _, _, refund = api.raw("POST", "/v1/refunds", {"payment_intent": intent.id})
    assert find_faults(refund) == []

    assert [found for found in find_faults(refund | change) if found.startswith(fault)]


def test_wrong_snapshot_in_an_event_is_found_out(api: Api) -> None:
    api.v1.customers.create({"name": "Ada"})
    _, _, events = api.raw("GET", "/v1/events")
    assert find_faults(events) == []

    events["data"][0]["data"]["object"]["tax_exempt"] = "perhaps"

    assert len(find_faults(events)) == 1


def test_missing_field_is_found_out(api: Api) -> None:
    _, _, balance = api.raw("GET", "/v1/balance")
    del balance["available"]

    assert find_faults(balance) == ["balance.available: missing"]
