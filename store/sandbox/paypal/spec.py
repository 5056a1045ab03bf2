"""Read `spec.json.gz` (made by `compact.py`): PayPal's operations, their schemas, and the issues of each operation.

Invariant: read once, never changed; "does PayPal have this operation, field or issue?" is answered here and nowhere
else.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

Node = dict[str, Any]
REF = "#/components/schemas/"
# What the sandbox answers although none of the packed files has it.
BESIDE: Node = {
    "balances.list": {
        "file": "",
        "method": "GET",
        "path": "/v1/reporting/balances",
        "body": None,
        "parameters": [],
        "answers": {},
        "required": False,
    }
}


@cache
def load_spec() -> Node:
    """Return the pack: `operations`, `schemas`, `issues`, `versions`."""
    data: Node = json.loads(gzip.decompress(Path(__file__).with_name("spec.json.gz").read_bytes()))
    return data


def operation(operation_id: str) -> Node:
    """Return file, method, path, body schema, parameters and answers of one operation; KeyError when unknown."""
    node: Node = BESIDE.get(operation_id) or load_spec()["operations"][operation_id]
    return node


def find_operation(method: str, path: str) -> str | None:
    """Return the id of PayPal's operation that a request names, or None when there is no such URL."""
    for operation_id, asked, pattern in _patterns():
        if asked == method and pattern.fullmatch(path):
            return operation_id
    return None


def find_schema(file: str, ref: str) -> Node:
    """Return the schema that a `$ref` of a file names."""
    node: Node = load_spec()["schemas"][file][ref.removeprefix(REF)]
    return node


def find_issue(operation_id: str, issue: str) -> tuple[int, str]:
    """Return HTTP status and text of an issue; KeyError when PayPal lists none of that name for the operation.

    For some issues of a refund PayPal's table has no text: theirs is another operation's, or the name in words.
    """
    for status, issues in load_spec()["issues"].get(operation_id, {}).items():
        if issue in issues:
            return int(status), issues[issue] or _find_text(issue)
    raise KeyError(f"{operation_id} has no issue {issue}")


def list_issues(operation_id: str) -> list[tuple[int, str]]:
    """Return (HTTP status, issue) of everything that PayPal lists for an operation."""
    listed = load_spec()["issues"].get(operation_id, {})
    return [(int(status), issue) for status, issues in listed.items() for issue in issues]


def path_pattern(template: str) -> re.Pattern[str]:
    """Return the expression that matches a path template and names its ids."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


@cache
def _find_text(issue: str) -> str:
    tables = [issues for statuses in load_spec()["issues"].values() for issues in statuses.values()]
    return next((table[issue] for table in tables if table.get(issue)), issue.replace("_", " ").capitalize() + ".")


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    return [
        (operation_id, node["method"], path_pattern(node["path"]))
        for operation_id, node in load_spec()["operations"].items()
    ]
