"""Each issue that PayPal lists for an order's operations: met as at PayPal, or listed with why it cannot be."""

from __future__ import annotations

import json

import pytest

from store.sandbox.paypal.spec import find_issue, list_issues, load_spec
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.created import CREATED
from tests.sandbox.paypal.issues.patched import PATCHED
from tests.sandbox.paypal.issues.rows import Row, issues_of
from tests.sandbox.paypal.issues.settled import SETTLED
from tests.sandbox.paypal.issues.tracked import TRACKED
from tests.sandbox.paypal.issues.unreachable import HERE, UNREACHABLE

ROWS: list[Row] = [*CREATED, *PATCHED, *SETTLED, *TRACKED]
OPERATIONS = [name for name in load_spec()["issues"] if name.startswith("orders.")]


def name(row: Row) -> str:
    return f"{row.operation_id}-{row.issue}"


@pytest.mark.parametrize("row", ROWS, ids=name)
async def test_the_issue_is_told_when_an_order_breaks_its_rule(direct: PayPal, row: Row):
    answer = await row.do(direct)

    status, description = find_issue(row.operation_id, row.issue)
    assert answer.status_code == status, answer.text
    assert (row.issue, row.field) in issues_of(answer)
    assert description in answer.text or json.dumps(description)[1:-1] in answer.text


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_listed_issue_has_a_row_or_a_reason(operation_id: str):
    listed = {issue for _, issue in list_issues(operation_id)}
    met = {row.issue for row in ROWS if row.operation_id == operation_id}
    never = (set(UNREACHABLE) | set(HERE.get(operation_id, {}))) & listed

    assert met | never == listed
    assert met & never == set()


def test_every_reason_is_for_an_issue_that_is_listed():
    listed = {issue for operation_id in OPERATIONS for _, issue in list_issues(operation_id)}

    assert set(UNREACHABLE) <= listed
    for operation_id, reasons in HERE.items():
        assert set(reasons) <= {issue for _, issue in list_issues(operation_id)}
