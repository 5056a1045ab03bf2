"""Write a mail in the transaction that has something to tell; send it once by SMTP from the worker.

The Message-ID is made of the row's id, so a mail that had to be sent again after a crash is the same mail.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
from jinja2 import Environment

from store.kit import clock
from store.kit.db import fetch
from store.kit.ids import new_id
from store.kit.money import Money
from store.kit.queue import notify, work

SMTP_SECONDS = 10.0
# Wall time: how long a mail is kept whole after it was sent, and one that could not be sent.
SENT_FOR = timedelta(days=1)
PARKED_FOR = timedelta(days=30)

Submit: TypeAlias = "Callable[[Mailer, EmailMessage], Awaitable[None]]"
Prepare: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True)
class Mailer:
    """Where mail goes out, what its links start with, and who carries it (`submit`: by SMTP)."""

    smtp_url: str
    sender: str
    base_url: str
    templates: Environment
    submit: Submit


async def send_once(kind: str, cause: str, recipient: str, view: Mapping[str, Any]) -> None:
    """Put one mail into the outbox of the open transaction; the same (kind, cause) again is ignored (I22).

    No `recipient`, no mail: whoever it would have gone to deleted their account.
    """
    if not recipient:
        return
    await fetch(
        "INSERT INTO mail_message (id, kind, cause, recipient, view) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (kind, cause) DO NOTHING",
        new_id(),
        kind,
        cause,
        recipient,
        msgspec.json.encode(view).decode(),
    )
    await notify()


async def forget_address(email: str, kinds: Sequence[str]) -> None:
    """Keep of the mails to this address that they were sent, and nothing else; of `kinds` none is sent any more."""
    await fetch(
        "UPDATE mail_message SET recipient = '', view = '{}', last_error = '', state = 'done'"
        " WHERE recipient <> '' AND lower(recipient) = lower($1) AND (state <> 'waiting' OR kind = ANY($2))",
        email,
        list(kinds),
    )


async def forget_mails(numbers: Sequence[str]) -> None:
    """Keep of the mails about the orders with these numbers that they were sent, and nothing else."""
    await fetch(
        "UPDATE mail_message SET recipient = '', view = '{}', last_error = ''"
        " WHERE recipient <> '' AND state <> 'waiting' AND view::jsonb ->> 'number' = ANY($1)",
        list(numbers),
    )


async def forget_sent() -> int:
    """Keep of the mails that went out a day ago, or were given up a month ago, that they were; returns how many.

    Whoever a mail was for may have another address by now, or none: so all of them end, whoever asks for it.
    """
    rows = await fetch(
        "UPDATE mail_message SET recipient = '', view = '{}', last_error = '' WHERE recipient <> ''"
        " AND (state = 'done' AND coalesce(done_at, created_at) <= $1 OR state = 'parked' AND created_at <= $2)"
        " RETURNING id",
        clock.wall() - SENT_FOR,
        clock.wall() - PARKED_FOR,
    )
    return len(rows)


async def send_due(mailer: Mailer, prepare: Mapping[str, Prepare] | None = None) -> int:
    """Send what is due; a mail server that is down postpones, with growing back-off. Returns how many were tried.

    `prepare` adds to the view of a kind what may not lie in the outbox (a link's token), or says None: do not send.
    """

    async def deliver(row: Mapping[str, Any]) -> None:
        if prepare is not None and row["kind"] in prepare:
            more = await prepare[row["kind"]](row)
            if more is None:
                return
            row = {**row, "view": json.dumps({**json.loads(row["view"]), **more})}
        await mailer.submit(mailer, compose(mailer, row))

    return await work("mail_message", deliver, tries=20)


def compose(mailer: Mailer, row: Mapping[str, Any]) -> EmailMessage:
    """The message of one outbox row, text and HTML; the first line of the text template is the subject."""
    view = json.loads(row["view"])
    url = mailer.base_url + view["path"] if view.get("path") else ""
    context = {
        "view": {**view, "url": url, "order_url": url},
        "money": lambda amount: str(Money(amount, view["currency"])),
    }
    text = mailer.templates.get_template(f"mail/{row['kind']}.txt").render(context)
    subject, _, body = text.partition("\n")
    message = EmailMessage()
    message["From"] = mailer.sender
    message["To"] = row["recipient"]
    if len(message["To"].addresses) != 1:
        raise ValueError(f"not one address: {row['recipient']!r}")
    if view.get("reply_to"):
        message["Reply-To"] = view["reply_to"]
    message["Subject"] = subject.removeprefix("Subject:").strip()
    message["Message-ID"] = f"<{row['id']}@{parseaddr(mailer.sender)[1].rpartition('@')[2]}>"
    message["Date"] = clock.wall()
    message.set_content(body.lstrip("\n"))
    message.add_alternative(mailer.templates.get_template(f"mail/{row['kind']}.html").render(context), subtype="html")
    return message


async def submit(mailer: Mailer, message: EmailMessage) -> None:
    """Hand one message to the SMTP server; raises what the server or the network raises."""
    url = urlsplit(mailer.smtp_url)
    await aiosmtplib.send(
        message,
        hostname=url.hostname,
        port=url.port,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        use_tls=url.scheme == "smtps",
        timeout=SMTP_SECONDS,
    )
