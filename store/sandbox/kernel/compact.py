"""Write `spec.json.gz`: what the sandbox knows of the provider's names, in the smallest useful form.

Run by hand when the provider's API version moves; nothing calls it at run time:

    python -m store.sandbox.kernel.compact SPEC.json SDK_FOLDER

SPEC.json is an OpenAPI document with the request side of every operation; SDK_FOLDER is an installed client
package, whose sources are parsed (never imported) for the fields of each response object. Invariant: the same
inputs give the same bytes, so a change in the file is a change at the provider.

Nodes of the request side: `{"t": kind, …}` with kind s(tring), i(nteger), n(umber), b(oolean), o(bject, `p`
properties, `r` required), m(ap, `v` value), a(rray, `v` item), any (`v` alternatives); `e` is an enum, `l` a
length, `clear` says that an empty string unsets the field.
"""

import ast
import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("spec.json.gz")
DEFAULT_LENGTH = 5000
SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}


def compact(spec_path: Path, sdk_folder: Path) -> bytes:
    """Return the gzipped compact form of one OpenAPI document and one client package."""
    spec = json.loads(spec_path.read_text())
    document = {
        "version": spec["info"]["version"],
        "operations": {
            f"{method.upper()} {path}": _compact_operation(operation)
            for path, methods in sorted(spec["paths"].items())
            for method, operation in sorted(methods.items())
        },
        "objects": read_objects(sdk_folder),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _compact_operation(operation: dict[str, Any]) -> dict[str, Any]:
    properties = {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == "query"}
    required = [p["name"] for p in operation["parameters"] if p["in"] == "query" and p["required"]]
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        properties.update(media["schema"].get("properties", {}))
        required += media["schema"].get("required", [])
    return _compact_node({"type": "object", "properties": properties, "required": required})


def _compact_node(node: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in node:
        return _compact_union(node["anyOf"])
    kind = node.get("type")
    if kind in SCALARS:
        return _compact_scalar(node)
    if kind == "array":
        return {"t": "a", "v": _compact_node(node["items"])}
    if kind != "object":
        return {"t": "any", "v": []}
    if isinstance(node.get("additionalProperties"), dict):
        return {"t": "m", "v": _compact_node(node["additionalProperties"])}
    result: dict[str, Any] = {"t": "o", "p": {k: _compact_node(v) for k, v in node["properties"].items()}}
    if node.get("required"):
        result["r"] = sorted(node["required"])
    return result


def _compact_union(options: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold "or an empty string" into `clear`; keep real alternatives."""
    clearing = [o for o in options if o.get("enum") == [""]]
    others = [_compact_node(o) for o in options if o.get("enum") != [""]]
    result = others[0] if len(others) == 1 else {"t": "any", "v": others}
    return {**result, "clear": True} if clearing else result


def _compact_scalar(node: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"t": SCALARS[node["type"]]}
    # The derived document writes "a string that may be cleared" as an enum of nothing but "".
    values = node.get("enum", [])
    if "" in values:
        result["clear"] = True
    if kept := [v for v in values if v != ""]:
        result["e"] = kept
    if node.get("maxLength", DEFAULT_LENGTH) != DEFAULT_LENGTH:
        result["l"] = node["maxLength"]
    return result


def read_objects(sdk_folder: Path) -> dict[str, Any]:
    """Return {object kind: {"fields": {name: nullable}, "expandable": {dotted path: class name}}}."""
    objects: dict[str, Any] = {}
    for path in sorted(sdk_folder.rglob("_*.py")):
        if {"params", "events", "v2"} & set(path.relative_to(sdk_folder).parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and (kind := _object_name(node)):
                expandable: dict[str, str] = {}
                _collect_expandable(node, "", expandable)
                objects[kind] = {"fields": _collect_fields(node), "expandable": expandable}
    return objects


def _object_name(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id == "OBJECT_NAME"
            and isinstance(statement.value, ast.Constant)
        ):
            return str(statement.value.value)
    return None


def _fields(node: ast.ClassDef) -> list[tuple[str, str]]:
    return [
        (s.target.id, ast.unparse(s.annotation))
        for s in node.body
        if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) and s.target.id[0].islower()
    ]


def _collect_fields(node: ast.ClassDef) -> dict[str, bool]:
    return {
        name: annotation.startswith("Optional")
        for name, annotation in _fields(node)
        if name not in {"deleted", "object"} and not annotation.startswith("ClassVar")
    }


def _collect_expandable(node: ast.ClassDef, prefix: str, found: dict[str, str]) -> None:
    nested = {c.name: c for c in node.body if isinstance(c, ast.ClassDef)}
    for name, annotation in _fields(node):
        if "ExpandableField" in annotation:
            found[prefix + name] = annotation.split("ExpandableField[", 1)[1].strip("[]'\"")
        for inner, definition in nested.items():
            if annotation.replace("Optional[", "").strip("[]'\"") == inner:
                _collect_expandable(definition, f"{prefix}{name}.", found)


if __name__ == "__main__":
    TARGET.write_bytes(compact(Path(sys.argv[1]), Path(sys.argv[2])))
