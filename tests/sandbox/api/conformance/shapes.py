"""What an answer must look like, read from the types of the provider's own client.

The derived specification was made from these types and lost enums and unions on the way, so they are read at their
source: the client's modules are parsed, never imported for this. A field that is not `Optional` must be there and
not null; a field nobody declared is a fault; a value of a `Literal` must be one of it, also where the client would
let an unknown text pass.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import stripe

SDK = Path(stripe.__file__).parent
SCALARS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "Decimal": (str,),
}
# Containers that the client has classes of its own for, without an OBJECT_NAME annotation that can be read.
LISTS = {
    "list": ({"object", "data", "has_more", "url"}, {"object", "data", "has_more", "url"}),
    "search_result": ({"object", "data", "has_more", "url"}, {"object", "data", "has_more", "url", "next_page"}),
}


def find_faults(value: Any) -> list[str]:
    """Return what is wrong with an object of the API, each with its path; nothing when it is as declared."""
    return list(_check_object(value, str(value.get("object"))))


@cache
def load_classes() -> dict[str, ast.ClassDef]:
    """Return the class of each object kind."""
    found: dict[str, ast.ClassDef] = {}
    for path in sorted(SDK.rglob("_*.py")):
        if {"params", "events", "v2"} & set(path.relative_to(SDK).parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                for name, _, value in _declared(node):
                    if name == "OBJECT_NAME" and isinstance(value, ast.Constant):
                        found[str(value.value)] = node
    return found


def _declared(node: ast.ClassDef) -> list[tuple[str, ast.expr, ast.expr | None]]:
    return [
        (statement.target.id, statement.annotation, statement.value)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]


def _check_object(value: Any, path: str) -> Any:
    kind = value.get("object")
    if value.get("deleted"):
        if set(value) != {"id", "object", "deleted"} or value["deleted"] is not True:
            yield f"{path}: a deleted object has id, object and deleted, not {sorted(value)}"
    elif kind in LISTS:
        required, known = LISTS[kind]
        yield from (f"{path}.{name}: missing" for name in required - set(value))
        yield from (f"{path}.{name}: unknown" for name in set(value) - known)
        for index, item in enumerate(value.get("data", [])):
            yield from _check_object(item, f"{path}.data[{index}]")
    elif kind not in load_classes():
        yield f"{path}: nobody knows the kind {kind!r}"
    else:
        yield from _check_fields(load_classes()[kind], (load_classes()[kind],), value, path, {"object"})
        if kind == "event":
            # Not typed by the client, because it may be any of them.
            yield from _check_object(value["data"]["object"], f"{path}.data.object")


def _check_fields(
    node: ast.ClassDef, scope: tuple[ast.ClassDef, ...], value: Any, path: str, free: frozenset[str] | set[str]
) -> Any:
    if not isinstance(value, dict):
        yield f"{path}: a hash, not {value!r}"
        return
    fields = {name: annotation for name, annotation, _ in _declared(node) if name.islower()}
    for name in sorted(set(value) - set(fields) - set(free)):
        yield f"{path}.{name}: unknown"
    for name, annotation in fields.items():
        if name == "deleted":
            continue
        if name in value:
            yield from _check_type(annotation, scope, value[name], f"{path}.{name}")
        elif not _is_optional(annotation) and name not in free:
            yield f"{path}.{name}: missing"


def _is_optional(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Optional"


def _check_type(annotation: ast.expr, scope: tuple[ast.ClassDef, ...], value: Any, path: str) -> Any:
    if isinstance(annotation, ast.Constant):
        yield from _check_reference(value, path)
    elif isinstance(annotation, ast.Subscript):
        yield from _check_generic(annotation, scope, value, path)
    elif (name := ast.unparse(annotation)) in SCALARS:
        wrong_flag = isinstance(value, bool) and name != "bool"
        if wrong_flag or not isinstance(value, SCALARS[name]):
            yield f"{path}: {name}, not {value!r}"
    elif name != "Any":
        yield from _check_nested(name, scope, value, path)


def _check_generic(annotation: ast.Subscript, scope: tuple[ast.ClassDef, ...], value: Any, path: str) -> Any:
    name, inner = ast.unparse(annotation.value), annotation.slice
    if name == "Optional":
        if value is not None:
            yield from _check_type(inner, scope, value, path)
    elif name == "Literal":
        allowed = ast.literal_eval(inner)
        if value not in (allowed if isinstance(allowed, tuple) else (allowed,)):
            yield f"{path}: {value!r} is none of {allowed}"
    elif name == "List":
        if not isinstance(value, list):
            yield f"{path}: a list, not {value!r}"
            return
        for index, item in enumerate(value):
            yield from _check_type(inner, scope, item, f"{path}[{index}]")
    elif name == "ExpandableField":
        if not isinstance(value, str):
            yield from _check_reference(value, path)
    elif name == "ListObject":
        yield from _check_reference(value, path)
    elif name == "Union":
        assert isinstance(inner, ast.Tuple)
        # `Union[Literal[…], str]`: the client lets new values pass, the sandbox has no business to send any.
        options = [one for one in inner.elts if ast.unparse(one) != "str"]
        faults = [list(_check_type(one, scope, value, path)) for one in options]
        if all(faults):
            yield from faults[0]
    elif name == "UntypedStripeObject":
        if not isinstance(value, dict):
            yield f"{path}: a hash, not {value!r}"
    else:
        raise AssertionError(f"{path}: the client's type {ast.unparse(annotation)} is not understood")


def _check_reference(value: Any, path: str) -> Any:
    if not isinstance(value, dict) or "object" not in value:
        yield f"{path}: an object, not {value!r}"
    else:
        yield from _check_object(value, path)


def _check_nested(name: str, scope: tuple[ast.ClassDef, ...], value: Any, path: str) -> Any:
    for outer in reversed(scope):
        for node in outer.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                yield from _check_fields(node, (*scope, node), value, path, frozenset())
                return
    yield from _check_reference(value, path)
