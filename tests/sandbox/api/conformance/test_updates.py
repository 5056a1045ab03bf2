"""Every update merges metadata, deletes by an empty value and unsets what may be unset; every deletion says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from store.sandbox.kernel.spec import request_node
from store.sandbox.stripe.resources import ROUTES
from store.sandbox.stripe.routing import Route
from tests.sandbox.api.conformance.shapes import find_faults
from tests.sandbox.api.conformance.steps import Do, Kept, Step
from tests.sandbox.api.conformance.walk import WALK
from tests.sandbox.api.conftest import Api

UPDATES = [
    route
    for route in ROUTES
    if re.fullmatch(r"POST /v1/(\w+/)*\w+/{\w+}", route.operation) and "metadata" in route.supported
]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A world in which every update has had its object once."""
    api = Api(tmp_path_factory.mktemp("updates"))
    kept = Kept(api)
    for step in WALK:
        if isinstance(step, Do):
            step.act(kept)
            continue
        call: Any = api.v1
        for name in step.call.split("."):
            call = getattr(call, name)
        if step.operation.startswith("DELETE") and "webhook" in step.operation:
            continue
        call(*step.arguments(kept))
        kept.made[step.keep or step.operation] = api.transport.answer
    yield kept
    api.worlds.close()


def find_path(kept: Kept, route: Route) -> str:
    """Return the address of the object that the walk updated."""
    step = next(one for one in WALK if isinstance(one, Step) and one.operation == route.operation)
    id = step.arguments(kept)[0]
    return re.sub(r"{\w+}", str(id), route.operation.split(" ")[1])


def send(kept: Kept, path: str, **fields: str) -> dict[str, Any]:
    status, _, answer = kept.api.raw("POST", path, fields)
    assert status == 200, answer
    result: dict[str, Any] = answer
    return result


@pytest.mark.parametrize("route", UPDATES, ids=lambda route: route.operation)
def test_metadata_is_merged_and_deleted_key_by_key(walked: Kept, route: Route) -> None:
    path = find_path(walked, route)
    send(walked, path, metadata="")

    first = send(walked, path, **{"metadata[a]": "1", "metadata[b]": "2"})
    second = send(walked, path, **{"metadata[b]": "3", "metadata[c]": "4"})
    third = send(walked, path, **{"metadata[a]": ""})
    cleared = send(walked, path, metadata="")

    assert [one["metadata"] for one in (first, second, third, cleared)] == [
        {"a": "1", "b": "2"},
        {"a": "1", "b": "3", "c": "4"},
        {"b": "3", "c": "4"},
        {},
    ]


@pytest.mark.parametrize("route", UPDATES, ids=lambda route: route.operation)
def test_metadata_has_fifty_keys_at_most_also_when_it_is_merged(walked: Kept, route: Route) -> None:
    path = find_path(walked, route)
    send(walked, path, metadata="")
    send(walked, path, **{f"metadata[k{number}]": "v" for number in range(50)})

    status, _, answer = walked.api.raw("POST", path, {"metadata[one_more]": "v"})
    kept = send(walked, path, **{"metadata[k0]": "", "metadata[one_more]": "v"})["metadata"]
    send(walked, path, metadata="")

    assert (status, answer["error"]["param"]) == (400, "metadata")
    assert (len(kept), kept["one_more"]) == (50, "v")


@pytest.mark.parametrize("route", UPDATES, ids=lambda route: route.operation)
def test_text_is_unset_when_it_is_sent_empty(walked: Kept, route: Route) -> None:
    path = find_path(walked, route)
    node = request_node(route.operation)
    for name in {"description", "nickname", "name", "phone"} & route.supported & set(node["p"]):
        send(walked, path, **{name: "something"})
        if (route.operation, name) != ("POST /v1/products/{id}", "name"):
            assert send(walked, path, **{name: ""})[name] is None


@pytest.mark.parametrize("route", UPDATES, ids=lambda route: route.operation)
def test_object_keeps_its_shape_when_anything_is_sent_empty(walked: Kept, route: Route) -> None:
    path = find_path(walked, route)

    for name in request_node(route.operation)["p"]:
        status, _, answer = walked.api.raw("POST", path, {name: ""})

        assert status in (200, 400), answer
        assert status == 400 or find_faults(answer) == [], name


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("POST /v1/products/{id}", "name"),
        ("POST /v1/webhook_endpoints/{webhook_endpoint}", "url"),
        ("POST /v1/accounts/{account}", "default_currency"),
    ],
)
def test_field_is_kept_when_the_object_cannot_be_without_it(walked: Kept, operation: str, name: str) -> None:
    route = next(one for one in UPDATES if one.operation == operation)

    status, _, answer = walked.api.raw("POST", find_path(walked, route), {name: ""})

    assert (status, answer["error"]["param"]) == (400, name)


def test_list_is_emptied_when_it_is_unset(walked: Kept) -> None:
    product = walked["POST /v1/products"]["id"]
    assert send(walked, f"/v1/products/{product}", **{"images[0]": "http://a.example/a"})["images"]

    assert send(walked, f"/v1/products/{product}", images="")["images"] == []


def test_account_s_currency_is_kept_in_small_letters_and_one_that_is_known(walked: Kept) -> None:
    path = f"/v1/accounts/{walked['vendor']['id']}"

    status, _, answer = walked.api.raw("POST", path, {"default_currency": "zzz"})

    assert (status, answer["error"]["param"]) == (400, "default_currency")
    assert send(walked, path, default_currency="USD")["default_currency"] == "usd"


def test_updates_are_those_of_every_object_that_has_metadata() -> None:
    assert {route.operation.split("/")[2] for route in UPDATES} >= {
        *("accounts", "charges", "checkout", "coupons", "customers", "payment_intents", "payment_methods", "payouts"),
        *("prices", "products", "promotion_codes", "refunds", "transfers", "webhook_endpoints"),
    }
