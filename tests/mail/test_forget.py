"""What was sent is forgotten a day later; what still has to be sent stays, unless nobody is there to get it."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from store.mail.service import forget_address, forget_sent, send_once
from tests.facts import one, value


@pytest.mark.parametrize(
    ("state", "created", "done", "kept"),
    [
        ("done", "2 days", "25 hours", False),
        ("done", "2 days", "23 hours", True),
        ("waiting", "40 days", None, True),
        ("parked", "29 days", None, True),
        ("parked", "31 days", None, False),
    ],
)
async def test_mail_stays_as_long_as_it_is_of_use(
    db: str, state: str, created: str, done: str | None, kept: bool
) -> None:
    await send_once("shipped", "a cause", "ada@example.com", {"name": "Ada"})
    done_at = f"now() - interval '{done}'" if done else "NULL"
    await fetch(
        f"UPDATE mail_message SET state = $1, last_error = 'to Ada', created_at = now() - interval '{created}',"
        f" done_at = {done_at}",
        state,
    )

    forgotten = await forget_sent()

    mail = await one("SELECT kind, cause, recipient, view, last_error FROM mail_message")
    assert forgotten == (not kept)
    assert (mail["kind"], mail["cause"]) == ("shipped", "a cause")
    assert ("ada" in str(mail).lower()) is kept
    assert await forget_sent() == 0


async def test_waiting_mail_of_another_kind_is_still_sent_when_an_address_is_forgotten(db: str) -> None:
    await send_once("shipped", "1", "ada@example.com", {})
    await send_once("sold", "1", "ADA@example.com", {})
    await send_once("sold", "2", "vera@example.com", {})

    await forget_address("ada@example.com", ("sold",))

    assert await value("SELECT array_agg(kind || state || recipient ORDER BY kind, cause) FROM mail_message") == [
        "shippedwaitingada@example.com",
        "solddone",
        "soldwaitingvera@example.com",
    ]
