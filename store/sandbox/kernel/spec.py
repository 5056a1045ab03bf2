"""Read `spec.json.gz` (made by `compact.py`): which operations, parameters and object fields the provider
has.

Invariant: read once, never changed; the answer to "is this the provider's name?" comes from here and nowhere
else.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

Node = dict[str, Any]


@cache
def load_spec() -> dict[str, Any]:
    """Return the compact document: `version`, `operations`, `objects`."""
    data: dict[str, Any] = json.loads(gzip.decompress(Path(__file__).with_name("spec.json.gz").read_bytes()))
    return data


def request_node(operation: str) -> Node:
    """Return the parameter tree of an operation such as `POST /v1/refunds`; KeyError when it has none."""
    node: Node = load_spec()["operations"][operation]
    return node


def find_operation(method: str, path: str) -> str | None:
    """Return the provider's operation that a request names, or None when there is no such URL."""
    for operation, pattern in _patterns():
        if operation.startswith(method + " ") and pattern.fullmatch(path):
            return operation
    return None


def object_fields(kind: str) -> dict[str, bool]:
    """Return {field: may be null} of a response object; empty for a kind that is not known."""
    fields: dict[str, bool] = load_spec()["objects"].get(kind, {}).get("fields", {})
    return fields


def expandable_fields(kind: str) -> dict[str, str]:
    """Return {dotted path: class} of what can be expanded in an object of this kind."""
    fields: dict[str, str] = load_spec()["objects"].get(kind, {}).get("expandable", {})
    return fields


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(operation, path_pattern(operation.split(" ", 1)[1])) for operation in load_spec()["operations"]]


def path_pattern(template: str) -> re.Pattern[str]:
    """Return the expression that matches a path template and names its ids."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
