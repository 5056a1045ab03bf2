"""The polled status: one query, no provider, 304 while nothing changed, and an end to it."""

from __future__ import annotations

import re

import httpx
import pytest

from store.orders.queries import read_status
from store.orders.service import note_visit, record_decline
from tests.facts import path_of, the_order
from tests.payments.buying import MUG, place
from tests.shelves import count_statements
from tests.world import Browser, World


async def poll(browser: Browser, path: str, etag: str = "") -> httpx.Response:
    """One poll as htmx sends it."""
    headers = {"HX-Request": "true", **({"If-None-Match": etag} if etag else {})}
    return await browser.client.get(f"{path}/status", headers=headers)


def seconds_of(answer: httpx.Response) -> float | None:
    """The interval the fragment asks for; None when it asks for no more polls."""
    found = re.search(r'hx-trigger="every (\d+)ms,', answer.text)
    return int(found[1]) / 1000 if found else None


async def test_poll_is_not_modified_when_nothing_has_changed(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    first = await poll(ada, path)

    second = await poll(ada, path, first.headers["etag"])

    assert (first.status_code, second.status_code) == (200, 304)
    assert second.content == b""
    assert second.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == second.headers["cache-control"] == "private, no-cache"
    assert first.headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in first.headers


async def test_fragment_is_the_region_alone_when_polled(world: World) -> None:
    ada, _ = await place(world)

    answer = await poll(ada, await path_of())

    assert answer.text.lstrip().startswith("<title>Waiting for payment - Order OP-")
    assert answer.text.count('id="order-status"') == 1
    assert 'role="status"' in answer.text
    assert "<html" not in answer.text


async def test_poll_shows_paid_and_ends_when_the_webhook_has_come(world: World) -> None:
    ada, url = await place(world)
    path = await path_of()
    before = await poll(ada, path)
    await world.pay(url)
    await world.deliver()

    after = await poll(ada, path, before.headers["etag"])

    assert after.status_code == 200
    assert re.search(r'<h2 id="order-state">Paid</h2>', after.text)
    for attribute in ("hx-get", "hx-trigger", "data-poll"):
        assert attribute in before.text
        assert attribute not in after.text


async def test_poll_asks_nobody_and_starts_nothing_when_the_payment_has_not_arrived(world: World) -> None:
    ada, url = await place(world)
    path = await path_of()
    await world.tell("webhooks", action="hold")
    await world.pay(url)
    order, requests = await the_order(), await world.truth("requests")
    sent = len(world.wire.sent)

    for _ in range(5):
        assert "Waiting for payment" in (await poll(ada, path)).text

    assert len(world.wire.sent) == sent
    assert await world.truth("requests") == requests
    assert await the_order() == order


async def test_poll_is_quick_again_when_the_time_to_pay_has_just_run_out(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    await world.advance(44 * 60)
    assert seconds_of(await poll(ada, path)) is None

    await world.advance(2 * 60)

    last = await poll(ada, path)
    assert "Waiting for payment" in last.text
    assert seconds_of(last) is not None
    await world.deliver()
    assert "Checkout expired" in (await poll(ada, path)).text
    assert seconds_of(await poll(ada, path)) is None


async def test_poll_is_one_query_at_most_whatever_it_answers(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    etag = (await poll(ada, path)).headers["etag"]

    for known, token, status in ((etag, path, 304), ("", path, 200), ("", "/orders/AAAAAAAAAAAAAAAAAAAAAA", 404)):
        async with count_statements() as statements:
            answer = await poll(ada, token, known)

        assert answer.status_code == status
        assert len(statements) == 1, statements


async def test_polls_grow_rarer_when_the_wait_grows_older(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    seen = [seconds_of(await poll(ada, path))]

    for step in (25, 40, 300, 1500):
        await world.advance(step)
        seen.append(seconds_of(await poll(ada, path)))

    assert seen == [2, 5, 15, 60, None]
    page = await ada.get(path)
    assert "no longer looks by itself. We will email you." in page.text
    assert "Check now" in page.text


async def test_etag_changes_when_only_the_interval_does(world: World) -> None:
    """Otherwise a 304 would keep a page at the pace of its first seconds."""
    ada, _ = await place(world)
    path = await path_of()
    early = await poll(ada, path)
    await world.advance(25)

    late = await poll(ada, path, early.headers["etag"])

    assert late.status_code == 200
    assert seconds_of(late) == 5


async def test_page_says_that_it_takes_longer_when_thirty_seconds_have_passed(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    await world.advance(29)
    assert "longer than usual" not in (await poll(ada, path)).text

    await world.advance(2)

    assert "This takes longer than usual. You can close this page; we will email you." in (await poll(ada, path)).text


async def test_mail_is_promised_once_when_it_takes_longer_after_a_visit(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    await note_visit((await the_order())["id"])
    await world.advance(31)

    page = (await poll(ada, path)).text

    assert "This takes longer than usual." in page
    assert page.count("we will email you") == 1


async def test_nothing_takes_longer_when_the_buyer_has_to_try_again(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    await record_decline((await the_order())["id"], reason="Declined", text="Declined.", door="sweep", ref="1")
    await world.advance(31)

    page = (await poll(ada, path)).text

    assert "return to payment to try again" in page
    assert "longer than usual" not in page


async def test_polls_start_again_when_the_buyer_comes_back(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    await world.advance(2000)
    assert seconds_of(await poll(ada, path)) is None

    await note_visit((await the_order())["id"])

    answer = await poll(ada, path)
    assert seconds_of(answer) == 2
    assert "longer than usual" not in answer.text


@pytest.mark.parametrize(("scale", "milliseconds"), [(0.1, 200), (1.0, 2000), (0.05, 100), (0.0001, 1)])
async def test_polls_are_quicker_when_the_setting_says_so(world: World, scale: float, milliseconds: int) -> None:
    await place(world)

    status = await read_status((await the_order())["token"], scale)

    assert status is not None
    assert status.interval == milliseconds


async def test_polling_ends_when_the_token_is_revoked(world: World) -> None:
    ada, _ = await place(world, MUG)

    answer = await poll(ada, "/orders/AAAAAAAAAAAAAAAAAAAAAA")

    assert answer.status_code == 404
    assert answer.text.count('id="order-status"') == 1
    assert "This link no longer works" in answer.text
    for attribute in ("hx-get", "hx-trigger", "data-poll"):
        assert attribute not in answer.text
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_page_reloads_itself_without_scripts_only_while_it_waits(world: World) -> None:
    ada, url = await place(world)
    path = await path_of()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in (await ada.get(path)).text

    await world.pay(url)
    await world.deliver()

    assert 'http-equiv="refresh"' not in (await ada.get(path)).text
