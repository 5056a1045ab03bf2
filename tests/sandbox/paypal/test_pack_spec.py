"""The pack has what PayPal's files have, and every pattern in it is one that Python understands."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from store.sandbox.paypal.compact import FILES, TARGET, compact, encode_pack
from store.sandbox.paypal.resources import ROUTES
from store.sandbox.paypal.spec import find_issue, find_operation, list_issues, load_spec, operation
from store.sandbox.paypal.validate import find_faults

SOURCE = Path(__file__).parents[4] / "shared" / "specs" / "paypal"


def find_patterns(node: Any):
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for inner in node.values():
            yield from find_patterns(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from find_patterns(inner)


@pytest.mark.skipif(not SOURCE.is_dir(), reason="PayPal's OpenAPI files are not beside the project")
def test_the_pack_is_the_one_that_paypals_files_make():
    made = compact(SOURCE)

    assert made == load_spec()
    assert gzip.decompress(encode_pack(made)) == gzip.decompress(TARGET.read_bytes())


def test_the_pack_has_the_files_and_their_licence():
    assert set(load_spec()["versions"]) == set(FILES)
    assert "Apache License" in TARGET.with_name("spec.LICENSE").read_text()


def test_every_pattern_is_one_that_python_understands():
    patterns = set(find_patterns(load_spec()["schemas"]))

    assert len(patterns) > 50
    assert [re.compile(pattern).pattern for pattern in patterns]


def test_every_operation_of_the_pack_has_a_route():
    assert set(load_spec()["operations"]) <= {operation_id for _, _, operation_id, _ in ROUTES}


def test_every_route_is_an_operation_of_paypals():
    for method, path, operation_id, _ in ROUTES:
        node = operation(operation_id)
        assert (node["method"], re.sub(r"{\w+}", "{}", node["path"])) == (method, re.sub(r"{\w+}", "{}", path))


def test_an_operation_is_found_by_its_url():
    assert find_operation("POST", "/v2/checkout/orders/X1/capture") == "orders.capture"
    assert find_operation("POST", "/v2/checkout/nothing") is None


def test_issues_are_those_of_the_operation():
    status, text = find_issue("orders.capture", "INSTRUMENT_DECLINED")

    assert (status, text.split()[0]) == (422, "The")
    assert (422, "INSTRUMENT_DECLINED") in list_issues("orders.capture")
    assert list_issues("payouts.post") == []
    with pytest.raises(KeyError):
        find_issue("orders.get", "INSTRUMENT_DECLINED")


def test_the_pack_is_small():
    assert len(TARGET.read_bytes()) < 80_000
    assert "description" not in json.dumps(load_spec()["schemas"]["checkout_orders_v2"]["money"])


def test_a_schema_that_never_ends_is_a_fault_when_a_body_goes_too_deep():
    schema: dict[str, Any] = {"type": "array"}
    schema["items"] = schema
    body: list[Any] = []
    for _ in range(60):
        body = [body]

    assert [kind for kind, *_ in find_faults("checkout_orders_v2", schema, body)] == ["json"]
