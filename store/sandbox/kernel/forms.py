"""Decode the provider's form encoding: `a[b]=1`, `a[0][b]=1` and curl's `a[]=1`.

The result is nested dictionaries of strings; list items have their index as the key, so that the parameter
check, which knows what is a list and what is a map, decides. Invariant: no input raises anything but
`ApiError`.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from store.sandbox.kernel.errors import ApiError, refuse

MAX_DEPTH = 12
MAX_FIELDS = 2000
KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
PART = re.compile(r"\[([^\[\]]*)\]")

Raw = dict[str, Any]


def decode_form(body: bytes) -> Raw:
    """Return the nested fields of a form body or query string; raise `ApiError` for what is not one."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise refuse("Invalid request: the parameters are not UTF-8.") from error
    except ValueError as error:
        raise refuse(f"Invalid request: more than {MAX_FIELDS} parameters.") from error
    root: Raw = {}
    for key, value in pairs:
        _insert(root, _split(key), value, key)
    return root


def _split(key: str) -> list[str]:
    match = KEY.fullmatch(key)
    parts = [match[1], *PART.findall(match[2])] if match else []
    if not parts or len(parts) > MAX_DEPTH:
        raise refuse(f"Invalid parameter name: {key[:200]}", param=key[:200])
    return parts


def _insert(root: Raw, parts: list[str], value: str, key: str) -> None:
    node = root
    for depth, part in enumerate(parts[:-1]):
        name = _list_index(node, parts[depth + 1 :]) if part == "" else part
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise _conflict(key)
        node = child
    last = parts[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise _conflict(key)
    node[last] = value


def _list_index(node: Raw, rest: list[str]) -> str:
    """Return the item `[]` means: the last one, or a new one when that already has this very field."""
    if not node:
        return "0"
    last = str(len(node) - 1)
    item = node.get(last)
    for part in rest:
        if not isinstance(item, dict) or part not in item:
            return last if part != "" or item is None else str(len(node))
        item = item[part]
    return str(len(node))


def _conflict(key: str) -> ApiError:
    return refuse(
        f"Invalid request: the parameter {key[:200]} is given both as a value and as a hash.", param=key[:200]
    )
