"""Wrong types, unknown names and edge values, sent to every operation: refused, never a crash, never taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.sandbox.kernel.spec import request_node
from store.sandbox.stripe.objects import PREFIXES
from store.sandbox.stripe.resources import ROUTES
from store.sandbox.stripe.routing import Route
from tests.examples import examples
from tests.sandbox.api.conformance.asks import flatten, good, wrong
from tests.sandbox.api.conformance.steps import Do, Kept
from tests.sandbox.api.conformance.walk import WALK
from tests.sandbox.api.conftest import Api

KINDS = {"checkout": "checkout.session"} | {kind + "s": kind for kind in PREFIXES}
EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
INSIDE_ACCOUNT = "/v1/accounts/{account}/"
PARAM = re.compile(r"\w+(\[[^\[\]]+\])*")
FEW = settings(max_examples=examples(6), deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A world in which the walk has been made: every kind of object is there."""
    made = Api(tmp_path_factory.mktemp("any"))
    kept = Kept(made)
    for step in WALK:
        if isinstance(step, Do):
            step.act(kept)
        else:
            call: Any = made.v1
            for name in step.call.split("."):
                call = getattr(call, name)
            call(*step.arguments(kept))
            kept.made[step.keep or step.operation] = made.transport.answer
    yield made
    made.worlds.close()


def send(api: Api, route: Route, ids: list[str], fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    method, template = route.operation.split(" ")
    path = re.sub(r"{\w+}", lambda _: ids.pop(), template)
    query, body = ("", urlencode(fields)) if method == "POST" else ("?" + urlencode(fields), "")
    status, _, answer = api.raw(method, path + query, body)
    return status, answer


def near(api: Api, route: Route) -> list[str]:
    """Return ids that the operation may know: of its own kind, newest first, and one of nothing."""
    template = route.operation.split(" ")[1]
    kind = KINDS.get(template.split("/")[2], "")
    own = [id for (id,) in api.world.sql("SELECT id FROM documents WHERE kind=? ORDER BY seq DESC LIMIT 5", kind)]
    return [*own, "none", "\u00e9"]


def inside_account(api: Api, route: Route) -> list[str]:
    """Return the ids of something that an account has, the account's last: of the company that the walk made."""
    account = next(one for one in api.world.find(api.world.platform, "account") if one["business_type"] == "company")
    persons = [one["id"] for one in api.world.find(account["id"], "person")]
    banks = [one["id"] for one in account["external_accounts"]["data"]]
    last = {"persons": persons, "external_accounts": banks, "capabilities": ["transfers"]}
    return [(last.get(route.operation.split("/")[4]) or ["none"])[0], account["id"]]


def assert_blames_a_name(answer: dict[str, Any]) -> None:
    """Check that a refusal blames, if anything, what begins with a name: `product`, never `[product]`."""
    param = answer.get("error", {}).get("param")
    assert param is None or PARAM.fullmatch(param), answer


@EVERY_ROUTE
@FEW
@given(data=st.data())
def test_request_is_refused_when_the_specification_says_no(api: Api, route: Route, data: st.DataObject) -> None:
    fields = flatten(data.draw(wrong(request_node(route.operation))))

    status, answer = send(api, route, near(api, route)[:2], fields)

    assert status == 400, (fields, answer)
    assert answer["error"]["type"] == "invalid_request_error"
    assert_blames_a_name(answer)


@EVERY_ROUTE
@FEW
@given(data=st.data())
def test_nothing_crashes_when_edge_values_are_sent(api: Api, route: Route, data: st.DataObject) -> None:
    fields = flatten(data.draw(good(request_node(route.operation))))
    # Places, not ids: what is drawn must not depend on what the world holds by now.
    known = near(api, route)
    ids = [known[place % len(known)] for place in data.draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))]
    if route.operation.partition(" ")[2].startswith(INSIDE_ACCOUNT) and data.draw(st.booleans()):
        ids = inside_account(api, route)

    status, answer = send(api, route, ids, fields)

    # 403: the newest account of the walk is one that was deleted.
    assert status in (200, 400, 402, 403, 404), (fields, answer)
    assert status == 200 or answer["error"]["message"]
    assert_blames_a_name(answer)
