"""How a rule between parameters is written down: which one, when it is broken, what the caller reads, which fact.

The tables themselves stand in `rules.py`. Invariant: a broken rule is a 400 that names the parameter, before
anything has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from store.sandbox.kernel.errors import refuse
from store.sandbox.stripe.routing import Call

MISSING = "parameter_missing"
EXCLUSIVE = "You may only specify one of these parameters: {}."


@dataclass(frozen=True)
class Rule:
    """One row: the parameter, when it is broken, what the caller reads, and where that is written."""

    param: str
    broken: Callable[[Call], bool]
    message: str
    fact: str
    code: str | None = None


@dataclass(frozen=True)
class Table:
    """The rules of one operation, as a check that refuses the first broken one."""

    rules: tuple[Rule, ...]

    def __call__(self, call: Call) -> None:
        for rule in self.rules:
            if rule.broken(call):
                raise refuse(rule.message, param=rule.param, code=rule.code)


def table(*rules: Rule) -> Table:
    """Return the table of these rules, in the order they are looked at."""
    return Table(rules)


def required(param: str, fact: str) -> Rule:
    """Return the row for a parameter that the tree calls optional and the API demands."""
    return Rule(param, lambda call: read(call, param) is None, f"Missing required param: {param}.", fact, MISSING)


def exclusive(first: str, second: str, fact: str) -> Rule:
    """Return the row for two parameters of which one may be given."""
    return Rule(
        first,
        lambda call: read(call, first) is not None and read(call, second) is not None,
        EXCLUSIVE.format(f"{first}, {second}"),
        fact,
    )


def only_when(param: str, other: str, values: tuple[str | None, ...], fact: str) -> Rule:
    """Return the row for a parameter that may be given only while another has one of the values (None: absent)."""
    shown = " or ".join(f"`{value}`" for value in values if value)
    return Rule(
        param,
        lambda call: read(call, param) is not None and read(call, other) not in values,
        f"You can not pass `{param}` unless `{other}` is {shown}.",
        fact,
    )


def at_most(param: str, most: int, fact: str) -> Rule:
    """Return the row for a list that may have `most` items."""
    return Rule(param, lambda call: count(param)(call) > most, f"`{param}` may have at most {most} items.", fact)


def read(call: Call, param: str) -> object:
    """Return the value at `a[b][c]`, or None."""
    value: object = call.params
    for name in param.replace("]", "").split("["):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def is_web_address(value: object) -> bool:
    """Tell whether the text is an http or https URL with a host."""
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_below(param: str, lowest: int) -> Callable[[Call], bool]:
    """Return the test that an integer was given and is too small."""
    return lambda call: isinstance(value := read(call, param), int) and value < lowest


def count(param: str) -> Callable[[Call], int]:
    """Return how to count a list's items; 0 when there is none."""
    return lambda call: len(value) if isinstance(value := read(call, param), list) else 0


def expires_in(call: Call) -> int | None:
    """Return the seconds from now to `expires_at`, or None."""
    value = read(call, "expires_at")
    return value - call.now if isinstance(value, int) else None


def bad_address(param: str, fact: str) -> Rule:
    """Return the row for a parameter that must be a web address."""
    return Rule(
        param,
        lambda call: read(call, param) is not None and not is_web_address(read(call, param)),
        "Not a valid URL",
        fact,
        "url_invalid",
    )


def items(call: Call, param: str) -> list[dict[str, Any]]:
    """Return the hashes of a list; none when it was not given."""
    value = read(call, param)
    return value if isinstance(value, list) else []


def lines(call: Call) -> list[dict[str, Any]]:
    """Return the given line items."""
    return items(call, "line_items")


def is_one_price(data: dict[str, Any]) -> bool:
    """Tell whether `price_data` says once what is sold and once what it costs."""
    return ("product" in data) != ("product_data" in data) and ("unit_amount" in data) != (
        "unit_amount_decimal" in data
    )


def count_images(line: dict[str, Any]) -> int:
    """Return how many images the product made with a line has."""
    return len(((line.get("price_data") or {}).get("product_data") or {}).get("images") or [])
