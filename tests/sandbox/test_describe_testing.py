"""`docs/testing.md` tells what is there: each call works, each action and card is named, the example runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints
from urllib.parse import urlsplit

from store.sandbox.account_commands import AccountCommand
from store.sandbox.commands import FaultCommand, WebhookCommand
from store.sandbox.console.scenarios import SCENARIOS
from store.sandbox.paypal_commands import PayPalCommand
from tests.sandbox.conftest import Sandbox

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "testing.md").read_text()
CALL = re.compile(r"^curl(?: -X (POST|DELETE))? '?(http://127\.0\.0\.1:8001[^\s']+)'?(?: -d '([^']+)')?$", re.MULTILINE)


def _table(head: str) -> set[str]:
    """The first column of the table whose head begins so."""
    _, _, rest = TEXT.partition(f"| {head} |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return {row.split("|")[1].strip().strip("`") for row in rows}


async def test_every_call_of_the_text_works_when_it_is_made(sandbox: Sandbox) -> None:
    calls = CALL.findall(TEXT)

    assert len(calls) == TEXT.count("\ncurl ")
    assert len(calls) > 15
    account = await sandbox.open_account()
    for method, url, body in calls:
        path = url.removeprefix("http://127.0.0.1:8001").replace("acct_…", account)
        answer = await sandbox.client.request(method or "GET", path, content=body.replace("acct_…", account) or None)
        assert answer.status_code == 200, (path, body, answer.text)
        assert urlsplit(url).path.startswith("/_sandbox/")


def test_every_action_is_told_when_the_commands_are_read() -> None:
    for head, command in (
        ("`action` | what it does", WebhookCommand),
        ("`action` | what the caller meets", FaultCommand),
        ("`action` | what happens at PayPal's side", PayPalCommand),
    ):
        assert _table(head) == set(get_args(get_type_hints(command)["action"]))
    assert _table("`outcome` | what becomes of the account") == set(get_args(get_type_hints(AccountCommand)["outcome"]))


def test_every_key_is_told_when_the_commands_are_read() -> None:
    for command in (WebhookCommand, FaultCommand, AccountCommand, PayPalCommand):
        for key in command.__struct_fields__:
            assert f"`{key}`" in TEXT, key


def test_every_card_is_told_when_the_scenarios_are_read() -> None:
    assert _table("card | name | what it sets") == {scenario.title for scenario in SCENARIOS}
    for scenario in SCENARIOS:
        assert f"| {scenario.title} | `{scenario.name}` |" in TEXT


def test_example_is_a_journey_that_runs_when_compared() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    journey = ROOT / "e2e" / "journeys" / "test_scenario_card.py"

    assert example == journey.read_text()
    for name in re.findall(r"make e2e K=(\w+)", TEXT):
        assert re.search(rf"def test_\w*{name}", example)
