"""Objects on the tester's pages: by kind, by id, by a word; one object with what belongs to it."""

from __future__ import annotations

import re

from tests.sandbox.conftest import Sandbox

COMPLETED = "checkout.session.completed"
OTHER = {"Authorization": "Bearer sk_test_somebody_else"}


async def test_kinds_are_counted_when_there_are_objects(sandbox: Sandbox) -> None:
    for _ in range(2):
        await sandbox.open_session()

    page = await sandbox.client.get("/console/objects")

    assert re.search(r'kind=checkout\.session">checkout\.session</a> <span class="quiet">2<', page.text)


async def test_object_is_shown_at_once_when_its_id_is_looked_for(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    found = await sandbox.client.get("/console/objects", params={"q": f" {session['id']} "})
    page = await sandbox.client.get(found.headers["location"])

    assert found.status_code == 303
    assert page.status_code == 200
    assert f'<h1 class="id">{session["id"]}</h1>' in page.text


async def test_session_is_found_when_the_orders_number_is_looked_for(sandbox: Sandbox) -> None:
    wanted = await sandbox.open_session(**{"metadata[order]": "OP-WANTED"})
    other = await sandbox.open_session()

    page = await sandbox.client.get("/console/objects", params={"q": "OP-WANTED"})

    assert f"/console/objects/{wanted['id']}?" in page.text
    assert other["id"] not in page.text


async def test_nothing_is_found_and_the_page_says_so_when_no_object_holds_the_word(sandbox: Sandbox) -> None:
    await sandbox.open_session()

    page = await sandbox.client.get("/console/objects", params={"q": '<b>"%_*'})

    assert page.status_code == 200
    assert "Nothing on this platform holds" in page.text
    assert "<b>" not in page.text


async def test_pages_lead_to_the_oldest_when_there_are_many(sandbox: Sandbox) -> None:
    made = [(await sandbox.create("/v1/customers", {"name": f"Ada {n}"}))["id"] for n in range(120)]
    path, seen = "/console/objects?kind=customer", []

    while path:
        page = (await sandbox.client.get(path)).text
        seen += re.findall(r"/console/objects/(cus_\w+)", page)
        more = re.search(r'href="([^"]+before=\d+[^"]*)"', page)
        path = more[1].replace("&amp;", "&") if more else ""

    assert seen == made[::-1]


async def test_object_has_its_events_deliveries_and_requests_when_it_was_paid(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])
    await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")
    other = await sandbox.open_session()

    shown = (await sandbox.client.get(f"/console/objects/{session['id']}.json")).json()

    assert shown["object"]["id"] == session["id"]
    assert [event["state"] for event in shown["events"]] == [COMPLETED]
    assert [(sent["type"], sent["state"]) for sent in shown["deliveries"]] == [(COMPLETED, "delivered")]
    assert [(one["method"], one["status"]) for one in shown["requests"]] == [("GET", 200), ("POST", 200)]
    assert other["id"] not in str(shown)


async def test_json_is_readable_and_links_to_other_objects_when_it_names_them(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])
    intent = (await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")).json()["payment_intent"]

    page = await sandbox.client.get(f"/console/objects/{session['id']}")

    assert f'<a href="/console/objects/{intent}">{intent}</a>' in page.text
    assert "\n  &#34;amount_total&#34;: 2400,\n" in page.text


async def test_event_has_its_deliveries_when_it_is_shown(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.submit((await sandbox.open_session())["id"])
    event = next(row for row in await sandbox.truth("events") if row["type"] == COMPLETED)["ref"]

    page = await sandbox.client.get(f"/console/objects/{event}")

    assert page.text.count(">Resend<") == 1
    assert f"/console/deliveries/{event}" in page.text


async def test_endpoints_secret_is_not_shown_when_the_endpoint_is(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint()

    for path in (
        f"/console/objects/{endpoint['id']}",
        f"/console/objects/{endpoint['id']}.json",
        "/console/requests/1",
    ):
        page = await sandbox.client.get(path)
        assert endpoint["secret"] not in page.text, path
        assert "whsec_****" in page.text, path


async def test_objects_of_the_chosen_platform_are_shown_when_there_are_several(sandbox: Sandbox) -> None:
    ours = await sandbox.create("/v1/customers", {"name": "Ada"})
    theirs = (await sandbox.client.post("/v1/customers", data={"name": "Otto"}, headers=OTHER)).json()
    platforms = [world.platform for world in sandbox.app.state.worlds]

    usual = await sandbox.client.get("/console/objects?kind=customer")
    chosen = await sandbox.client.get(f"/console/objects?kind=customer&platform={platforms[1]}")
    unknown = await sandbox.client.get("/console/objects?platform=acct_unknown")

    assert ours["id"] in usual.text
    assert theirs["id"] not in usual.text
    assert theirs["id"] in chosen.text
    assert ours["id"] not in chosen.text
    assert f'<option value="{platforms[1]}" selected>' in chosen.text
    assert f'href="/console/events?platform={platforms[1]}"' in chosen.text
    assert unknown.status_code == 404


async def test_the_platform_in_use_is_shown_when_the_demos_is_empty(sandbox: Sandbox) -> None:
    theirs = (await sandbox.client.post("/v1/customers", data={"name": "Otto"}, headers=OTHER)).json()

    page = await sandbox.client.get("/console/objects?kind=customer")

    assert theirs["id"] in page.text


async def test_object_of_another_platform_is_shown_when_its_id_is_looked_for(sandbox: Sandbox) -> None:
    await sandbox.create("/v1/customers", {"name": "Ada"})
    theirs = (await sandbox.client.post("/v1/customers", data={"name": "Otto"}, headers=OTHER)).json()

    found = await sandbox.client.get("/console/objects", params={"q": theirs["id"]}, follow_redirects=True)

    assert f'<h1 class="id">{theirs["id"]}</h1>' in found.text


async def test_page_says_what_to_do_when_there_is_nothing(sandbox: Sandbox) -> None:
    for path, words in (
        ("/console/objects", "There are no objects yet"),
        ("/console/objects?kind=refund", "There is no refund yet"),
        ("/console/events", "Nothing has happened yet"),
        ("/console/deliveries", "Nothing was sent yet"),
        ("/console/requests", "Nobody has called the API"),
        ("/console/faults", "every request is answered"),
        ("/console/clock", "Nothing waits for the clock"),
        ("/mailbox", "No mail yet"),
        ("/", "None yet. Check out in the shop"),
    ):
        page = await sandbox.client.get(path)
        assert (page.status_code, words in page.text) == (200, True), path


async def test_answer_is_a_404_page_when_the_object_is_unknown(sandbox: Sandbox) -> None:
    page = await sandbox.client.get("/console/objects/cs_test_unknown")

    assert page.status_code == 404
    assert "There is no object cs_test_unknown here." in page.text
