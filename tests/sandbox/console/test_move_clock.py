"""The clock by form: steps, a custom amount, a moment; forward only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.sandbox.conftest import Sandbox


@pytest.mark.parametrize(
    ("form", "seconds"),
    [
        ({"advance": "300"}, 300),
        ({"advance": "3600"}, 3600),
        ({"advance": "86400"}, 86400),
        ({"number": "45", "unit": "minutes"}, 2700),
        ({"number": "3", "unit": "days"}, 3 * 86400),
    ],
)
async def test_clock_moves_when_a_form_says_so(sandbox: Sandbox, form: dict[str, str], seconds: int) -> None:
    answer = await sandbox.client.post("/console/clock", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/clock?done=moved")
    assert sandbox.app.state.clock.offset == seconds


async def test_session_expires_when_the_clock_is_moved_to_a_moment(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    moment = datetime.fromtimestamp(session["expires_at"] + 60, UTC).strftime("%Y-%m-%dT%H:%M")

    await sandbox.client.post("/console/clock", data={"moment": moment})

    shown = (await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")).json()
    assert shown["status"] == "expired"


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "whole number"),
        ({"number": "soon"}, "whole number"),
        ({"number": "-5", "unit": "days"}, "advance"),
        ({"advance": "99999999999"}, "advance"),
        ({"moment": "tomorrow"}, "moment like"),
        ({"moment": "2020-01-01T00:00"}, "only moves forward"),
    ],
)
async def test_clock_stands_still_and_the_page_says_why_when_the_form_is_wrong(
    sandbox: Sandbox, form: dict[str, str], reason: str
) -> None:
    page = await sandbox.client.post("/console/clock", data=form)

    assert page.status_code == 422
    assert reason in page.text
    assert sandbox.app.state.clock.offset == 0


async def test_what_is_due_is_shown_soonest_first_when_something_is(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    state = (await sandbox.client.get("/console/clock.json")).json()

    assert (state["due"][0]["id"], state["next_due"]) == (session["id"], session["expires_at"])
