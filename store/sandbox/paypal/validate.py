"""Request bodies against PayPal's own schemas: types, what is required, lengths, patterns, counts, unknown names.

Invariant: every fault of a body is a detail of one 400, with a JSON pointer as `field`, and the issue is one that
PayPal lists for the operation. Versions 1 of the APIs list none and call it VALIDATION_ERROR.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from store.sandbox.paypal.errors import Issue, PayPalError
from store.sandbox.paypal.spec import Node, find_issue, find_schema, list_issues, operation

# What a fault is called, the first one that the operation lists.
NAMES = {
    "json": ("MALFORMED_REQUEST_JSON", "INVALID_PARAMETER_SYNTAX"),
    "type": ("INVALID_PARAMETER_SYNTAX", "MALFORMED_REQUEST_JSON", "INVALID_PARAMETER_VALUE"),
    "unknown": ("NOT_SUPPORTED", "MALFORMED_REQUEST_JSON", "INVALID_PARAMETER_SYNTAX"),
    "missing": ("MISSING_REQUIRED_PARAMETER",),
    "long": ("INVALID_STRING_MAX_LENGTH", "INVALID_STRING_LENGTH"),
    "short": ("INVALID_STRING_LENGTH",),
    "syntax": ("INVALID_PARAMETER_SYNTAX", "INVALID_PARAMETER_VALUE"),
    "value": ("INVALID_PARAMETER_VALUE", "INVALID_PARAMETER_SYNTAX"),
    "many": ("INVALID_ARRAY_MAX_ITEMS", "INVALID_PARAMETER_VALUE", "INVALID_PARAMETER_SYNTAX"),
    "few": ("INVALID_ARRAY_MIN_ITEMS", "INVALID_PARAMETER_VALUE", "INVALID_PARAMETER_SYNTAX"),
}
# As most operations word them; an operation that lists the issue has its own text.
TEXTS = {
    "MALFORMED_REQUEST_JSON": "The request JSON is not well formed.",
    "INVALID_PARAMETER_SYNTAX": "The value of a field does not conform to the expected format.",
    "INVALID_PARAMETER_VALUE": "The value of a field is invalid.",
    "NOT_SUPPORTED": "This field is not currently supported.",
    "MISSING_REQUIRED_PARAMETER": "A required field / parameter is missing.",
    "INVALID_STRING_MAX_LENGTH": "The value of a field is too long.",
    "INVALID_STRING_LENGTH": "The value of a field is either too short or too long.",
    "INVALID_ARRAY_MAX_ITEMS": "The number of items in an array parameter is too large.",
    "INVALID_ARRAY_MIN_ITEMS": "The number of items in an array parameter is too small.",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
MAX_DEPTH = 40
# kind of fault, JSON pointer, value (None: nothing to show)
Fault = tuple[str, str, Any]


def check_body(operation_id: str, raw: bytes) -> Any:
    """Return the parsed body of a request, `{}` for none; PayPalError 400 with every fault of it."""
    node = operation(operation_id)
    if not raw.strip():
        if node["required"]:
            raise refuse(operation_id, [("missing", "/", None)])
        return {}
    try:
        body = json.loads(raw)
        if b"\\u" in raw:  # half of a pair is no letter, and could be kept nowhere
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refuse(operation_id, [("json", "/", None)]) from None
    schema = node["body"]
    # `webhook_event` of a verification is any event: only its owner can say what is wrong with it.
    faults = list(find_faults(node["file"], schema, body)) if schema else []
    if faults:
        raise refuse(operation_id, faults)
    return body


def refuse(operation_id: str, faults: list[Fault]) -> PayPalError:
    """Return the 400 that names these faults in the operation's own words."""
    issues = tuple(
        Issue(name, field, _show(value), "body", text)
        for kind, field, value in faults
        for name, text in [name_fault(operation_id, kind)]
    )
    if list_issues(operation_id):
        return PayPalError(400, issues=issues)
    return PayPalError(400, "VALIDATION_ERROR", issues, message="Invalid request - see details")


@cache
def name_fault(operation_id: str, kind: str) -> tuple[str, str]:
    """Return issue and text of a kind of fault, the first that the operation lists."""
    listed = {issue: status for status, issue in list_issues(operation_id) if status == 400}
    name = next((name for name in NAMES[kind] if name in listed), NAMES[kind][0])
    return name, find_issue(operation_id, name)[1] if name in listed else TEXTS[name]


def find_faults(file: str, schema: Node, value: Any, at: str = "", depth: int = 0) -> Iterator[Fault]:
    """Yield what is wrong with a value of a file's schema, outer faults before inner ones."""
    node = flatten(file, schema)
    if depth > MAX_DEPTH:
        yield "json", at or "/", None
        return
    if "oneOf" in node:
        yield from _try_each(file, node["oneOf"], value, at, depth)
        return
    kind = node.get("type") or ("object" if "properties" in node else "")
    if isinstance(kind, list):  # a patch's value: whatever JSON knows
        return
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield "type", at or "/", value
        return
    if isinstance(value, str):
        yield from _check_string(node, value, at)
    elif isinstance(value, list):
        yield from _check_array(file, node, value, at, depth)
    elif isinstance(value, dict):
        yield from _check_object(file, node, value, at, depth)
    elif isinstance(value, int | float) and not node.get("minimum", value) <= value <= node.get("maximum", value):
        yield "value", at, value


def flatten(file: str, schema: Node) -> Node:
    """Return a schema with its `$ref` followed and its `allOf` merged."""
    if "$ref" not in schema and "allOf" not in schema:
        return schema
    merged: Node = {}
    parts = [find_schema(file, schema["$ref"])] if "$ref" in schema else []
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    for part in [flatten(file, inner) for inner in [*parts, *schema.get("allOf", [])]] + [own]:
        for key, value in part.items():
            if key == "properties":
                merged[key] = merged.get(key, {}) | value
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged[key] = value
    return merged


def _try_each(file: str, options: list[Node], value: Any, at: str, depth: int) -> Iterator[Fault]:
    """One alternative has to fit; where none does, the one with the fewest faults says what is wrong."""
    found = [list(find_faults(file, option, value, at, depth + 1)) for option in options]
    yield from min(found, key=len)


def _check_string(node: Node, value: str, at: str) -> Iterator[Fault]:
    if len(value) > node.get("maxLength", len(value)):
        yield "long", at, value
    elif len(value) < node.get("minLength", 0):
        yield "short", at, value
    elif "enum" in node and value not in node["enum"] and not _is_other_carrier(node["enum"], value):
        yield "value", at, value
    elif ("pattern" in node and not re.search(node["pattern"], value)) or (
        node.get("format") == "uri" and not is_url(value)
    ):
        yield "syntax", at, value


def _is_other_carrier(known: list[str], value: str) -> bool:
    """The file's list of carriers lacks the value that its own description wants for any that is not on it."""
    return value == "OTHER" and "DPD_RU" in known


def is_url(text: str) -> bool:
    """Tell whether a text is a whole address, scheme and all."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and not re.search(r"\s", text)


def _check_array(file: str, node: Node, value: list[Any], at: str, depth: int) -> Iterator[Fault]:
    if len(value) > node.get("maxItems", len(value)):
        yield "many", at or "/", None
    elif len(value) < node.get("minItems", 0):
        yield "few", at or "/", None
    for number, item in enumerate(value):
        yield from find_faults(file, node.get("items", {}), item, f"{at}/{number}", depth + 1)


def _check_object(file: str, node: Node, value: dict[str, Any], at: str, depth: int) -> Iterator[Fault]:
    properties = node.get("properties", {})
    for name in node.get("required", []):
        if name not in value:
            yield "missing", f"{at}/{escape(name)}", None
    for name, inner in value.items():
        here = f"{at}/{escape(name)}"
        if name in properties:
            yield from find_faults(file, properties[name], inner, here, depth + 1)
        elif isinstance(extra := node.get("additionalProperties"), dict):
            yield from find_faults(file, extra, inner, here, depth + 1)
        elif properties and not extra:
            yield "unknown", here, inner


def escape(name: str) -> str:
    """Return a name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _show(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return value[:200] if isinstance(value, str) else json.dumps(value)
