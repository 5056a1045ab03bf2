"""Write `spec.json.gz`: PayPal's OpenAPI files and the issues of each operation, as far as the sandbox needs them.

Run by hand when PayPal's files move; nothing calls it at run time:

    python -m store.sandbox.paypal.compact FOLDER

FOLDER has the OpenAPI files and `derived/issues_by_operation.json`. Descriptions, titles and examples are left out, and
what no kept operation reaches. The files are PayPal's, Apache-2.0: the licence is beside the pack (`spec.LICENSE`).
Invariant: the same inputs give the same content.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("spec.json.gz")
FILES = (
    "checkout_orders_v2",
    "payments_payment_v2",
    "payments_payouts_batch_v1",
    "notifications_webhooks_v1",
    "customer_disputes_v1",
)
LEFT_OUT = ("server.callback",)
DISPUTES_READ = ("disputes.list", "disputes.get")
METHODS = ("get", "post", "put", "patch", "delete")
WORDS = ("description", "title", "example", "examples", "deprecated", "externalDocs")
# Only the texts of issues: they come from the table of issues, which is easier to read.
ISSUE_TEXTS = re.compile(r"(.*-)?[0-9]{3}")
REF = "#/components/schemas/"
Node = dict[str, Any]


def compact(folder: Path) -> Node:
    """Return the pack's content: `operations`, `schemas` by file, `issues` by operation, `versions` by file."""
    issues = json.loads((folder / "derived" / "issues_by_operation.json").read_text())
    pack: Node = {"operations": {}, "schemas": {}, "issues": {}, "versions": {}}
    for name in FILES:
        spec = json.loads((folder / f"{name}.json").read_text())
        operations = read_operations(name, spec)
        pack["operations"] |= operations
        pack["versions"][name] = spec["info"]["version"]
        pack["schemas"][name] = _reached(operations, spec["components"]["schemas"])
        pack["issues"] |= issues.get(f"{name}.json", {})
    return pack


def encode_pack(pack: Node) -> bytes:
    """Return the pack as the file has it."""
    text = json.dumps(pack, sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def read_operations(name: str, spec: Node) -> Node:
    """Return {operation id: file, method, path, body, required, parameters, answers} of one OpenAPI document."""
    found: Node = {}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method not in METHODS or not _is_kept(operation["operationId"]):
                continue
            body = _resolve(spec, operation.get("requestBody", {}))
            parameters = [
                _resolve(spec, node) for node in [*methods.get("parameters", []), *operation.get("parameters", [])]
            ]
            found[operation["operationId"]] = {
                "file": name,
                "method": method.upper(),
                "path": path,
                "body": _schema_of(body),
                "required": bool(body.get("required")),
                "parameters": {
                    node["name"]: {"in": node["in"], "required": bool(node.get("required"))} | strip(node["schema"])
                    for node in parameters
                },
                "answers": {
                    status: _schema_of(_resolve(spec, answer)) for status, answer in operation["responses"].items()
                },
            }
    return found


def strip(node: Any) -> Any:
    """Return a schema without words for people and without lists of issues."""
    if isinstance(node, list):
        return [strip(item) for item in node if not _is_issue_texts(item)]
    if not isinstance(node, dict):
        return node
    kept: Node = {}
    for key, value in node.items():
        if key == "properties":
            kept[key] = {name: strip(inner) for name, inner in value.items()}
        elif key not in WORDS and not key.startswith("x-"):
            kept[key] = strip(value)
    return kept


def _is_kept(operation_id: str) -> bool:
    if operation_id.startswith("disputes."):
        return operation_id in DISPUTES_READ
    return operation_id not in LEFT_OUT


def _is_issue_texts(node: Any) -> bool:
    ref = node.get("$ref", "") if isinstance(node, dict) else ""
    return bool(ref.startswith(REF) and ISSUE_TEXTS.fullmatch(ref.removeprefix(REF)) and "error_" not in ref)


def _resolve(spec: Node, node: Node) -> Node:
    ref = node.get("$ref")
    if ref is None:
        return node
    for part in ref.removeprefix("#/").split("/"):
        spec = spec[part]
    return spec


def _schema_of(node: Node) -> Any:
    content = node.get("content", {})
    return strip(next(iter(content.values()))["schema"]) if content else None


def _reached(operations: Node, schemas: Node) -> Node:
    """Return the schemas that the operations name, and those that they name in turn."""
    reached: Node = {}
    waiting = [operations]
    while waiting:
        for name in re.findall(f'"{REF}([^"]+)"', json.dumps(waiting.pop())):
            if name not in reached:
                reached[name] = strip(schemas[name])
                waiting.append(reached[name])
    return reached


if __name__ == "__main__":
    TARGET.write_bytes(encode_pack(compact(Path(sys.argv[1]))))
