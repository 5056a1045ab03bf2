"""Scenario cards of payments that end days later, cost less or nothing, or come back; and of a disabled endpoint."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from store.sandbox.console.scenarios import BY_NAME
from tests.sandbox.conftest import Sandbox

SEEDED = Path(__file__).parents[3] / "store" / "seed_data" / "promotions.toml"
SESSION = "checkout.session."
BANK = {"allowed_payment_method_types[0]": "card", "allowed_payment_method_types[1]": "us_bank_account"}


def _read(name: str, pattern: str) -> str:
    """What the card tells to type: the only thing in its steps that looks like this."""
    (found,) = set(re.findall(pattern, " ".join(BY_NAME[name].do)))
    return str(found)


async def _move_by_the_cards_button(sandbox: Sandbox, name: str, words: str) -> None:
    page = await sandbox.client.post(f"/console/scenarios/{name}", follow_redirects=True)
    (step,) = re.findall(r'name="advance" value="(\d+)"', page.text)
    assert f">Move the clock by {words}</button>" in page.text
    await sandbox.client.post("/console/clock", data={"advance": step})
    while await sandbox.app.state.deliveries.run_due():
        pass


@pytest.mark.parametrize(
    ("name", "told", "taken"),
    [("bank-debit-succeeds", "async_payment_succeeded", 1), ("bank-debit-fails", "async_payment_failed", 0)],
)
async def test_bank_answers_after_the_cards_step_when_its_account_is_given(
    sandbox: Sandbox, name: str, told: str, taken: int
) -> None:
    await sandbox.add_endpoint((SESSION + "completed", SESSION + told))
    session = await sandbox.open_session(**BANK)
    number = _read(name, r"\b\d{12}\b")

    form = {"pay": "debit", "account": number, "holder": "Ada Buyer"}
    assert (await sandbox.client.post(f"/c/pay/{session['id']}", data=form)).status_code == 303
    await sandbox.app.state.deliveries.run_due()
    assert sandbox.shop.types() == [SESSION + "completed"]
    assert await sandbox.truth("captures") == []
    await _move_by_the_cards_button(sandbox, name, "3 days")

    assert sandbox.shop.types() == [SESSION + "completed", SESSION + told]
    assert len(await sandbox.truth("captures")) == taken


@pytest.mark.parametrize(("name", "hundredths"), [("code-takes-ten-percent", 1000), ("code-takes-everything", 10000)])
def test_code_of_the_card_is_one_that_the_demo_has_when_it_is_seeded(name: str, hundredths: int) -> None:
    seeded = {row["code"]: row for row in tomllib.loads(SEEDED.read_text())["promotion"]}

    assert seeded[_read(name, r"\b[A-Z]+\d+\b")]["percent"] == hundredths


async def test_refund_comes_back_after_the_cards_step_when_its_card_has_paid(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.submit(session["id"], number=_read("refund-fails", r"\d{4} \d{4} \d{4} \d{4}"))
    await _move_by_the_cards_button(sandbox, "refund-fails", "3 min")
    (capture,) = await sandbox.truth("captures")

    await sandbox.create("/v1/refunds", {"charge": capture["ref"]})
    assert [row["status"] for row in await sandbox.truth("refunds")] == ["succeeded"]
    await _move_by_the_cards_button(sandbox, "refund-fails", "3 min")

    assert [row["status"] for row in await sandbox.truth("refunds")] == ["failed"]
    (capture,) = await sandbox.truth("captures")
    assert capture["refunded"] == 0


async def test_nothing_is_delivered_and_the_card_says_where_to_end_it_when_endpoint_is_disabled(
    sandbox: Sandbox,
) -> None:
    await sandbox.add_endpoint()
    page = await sandbox.client.post("/console/scenarios/endpoint-disabled", follow_redirects=True)

    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.app.state.deliveries.run_due()

    assert len(await sandbox.truth("captures")) == 1
    assert sandbox.shop.received == []
    assert "switch each on again under Deliveries" in page.text
    assert "What was held back is sent then" not in page.text
    deliveries = await sandbox.client.get("/console/deliveries")
    assert ">disabled</span>" in deliveries.text
