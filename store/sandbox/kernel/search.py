"""The provider's search language over stored documents (docs.stripe.com/search).

A query is clauses `field:"value"`, joined by AND (or a space) or by OR, never by both; `-` negates, `~` finds a part
of a text, `>` `<` `>=` `<=` compare numbers, `null` asks for absence. Invariant: a field that the provider does not
search is refused, so that a query which works here works there. Unlike the provider's, this index is never behind.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.lists import read_limit
from store.sandbox.kernel.params import Params
from store.sandbox.kernel.world import Document, World

MIN_PART = 3
MAX_CLAUSES = 20
CLAUSE = re.compile(
    r"""(?P<not>-)?(?P<field>[a-z_0-9.]+)(?:\[(?P<q>["'])(?P<key>(?:\\.|(?!(?P=q)).)*)(?P=q)\])?
        (?P<op>:|~|>=|<=|>|<)
        (?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>[^\s"']+))""",
    re.VERBOSE,
)
JOIN = re.compile(r"(?:\s+(?P<word>and|or)\s+|\s+)", re.IGNORECASE)
COMPARE: dict[str, Callable[[int, int], bool]] = {
    ":": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
# What may be asked of a field: a number's size, a text's part as well, or a token as a whole only.
NUMBER, TEXT, TOKEN = "number", "text", "token"
Fields = dict[str, str]


@dataclass(frozen=True)
class Clause:
    """One condition; `value` None asks for a field without a value."""

    steps: tuple[str, ...]
    kind: str
    operator: str
    value: str | None
    negated: bool

    def holds(self, document: Document) -> bool:
        """Tell whether the document meets the condition."""
        return self._matches(document) != self.negated

    def _matches(self, document: Document) -> bool:
        found: Any = document
        for step in self.steps:
            found = found.get(step) if isinstance(found, dict) else None
        if self.value is None:
            return found in (None, "")
        if found is None:
            return False
        if self.kind == NUMBER:
            return COMPARE[self.operator](int(found), int(self.value))
        text = ("true" if found else "false") if isinstance(found, bool) else str(found)
        wanted, text = self.value.lower(), text.lower()
        return wanted in text if self.operator == "~" else wanted == text


def search_stored(world: World, account: str, kind: str, url: str, params: Params, fields: Fields) -> Document:
    """Return one page of the documents that meet `query`, newest first, with `next_page` while there is more."""
    join, clauses = parse_query(params["query"], fields)
    limit = read_limit(params)
    found = [
        document
        for document in world.find(account, kind, _deleted=None)
        if join(clause.holds(document) for clause in clauses)
    ]
    start = _read_page(params["page"], found) if params.get("page") else 0
    page, more = found[start : start + limit], len(found) > start + limit
    return {
        "object": "search_result",
        "url": url,
        "has_more": more,
        "next_page": _write_page(page[-1]["id"]) if more else None,
        "data": page,
    }


def parse_query(query: str, fields: Fields) -> tuple[Callable[[Iterator[bool]], bool], list[Clause]]:
    """Return how the clauses are joined (`all` or `any`) and the clauses; raise a 400 that says what is wrong."""
    text, at = query.strip(), 0
    clauses: list[Clause] = []
    words: set[str] = set()
    while at < len(text) or not clauses:
        match = CLAUSE.match(text, at)
        if match is None:
            raise refuse(
                f'We were unable to parse your search query: a clause such as email:"ada@example.com" was expected '
                f"at {text[at : at + 30]!r}.",
                param="query",
            )
        clauses.append(_read_clause(match, fields))
        at = match.end()
        if at < len(text):
            gap = JOIN.match(text, at)
            if gap is None or gap.end() == len(text):
                raise refuse("We were unable to parse your search query: it ends in the middle.", param="query")
            words.add((gap["word"] or "and").lower())
            at = gap.end()
    if len(words) > 1:
        raise refuse("You can't combine `and` and `or` in one search query.", param="query")
    if len(clauses) > MAX_CLAUSES:
        raise refuse(f"A search query may have at most {MAX_CLAUSES} clauses in the sandbox.", param="query")
    return (any if words == {"or"} else all), clauses


def _read_clause(match: re.Match[str], fields: Fields) -> Clause:
    field, key, operator = match["field"], match["key"], match["op"]
    steps = tuple(field.split(".")) + ((re.sub(r"\\(.)", r"\1", key),) if key is not None else ())
    if field not in fields or (key is not None) != (field == "metadata"):
        raise refuse(
            f"Field `{field}` is not supported for search here; the fields are {', '.join(sorted(fields))}"
            ' (metadata as metadata["key"]).',
            param="query",
        )
    kind = fields[field]
    quoted = match["double"] if match["double"] is not None else match["single"]
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match["bare"]
    absent = quoted is None and value.lower() == "null"
    if operator in (">", "<", ">=", "<=") and kind != NUMBER:
        raise refuse(f"Field `{field}` is not numeric: it takes `:`, not `{operator}`.", param="query")
    if operator == "~" and kind != TEXT:
        raise refuse(f"Field `{field}` does not support substring search (`~`); use `:`.", param="query")
    if operator == "~" and len(value) < MIN_PART:
        raise refuse(f"Substring search needs at least {MIN_PART} characters; `{field}` got fewer.", param="query")
    if kind == NUMBER and not absent and not re.fullmatch(r"[0-9]{1,18}", value):
        raise refuse(f"Field `{field}` is numeric: {value[:40]!r} is not a whole number.", param="query")
    if absent and operator != ":":
        raise refuse(f"`null` is asked for with `:`, not `{operator}`.", param="query")
    return Clause(steps, kind, operator, None if absent else value, bool(match["not"]))


def _write_page(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode()


def _read_page(page: str, found: list[Document]) -> int:
    try:
        id = base64.b64decode(page, altchars=b"-_", validate=True).decode()
        return [document["id"] for document in found].index(id) + 1
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise refuse(
            "Invalid page: give the `next_page` of an earlier answer to the same query.", param="page"
        ) from None
