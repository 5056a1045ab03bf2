"""Requests drawn from the specification: by the book with edge values, or wrong in one place that is known.

`good` draws a value of the parameter's type, `wrong` one that the specification forbids; both as nested hashes of
texts, which `flatten` writes as form fields. Where the specification leaves a choice of types nothing is wrong
for sure, so `wrong` leaves those alone.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Node = dict[str, Any]
INTEGERS = ["0", "1", "-1", "5", "100", "99999999", "100000000", "999999999999999999", "-999999999999999999"]
DECIMALS = ["0", "1", "-1", "0.5", "100", "100.01", "0.000000000001", "99999999999"]
TEXTS = ["x", "usd", "jpy", "http://a.example/b", "pm_card_visa", "\u00e9\u2028\U0001f600", "*", "[", "null", "a" * 500]
HASH = {"colour": "red"}


def good(node: Node, depth: int = 0) -> st.SearchStrategy[Any]:
    """Draw a value of the node's type."""
    kind = node["t"]
    if kind == "o":
        return _good_hash(node, depth)
    if kind == "a":
        return st.lists(good(node["v"], depth + 1), max_size=2).map(_as_indexed)
    if kind == "m":
        return st.dictionaries(st.sampled_from(["a", "b", "_c", "k" * 40]), good(node["v"], depth + 1), max_size=2)
    if kind == "any":
        return st.one_of([good(option, depth + 1) for option in node["v"]]) if node["v"] else st.sampled_from(TEXTS)
    if "e" in node:
        return st.sampled_from(node["e"])
    values = {"i": INTEGERS, "n": DECIMALS, "b": ["true", "false"], "s": TEXTS}[kind]
    return st.sampled_from([*values, ""] if node.get("clear") else values)


@st.composite
def _good_hash(draw: Any, node: Node, depth: int) -> dict[str, Any]:
    required = list(node.get("r", ()))
    others = sorted(set(node["p"]) - set(required) - {"expand"})
    some = draw(st.lists(st.sampled_from(others), max_size=4 if depth == 0 else 1, unique=True)) if others else []
    return {name: draw(good(node["p"][name], depth + 1)) for name in required + some}


def wrong(node: Node) -> st.SearchStrategy[Any]:
    """Draw a value that the specification forbids; nothing can be drawn where it allows everything."""
    kind = node["t"]
    if kind == "o":
        return _wrong_hash(node)
    if kind == "a":
        return st.one_of(st.sampled_from(["x", "1", HASH]), wrong(node["v"]).map(lambda value: {"0": value}))
    if kind == "m":
        return st.sampled_from(["x", "1"])
    if kind == "any":
        return st.nothing()
    values: list[Any] = [HASH]
    if "e" in node:
        values += ["perhaps", node["e"][0] + "x"]
    elif kind == "s":
        values.append("x" * (node.get("l", 5000) + 1))
    else:
        values += {
            "i": ["x", "1.5", "1e3", "0x1", "9" * 30, "\u0661"],
            "n": ["x", "1,5", "NaN", "1e9"],
            "b": ["yes", "1"],
        }[kind]
        # An empty text unsets; where nothing can be unset it is no value.
        values += [] if node.get("clear") else [""]
    return st.sampled_from(values)


@st.composite
def _wrong_hash(draw: Any, node: Node) -> Any:
    value = draw(_good_hash(node, 1))
    ways = ["unknown"]
    if node.get("r"):
        ways.append("missing")
    can_be_wrong = sorted(name for name, inner in node["p"].items() if not wrong(inner).is_empty)
    if can_be_wrong:
        ways += ["inside"] * 3
    way = draw(st.sampled_from(ways))
    if way == "unknown":
        return value | {draw(st.sampled_from(["colour", "Amount", "id_", "_x"])): "red"}
    if way == "missing":
        gone = draw(st.sampled_from(sorted(node["r"])))
        left = {name: inner for name, inner in value.items() if name != gone}
        # What vanishes on the way is not missing anything.
        return left if flatten(left) else HASH
    name = draw(st.sampled_from(can_be_wrong))
    return value | {name: draw(wrong(node["p"][name]))}


def flatten(value: Any, prefix: str = "") -> dict[str, str]:
    """Write nested hashes as form fields; an empty hash cannot be written and vanishes."""
    if not isinstance(value, dict):
        return {prefix: str(value)}
    fields: dict[str, str] = {}
    for name, inner in value.items():
        fields |= flatten(inner, f"{prefix}[{name}]" if prefix else str(name))
    return fields


def _as_indexed(items: list[Any]) -> dict[str, Any]:
    return {str(index): item for index, item in enumerate(items)}
