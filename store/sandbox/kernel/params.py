"""Check a decoded request against the provider's parameter tree and turn strings into values.

What is checked: names (unknown → `parameter_unknown`), types, enums, lengths, required fields inside hashes,
and the limits of metadata (docs.stripe.com/api/metadata). Ranges and rules between fields stand in
`stripe/rules.py`. Invariant: what comes out has only names the provider knows, with values of the type it
documents; a cleared field (an empty string where that is allowed) is None.
"""

import re
from collections.abc import Iterator
from typing import Any

from store.sandbox.kernel.errors import ApiError, Unsupported, refuse
from store.sandbox.kernel.spec import Node

DEFAULT_LENGTH = 5000
INTEGER = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")
METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500

Params = dict[str, Any]


def check_params(node: Node, raw: dict[str, Any]) -> Params:
    """Return the typed parameters; raise a 400 that names the first field at fault."""
    result: Params = _check_object(node, raw, "")
    return result


def check_supported(params: Params, supported: frozenset[str], operation: str) -> None:
    """Refuse, by name, what the provider knows and this sandbox does not. A prefix covers all below it."""
    for path, shown in _leaves(params, "", ""):
        steps = path.split(".")
        if not any(".".join(steps[: n + 1]) in supported for n in range(len(steps))):
            raise Unsupported(f"the parameter {shown} of {operation}", param=shown)


def empty_lists(node: Node, params: Params, fields: dict[str, bool]) -> Params:
    """Return an update with [] for a list that is unset; raise a 400 for what the object cannot be without.

    `fields` are the object's: whether each may be null.
    """
    result = dict(params)
    for name, value in params.items():
        if value is None and not fields.get(name, True) and node["p"][name]["t"] != "m":
            if node["p"][name]["t"] != "a":
                raise _empty(name)
            result[name] = []
    return result


def merge_metadata(current: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Return metadata after an update: None clears all, an empty value deletes its key, other keys stay."""
    if change is None:
        return {}
    merged = {k: v for k, v in {**current, **change}.items() if v != ""}
    if len(merged) > METADATA_KEYS:
        raise _too_many_keys("metadata")
    return merged


def _check(node: Node, raw: Any, path: str) -> Any:
    if raw == "" and node.get("clear"):
        return None
    if node["t"] == "any":
        return _check_any(node["v"], raw, path)
    if node["t"] in "oam" and raw == "":
        raise _empty(path)
    return CHECKS[node["t"]](node, raw, path)


def _check_any(options: list[Node], raw: Any, path: str) -> Any:
    failure: ApiError | None = None
    wanted = [o for o in options if (o["t"] in "oam") == isinstance(raw, dict)]
    for option in wanted or options:
        try:
            return _check(option, raw, path)
        except ApiError as error:
            failure = failure or error
    if failure:
        raise failure
    return raw


def _check_object(node: Node, raw: Any, path: str) -> Params:
    if not isinstance(raw, dict):
        raise refuse("Invalid object", param=path)
    if unknown := [_join(path, name) for name in raw if name not in node["p"]]:
        words = "parameter" if len(unknown) == 1 else "parameters"
        raise refuse(f"Received unknown {words}: {', '.join(unknown)}", param=unknown[0], code="parameter_unknown")
    for name in node.get("r", ()):
        if name not in raw:
            raise refuse(
                f"Missing required param: {_join(path, name)}.",
                param=_join(path, name),
                code="parameter_missing",
            )
    return {
        name: None if _is_unset(node, name, value) else _check(node["p"][name], value, _join(path, name))
        for name, value in raw.items()
    }


def _is_unset(node: Node, name: str, raw: Any) -> bool:
    """An empty text unsets a free text, unless the provider requires the field."""
    kind = node["p"][name]
    return raw == "" and kind["t"] == "s" and "e" not in kind and name not in node.get("r", ())


def _check_map(node: Node, raw: Any, path: str) -> Params:
    if not isinstance(raw, dict):
        raise refuse("Invalid object", param=path)
    if path.rsplit("[", 1)[-1].rstrip("]") == "metadata":
        return _check_metadata(raw, path)
    return {name: _check(node["v"], value, _join(path, name)) for name, value in raw.items()}


def _check_metadata(raw: dict[str, Any], path: str) -> Params:
    if len(raw) > METADATA_KEYS:
        raise _too_many_keys(path)
    for key, value in raw.items():
        if isinstance(value, dict):
            raise refuse("Metadata values must be strings.", param=_join(path, key))
        if len(key) > METADATA_KEY_LENGTH:
            raise refuse(
                f"Metadata key '{key[:60]}' is {len(key)} characters; keys may have at most {METADATA_KEY_LENGTH}.",
                param=path,
            )
        if len(value) > METADATA_VALUE_LENGTH:
            raise refuse(
                f"Metadata values may have at most {METADATA_VALUE_LENGTH} characters; '{key}' has {len(value)}.",
                param=path,
            )
    return dict(raw)


def _check_array(node: Node, raw: Any, path: str) -> list[Any]:
    if not isinstance(raw, dict) or not all(INTEGER.fullmatch(key) for key in raw):
        raise refuse("Invalid array", param=path)
    return [_check(node["v"], raw[key], f"{path}[{key}]") for key in sorted(raw, key=int)]


def _check_string(node: Node, raw: Any, path: str) -> str:
    if not isinstance(raw, str):
        raise refuse("Invalid string: a hash was given.", param=path)
    if raw == "":
        raise _empty(path)
    if "e" in node and raw not in node["e"]:
        raise refuse(f"Invalid {path}: must be one of {_listing(node['e'])}", param=path)
    limit = node.get("l", DEFAULT_LENGTH)
    if len(raw) > limit:
        raise refuse(f"Invalid string: {raw[:8]}...{raw[-4:]}; must be at most {limit} characters", param=path)
    return raw


def _check_integer(node: Node, raw: Any, path: str) -> int:
    if not isinstance(raw, str) or not INTEGER.fullmatch(raw):
        raise refuse(f"Invalid integer: {_short(raw)}", param=path, code="parameter_invalid_integer")
    return int(raw)


def _check_number(node: Node, raw: Any, path: str) -> str:
    if not isinstance(raw, str) or not DECIMAL.fullmatch(raw):
        raise refuse(f"Invalid decimal: {_short(raw)}", param=path)
    return raw


def _check_boolean(node: Node, raw: Any, path: str) -> bool:
    if raw not in ("true", "false"):
        raise refuse(f"Invalid boolean: {_short(raw)}", param=path)
    return bool(raw == "true")


CHECKS = {
    "o": _check_object,
    "m": _check_map,
    "a": _check_array,
    "s": _check_string,
    "i": _check_integer,
    "n": _check_number,
    "b": _check_boolean,
}


def _leaves(value: Any, path: str, shown: str) -> Iterator[tuple[str, str]]:
    """Yield (dotted path without list indexes, name as the caller wrote it) of every value."""
    if isinstance(value, dict) and value and path.rsplit(".", 1)[-1] != "metadata":
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name, _join(shown, name))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, path, f"{shown}[{index}]")
    elif path:  # a request without parameters has no leaf
        yield path, shown


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _listing(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])}, or {values[-1]}"


def _short(raw: Any) -> str:
    return raw[:40] if isinstance(raw, str) else "a hash"


def _empty(path: str) -> ApiError:
    return refuse(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
        "parameter; "
        f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a "
        "non-empty value.",
        param=path,
        code="parameter_invalid_empty",
    )


def _too_many_keys(path: str) -> ApiError:
    return refuse(f"You can only set {METADATA_KEYS} metadata keys.", param=path)
