"""The buyer writes to a seller: a row, a line of the timeline, a mail and a task of that seller, each once."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from store.kit.db import transaction
from store.kit.errors import NotFound
from store.kit.ids import new_id
from store.orders.queries import read_open_messages
from store.orders.service import finish_message
from tests.facts import mails, one, path_of, value
from tests.guards import unguarded, write_now
from tests.payments.buying import MUG, place
from tests.people import sign_in_as
from tests.world import Browser, World, rows


async def paid_order(world: World) -> tuple[Browser, str]:
    """Ada's paid order of one mug; her browser and the order's path."""
    ada = world.browser()
    return ada, await ada.buy(MUG)


async def form_of(ada: Browser, path: str, **changes: str) -> dict[str, str]:
    """What the page would post for a question."""
    page = await ada.get(f"{path}/ask")
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return {**hidden, "about": "question", "message": "When will it come?", **changes}


async def vendor_of(path: str) -> UUID:
    token = path.rpartition("/")[2]
    part = await one('SELECT vendor FROM vendor_order WHERE "order" = (SELECT id FROM orders WHERE token = $1)', token)
    return UUID(str(part["vendor"]))


async def test_seller_has_a_task_and_a_mail_and_the_buyer_a_line_when_a_question_is_asked(world: World) -> None:
    ada, path = await paid_order(world)

    answer = await ada.post(f"{path}/ask", **await form_of(ada, path))

    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = (await ada.get(path)).text
    assert "You asked Kiln &amp; Co a question." in page
    assert "Kiln &amp; Co has your message and will answer to ada@example.com." in page
    [task] = await read_open_messages(await vendor_of(path))
    assert (task.text, task.refund, task.reason, task.email) == ("When will it come?", False, "", "ada@example.com")
    [mail] = await rows("SELECT * FROM mail_message WHERE kind = 'asked'")
    assert mail["recipient"] == "vera@example.com"
    assert '"reply_to":"ada@example.com"' in mail["view"]


async def test_reason_is_told_and_nothing_is_refunded_when_money_is_asked_for(world: World) -> None:
    ada, path = await paid_order(world)

    await ada.post(f"{path}/ask", **await form_of(ada, path, about="refund", reason="damaged", message="A crack."))

    assert "You asked Kiln &amp; Co for a refund: it arrived damaged." in (await ada.get(path)).text
    [task] = await read_open_messages(await vendor_of(path))
    assert (task.refund, task.reason) == (True, "It arrived damaged")
    assert "money back. It arrived damaged." in (await ada.get(f"{path}/ask")).text
    assert await world.truth("refunds") == []


async def test_message_is_one_when_the_form_is_sent_twice(world: World) -> None:
    ada, path = await paid_order(world)
    form = await form_of(ada, path)

    for _ in range(2):
        assert (await ada.post(f"{path}/ask", **form)).status_code == 303

    assert await value("SELECT count(*) FROM order_message") == 1
    assert await value("SELECT count(*) FROM order_event WHERE text LIKE 'You asked%'") == 1
    assert [kind for kind, _, _ in await mails()].count("asked") == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"message": ""}, "Write your message."),
        ({"message": "x" * 2001}, "Message must be 2000 characters or fewer."),
        ({"about": ""}, "Choose what you are writing about."),
        ({"about": "refund"}, "Choose why you want your money back."),
        ({"about": "refund", "reason": "because"}, "Choose why you want your money back."),
        ({"seller": "nobody"}, "Choose whom to write to."),
    ],
)
async def test_form_says_what_is_missing_and_keeps_what_was_typed(
    world: World, wrong: dict[str, str], words: str
) -> None:
    ada, path = await paid_order(world)

    answer = await ada.post(f"{path}/ask", **await form_of(ada, path, **{"message": "Broken in two.", **wrong}))

    assert answer.status_code == 422
    assert answer.text.count(words) == 2 if "seller" not in wrong else words in answer.text
    assert wrong.get("message", "Broken in two.") in answer.text
    assert await value("SELECT count(*) FROM order_message") == 0


async def test_page_says_that_no_seller_knows_of_it_when_the_order_is_not_paid(world: World) -> None:
    ada, _ = await place(world)
    path = await path_of()
    part = await one("SELECT id FROM vendor_order")

    page = await ada.get(f"{path}/ask")
    forged = {"form_id": "form-0001", "seller": str(part["id"]), "about": "question", "message": "Hello?"}
    answer = await ada.post(f"{path}/ask", **forged)

    assert "not paid, so no seller knows of it yet" in page.text
    assert "<textarea" not in page.text
    assert answer.status_code == 409
    assert await value("SELECT count(*) FROM order_message") == 0


async def test_money_cannot_be_asked_for_when_all_went_back(world: World) -> None:
    ada, path = await paid_order(world)
    await rows("UPDATE orders SET refunded = total RETURNING id")
    form = await form_of(ada, path)

    page = await ada.get(f"{path}/ask")
    answer = await ada.post(f"{path}/ask", **{**form, "about": "refund", "reason": "other"})

    assert "I want my money back" not in page.text
    assert answer.status_code == 422
    assert "left to give back" in answer.text
    assert (await ada.post(f"{path}/ask", **form)).status_code == 303


async def test_seller_of_another_order_cannot_be_written_to(world: World) -> None:
    _, other = await paid_order(world)
    ada, path = await paid_order(world)
    token = other.rpartition("/")[2]
    theirs = await value('SELECT id FROM vendor_order WHERE "order" = (SELECT id FROM orders WHERE token = $1)', token)

    answer = await ada.post(f"{path}/ask", **await form_of(ada, path, seller=str(theirs)))

    assert answer.status_code == 404
    assert await value("SELECT count(*) FROM order_message") == 0


@pytest.mark.parametrize("method", ["get", "post"])
async def test_nothing_is_shown_or_done_when_the_token_opens_nothing(world: World, method: str) -> None:
    ada = world.browser()
    asked: Any = {"get": ada.get, "post": ada.post}[method]

    assert (await asked("/orders/nothing/ask")).status_code == 404


async def test_task_is_gone_when_its_seller_is_done_and_nobody_elses_word_counts(world: World) -> None:
    ada, path = await paid_order(world)
    await ada.post(f"{path}/ask", **await form_of(ada, path))
    vendor = await vendor_of(path)
    [task] = await read_open_messages(vendor)

    with pytest.raises(NotFound):
        await finish_message(new_id(), task.id)
    assert await read_open_messages(vendor) == (task,)
    await finish_message(vendor, task.id)

    assert await read_open_messages(vendor) == ()
    assert "Dealt with" in (await ada.get(f"{path}/ask")).text


async def test_message_stays_as_it_was_written(world: World) -> None:
    ada, path = await paid_order(world)
    await ada.post(f"{path}/ask", **await form_of(ada, path))

    for write in (
        "UPDATE order_message SET text = 'All is well.'",
        "UPDATE order_message SET text = '(deleted with the account)'",
        "DELETE FROM order_message",
    ):
        with pytest.raises(asyncpg.RaiseError):
            await write_now(write)
        async with unguarded("DROP TRIGGER order_message_kept ON order_message"):
            await rows(f"{write} RETURNING id")


async def test_refund_without_a_reason_is_refused_by_the_database(world: World) -> None:
    _, _ = await paid_order(world)
    part = await value("SELECT id FROM vendor_order")
    write = (
        "INSERT INTO order_message (id, vendor_order, form_id, kind, reason, text) VALUES ($1, $2, 'f', $3, $4, 'x')"
    )

    for kind, reason in (("refund", ""), ("question", "damaged")):
        with pytest.raises(asyncpg.CheckViolationError):
            async with transaction():
                await rows(write, new_id(), part, kind, reason)
        async with unguarded("ALTER TABLE order_message DROP CONSTRAINT order_message_says_why"):
            await rows(write, new_id(), part, kind, reason)


async def test_message_is_read_at_its_own_order_and_at_no_other_of_the_same_seller(world: World) -> None:
    _, other = await paid_order(world)
    ada, path = await paid_order(world)
    await ada.post(f"{path}/ask", **await form_of(ada, path))
    vera = world.browser()
    await sign_in_as(vera, "vera")
    told = {}

    for one_path in (path, other):
        part = await value(
            'SELECT id FROM vendor_order WHERE "order" = (SELECT id FROM orders WHERE token = $1)',
            one_path.rpartition("/")[2],
        )
        told[one_path] = "When will it come?" in (await vera.get(f"/sell/orders/{part}")).text

    assert told == {path: True, other: False}
