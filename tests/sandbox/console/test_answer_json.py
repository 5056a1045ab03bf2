"""Every page of the tester's is JSON too, by `Accept` or by `.json`, and says the same."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox


async def _addresses(sandbox: Sandbox) -> dict[str, str]:
    """Each page by its route, with something on it."""
    await sandbox.add_endpoint(("checkout.session.completed",))
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])
    sandbox.app.state.mailbox.keep("shop@example.test", ["ada@example.test"], b"Subject: Hello\r\n\r\nHello")
    (entry,) = sandbox.app.state.deliveries.list_log()
    return {
        "/": "/",
        "/console/objects": "/console/objects?kind=charge",
        "/console/objects/{id:str}": f"/console/objects/{session['id']}",
        "/console/requests": "/console/requests",
        "/console/requests/{name:str}": "/console/requests/1",
        "/console/events": "/console/events",
        "/console/deliveries": "/console/deliveries",
        "/console/deliveries/{id:str}": f"/console/deliveries/{entry['id']}",
        "/console/faults": "/console/faults",
        "/console/clock": "/console/clock",
        "/console/scenarios/{name:str}": "/console/scenarios/paid",
        "/console/reset": "/console/reset",
        "/mailbox": "/mailbox",
        "/mailbox/{number:int}": "/mailbox/1",
    }


def _still(data: dict[str, object]) -> dict[str, object]:
    """What does not go on by itself between two looks."""
    return {name: value for name, value in data.items() if name not in ("now", "wall")}


async def test_every_page_is_json_too_when_asked_for(sandbox: Sandbox) -> None:
    addresses = await _addresses(sandbox)

    for path in addresses.values():
        bare, _, query = path.partition("?")
        suffixed = (bare if bare != "/" else "/index") + ".json" + (f"?{query}" if query else "")
        page = await sandbox.client.get(path, headers={"Accept": "text/html,*/*"})
        by_accept = await sandbox.client.get(path, headers={"Accept": "application/json"})
        by_suffix = await sandbox.client.get(suffixed, headers={"Accept": "text/html,*/*"})

        assert page.headers["content-type"].startswith("text/html"), path
        assert by_accept.json()["platform"] == sandbox.world.platform, path
        assert _still(by_accept.json()) == _still(by_suffix.json()), path
        assert f'href="{suffixed.replace("&", "&amp;")}"' in page.text, path


async def test_no_page_is_left_out_when_the_routes_are_counted(sandbox: Sandbox) -> None:
    addresses = await _addresses(sandbox)
    pages = {
        route.path
        for route in sandbox.app.routes
        if (route.path == "/" or route.path.startswith(("/console", "/mailbox"))) and "GET" in route.methods
    }

    assert pages - {"/mailbox/{number:int}/html"} == set(addresses)


@pytest.mark.parametrize("path", ["/console/objects/cs_none.json", "/console/nothing.json", "/mailbox/99.json"])
async def test_errors_are_json_too_when_the_page_does_not_exist(sandbox: Sandbox, path: str) -> None:
    answer = await sandbox.client.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"]["status"] == 404


async def test_wrong_form_is_answered_in_json_when_asked_for(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(
        "/console/clock", data={"number": "soon"}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 422
    assert "whole number" in answer.json()["error"]
