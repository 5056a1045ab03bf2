"""The outbox: written once, sent once over real SMTP, and a mail server that is down stops nothing but the mail."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from store.kit import clock
from store.kit.db import fetch, fetch_value
from store.mail.service import Mailer, compose, send_due
from tests.facts import broken, mails, make_due, one, path_of, value
from tests.guards import unguarded
from tests.mail.conftest import Post
from tests.mail.letters import MORE, ORDER, read_sources, write
from tests.payments.buying import place
from tests.world import DECLINED, World

SUBJECTS = {
    "order_confirmed": "Order OP-7K3M9 is paid",
    "payment_failed": "Order OP-7K3M9 is not paid",
    "refunded": "Refund: $12.50 for your order OP-7K3M9",
    "refund_failed": "Refund of $12.50 did not arrive: your order OP-7K3M9",
    "shipped": "On its way: order OP-7K3M9 from Kiln & Co",
    "invited": "Work with Kiln & Co on Overprint",
    "verify_email": "Confirm your email address for Overprint",
    "reset_password": "Choose a new password for Overprint",
    "password_changed": "Your password for Overprint was changed",
    "email_changed": "Your account at Overprint has another email address",
    "sold": "Sold: $54.00, order OP-7K3M9",
    "asked": "Refund wanted: order OP-7K3M9",
    "approved": "Kiln & Co can take payments",
    "restricted": "Kiln & Co cannot take payments at the moment",
}
TOLD = {
    "order_confirmed": ("$54.00", "Visa ending in 4242", "1 Analytical Row", "Enamel mug (Blue)", "/orders/tok"),
    "payment_failed": ("The card has expired", "not charged", "/orders/tok"),
    "refund_failed": ("$12.50", "the card was reported lost or stolen", "/orders/tok"),
    "refunded": ("$12.50 of $54.00", "Visa ending in 4242", "after the order had ended", "/orders/tok"),
    "shipped": ("Kiln & Co", "Royal Mail", "RM 123 456", "Enamel mug (Blue)", "1 Analytical Row", "/orders/tok"),
    "invited": ("vera@example.com invites you to Kiln & Co", "http://localhost:8000/sell/join/tok", "for three days"),
    "verify_email": ("http://localhost:8000/account/verify/tok", "once, for 24 hours"),
    "reset_password": ("http://localhost:8000/account/reset/tok", "once, for 30 minutes"),
    "password_changed": ("http://localhost:8000/account/reset", "If it was not you"),
    "email_changed": ("ada.new@example.com", "If it was not you"),
    "sold": ("$48.60", "1 Analytical Row", "Enamel mug (Blue)", "http://localhost:8000/sell/orders/part"),
    "asked": ("Ada Buyer", "It arrived damaged", "One handle is off.", "What now?", "/sell/orders/part"),
    "approved": ("finished checking the account of Kiln & Co", "http://localhost:8000/sell/home"),
    "restricted": ("Kiln & Co", "a bank account for your payouts, by 4 March 2026", "is overdue", "/sell/onboarding"),
}


@pytest.mark.parametrize("kind", MORE)
async def test_mail_arrives_as_text_and_html_when_it_is_due(post: Post, kind: str) -> None:
    await write(kind)

    assert await send_due(post.mailer) == 1

    (message,) = read_sources(post.mailbox)
    assert message["Subject"] == SUBJECTS[kind]
    assert message["To"] == "ada@example.com"
    assert message["From"] == "Overprint <orders@localhost>"
    assert message.get_content_type() == "multipart/alternative"
    text, markup = (part.get_content() for part in message.iter_parts())
    for told in TOLD[kind]:
        assert told in text, told
        assert told.replace("&", "&amp;") in re.sub(r"</?b>", "", markup), told
    assert "{{" not in text + markup
    assert "Subject:" not in text
    assert "<!DOCTYPE html>" in markup
    assert "<img" not in markup
    assert "<script" not in markup


async def test_mail_that_was_written_without_a_link_is_sent_without_one(post: Post) -> None:
    await write("sold", path="")
    await write("asked", path="")

    await send_due(post.mailer)

    messages = read_sources(post.mailbox)
    assert len(messages) == 2
    assert not [message for message in messages if "See the order" in message.as_string()]


async def test_mail_is_written_once_when_a_fact_is_told_twice(post: Post) -> None:
    await write("order_confirmed")
    await write("order_confirmed", to="otto@example.com")

    await send_due(post.mailer)
    await send_due(post.mailer)

    assert [mail["to"] for mail in post.mailbox.list_mails()] == [["ada@example.com"]]
    with pytest.raises(Exception, match="mail_message_once"):
        await fetch(
            "INSERT INTO mail_message (id, kind, cause, recipient) SELECT gen_random_uuid(), kind, cause, 'x'"
            " FROM mail_message"
        )
    async with unguarded("ALTER TABLE mail_message DROP CONSTRAINT mail_message_once"):
        await fetch(
            "INSERT INTO mail_message (id, kind, cause, recipient) SELECT gen_random_uuid(), kind, cause, 'x'"
            " FROM mail_message"
        )
        assert await broken("I16") == ["order_confirmed order-1"]


async def test_mail_is_sent_once_when_several_workers_send(post: Post) -> None:
    for n in range(6):
        await write("order_confirmed", f"order-{n}")

    await asyncio.gather(*(send_due(post.mailer) for _ in range(4)))

    assert len(post.mailbox.list_mails()) == 6
    assert {state for _, _, state in await mails()} == {"done"}


async def test_nothing_is_written_when_the_transaction_is_rolled_back(post: Post) -> None:
    async with unguarded():
        await write("order_confirmed")

    assert await send_due(post.mailer) == 0


async def test_mail_waits_longer_each_time_and_is_parked_when_nobody_answers(post: Post) -> None:
    await write("order_confirmed")
    waits = []

    for _ in range(20):
        before = clock.wall()
        assert await send_due(post.unanswering()) == 1
        row = await one("SELECT run_at, state FROM mail_message")
        waits.append(round((row["run_at"] - before).total_seconds()))
        if row["state"] == "waiting":
            await make_due("mail_message")

    assert waits[:8] == [1, 2, 5, 15, 60, 300, 900, 3600]
    parked = await one("SELECT state, attempt, last_error FROM mail_message")
    assert (parked["state"], parked["attempt"]) == ("parked", 20)
    assert "ConnectError" in parked["last_error"]
    assert await send_due(post.mailer) == 0


async def test_mail_goes_out_when_the_server_is_back(post: Post) -> None:
    await post.stop()
    await write("order_confirmed")
    await send_due(post.mailer)
    assert await mails() == [("order_confirmed", "ada@example.com", "waiting")]

    await post.start()
    await make_due("mail_message")
    await send_due(post.mailer)

    assert await mails() == [("order_confirmed", "ada@example.com", "done")]
    assert len(post.mailbox.list_mails()) == 1


async def test_others_are_sent_when_one_cannot_be(post: Post) -> None:
    """A template that fails on its view keeps only its own mail back."""
    await write("refunded", "bad", amount=None)
    await write("order_confirmed", "good")

    await send_due(post.mailer)

    assert len(post.mailbox.list_mails()) == 1
    assert await value("SELECT state FROM mail_message WHERE cause = 'bad'") == "waiting"


async def test_it_is_the_same_mail_when_it_has_to_be_sent_again(post: Post) -> None:
    """A worker that dies after the server took the mail sends it again; the id lets a mailbox know it."""
    await write("order_confirmed")
    await send_due(post.mailer)
    await fetch("UPDATE mail_message SET state = 'waiting', lease_until = NULL")
    await make_due("mail_message")

    await send_due(post.mailer)

    first, second = read_sources(post.mailbox)
    row_id = await fetch_value("SELECT id FROM mail_message")
    assert first["Message-ID"] == second["Message-ID"] == f"<{row_id}@localhost>"
    assert await fetch_value("SELECT count(*) FROM mail_message") == 1


NASTY = (
    "Ada\r\nBcc: otto@example.com",
    "Ada\nSubject: You won",
    "Ada\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?Bcc:_otto=40example.com?=",
    "{{ 7 * 7 }}",
    "Ada <b>Buyer</b> & Söhne 株式会社",
    ".\r\nRSET",
)


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("kind", MORE)
async def test_names_are_only_text_when_they_look_like_headers_or_markup(post: Post, kind: str, name: str) -> None:
    part = {**ORDER["parts"][0], "vendor": name, "lines": [{**ORDER["parts"][0]["lines"][0], "title": name}]}
    await write(kind, name=name, address=[name], method=name, parts=[part])

    await send_due(post.mailer)

    (message,) = read_sources(post.mailbox)
    assert message["Subject"] == SUBJECTS[kind]
    assert message.get_all("Bcc") is None
    assert [mail["to"] for mail in post.mailbox.list_mails()] == [["ada@example.com"]]
    text, markup = (part.get_content() for part in message.iter_parts())
    assert "49" not in text.replace("$48", "")
    assert "<script>" not in markup
    assert "<b>Buyer" not in markup


@pytest.mark.parametrize("number", ["OP-1\r\nBcc: otto@example.com", "OP-1\nX-Evil: 1"])
async def test_nothing_is_sent_when_a_header_itself_would_break(post: Post, number: str) -> None:
    """Numbers are ours; were one ever not, the subject ends at its line and no header is added."""
    await write("order_confirmed", number=number)

    await send_due(post.mailer)

    for message in read_sources(post.mailbox):
        assert message.get_all("Bcc") is message.get_all("X-Evil") is None
        assert message["Subject"] == "Order OP-1"


async def test_nothing_goes_out_when_the_recipient_is_a_list(post: Post) -> None:
    await write("order_confirmed", to="otto,ada@example.com")

    await send_due(post.mailer)

    assert post.mailbox.list_mails() == []
    assert "not one address" in await value("SELECT last_error FROM mail_message")


async def test_address_beyond_ascii_is_reached_when_the_server_can(post: Post) -> None:
    await write("order_confirmed", to="jürgen@bücher.example")

    await send_due(post.mailer)

    assert [mail["to"] for mail in post.mailbox.list_mails()] == [["jürgen@bücher.example"]]


async def test_order_is_paid_when_the_mail_server_is_down(world: World) -> None:
    down = replace(world.worker.mailer, submit=refuse)
    world.worker.mailer = down
    ada, url = await place(world)
    await world.pay(url)

    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert {state for _, _, state in await mails()} == {"waiting"}
    assert await value("SELECT last_error FROM mail_message WHERE kind = 'sold'") == "OSError: no route"


async def refuse(mailer: Mailer, message: EmailMessage) -> None:
    raise OSError("no route")


async def test_buyer_and_vendor_are_mailed_once_when_an_order_is_paid(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")

    await world.settle()
    await world.settle()

    assert await mails() == [
        ("order_confirmed", "ada@example.com", "done"),
        ("sold", "vera@example.com", "done"),
    ]
    assert len(world.sandbox.state.mailbox.list_mails()) == 2


async def test_mail_tells_what_was_true_when_it_was_decided(world: World) -> None:
    """The view is frozen: what happens between the fact and its sending does not change the mail."""
    await world.browser().buy("KILN-MUG-BLUE")
    await fetch("UPDATE vendor SET name = 'Renamed'")

    await world.settle()

    (mail,) = world.sandbox.state.mailbox.list_mails("ada@example.com")
    assert "Kiln & Co" in mail["text"]
    assert "$30.00" in mail["text"]


async def test_link_in_the_mail_opens_the_order_when_it_is_followed(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()
    (mail,) = world.sandbox.state.mailbox.list_mails("ada@example.com")

    link = re.search(r"http://localhost:8000(/orders/\S+)", mail["text"])

    assert link
    assert await world.browser().status(link[1]) == "Paid"


async def test_buyer_is_told_once_and_for_good_when_a_declined_order_runs_out(world: World) -> None:
    _, url = await place(world)
    await world.pay(url, number=DECLINED)
    await world.deliver()
    assert await mails() == []

    await world.advance(46 * 60)
    await world.settle()
    await world.settle()

    assert await mails() == [("payment_failed", "ada@example.com", "done")]
    (mail,) = world.sandbox.state.mailbox.list_mails()
    assert "The bank declined the card" in mail["text"]


def test_time_of_a_mail_is_wall_time_when_the_shops_clock_is_ahead(post: Post, tmp_path: Any) -> None:
    (tmp_path / "ahead").write_text("86400")
    clock.use_offset_file(tmp_path / "ahead")
    try:
        message = compose(
            post.mailer, {"kind": "order_confirmed", "id": 1, "recipient": "a@b.example", "view": json.dumps(ORDER)}
        )
    finally:
        clock.use_offset_file(None)

    assert abs(message["Date"].datetime - clock.wall()) < timedelta(minutes=1)


@pytest.mark.parametrize("email", ["otto,ada@example.com", "ada@example.com;otto", "<ada@example.com>", "a(b)@c.de"])
async def test_checkout_asks_again_when_an_address_could_be_read_as_another(world: World, email: str) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")

    answer = await ada.post("/checkout", **(await ada.checkout_form(email=email)))

    assert answer.status_code == 422
    assert "Enter an email address like name@example.com." in answer.text
