"""A real SMTP server that delivers to nobody and keeps what arrived.

Mails are rows beside the world, so they survive a restart. How they are shown is the console's to say.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from litestar.exceptions import NotFoundException

MAX_MAIL = 2**20
KEPT = 500
CLOSE_SECONDS = 1.0
ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


class Mailbox:
    """Received mails, the newest `KEPT` of them."""

    def __init__(self, records: sqlite3.Connection) -> None:
        self._records = records
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Start the SMTP server; OSError when the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, data_size_limit=MAX_MAIL, enable_SMTPUTF8=True, ident="Overprint sandbox"),
            host,
            port,
        )

    async def close(self) -> None:
        """Stop the SMTP server, if it runs."""
        if self._server is not None:
            self._server.close()
            with suppress(TimeoutError):  # newer Pythons wait here for clients that stay connected
                await asyncio.wait_for(self._server.wait_closed(), CLOSE_SECONDS)
            self._server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd)
        """Keep one mail; aiosmtpd calls this after DATA."""
        content = envelope.content or b""
        self.keep(
            envelope.mail_from or "",
            [str(recipient) for recipient in envelope.rcpt_tos],
            content.encode() if isinstance(content, str) else content,
        )
        return "250 Kept"

    def keep(self, sender: str, recipients: list[str], source: bytes) -> int:
        """Write down a mail as it came over SMTP and return its number."""
        mail = message_from_bytes(source, policy=policy.default)
        written = self._records.execute(
            "INSERT INTO mails (received, sender, recipients, subject, text, html, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                time.time(),
                str(mail["From"] or sender),
                json.dumps(recipients),
                str(mail["Subject"] or ""),
                _part(mail, "plain"),
                _part(mail, "html"),
                source,
            ),
        )
        number = written.lastrowid or 0
        self._records.execute("DELETE FROM mails WHERE id <= ?", (number - KEPT,))
        return number

    def list_mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return mails, newest first, without their source; for one recipient if `to` is given."""
        rows = self._records.execute(
            "SELECT id, received, sender, recipients, subject, text, html FROM mails ORDER BY id DESC"
        )
        mails = [_as_mail(row) for row in rows]
        return [mail for mail in mails if to is None or to.lower() in (one.lower() for one in mail["to"])]

    def find_mail(self, number: int) -> dict[str, Any]:
        """Return one mail; NotFoundException when there is none of that number."""
        row = self._records.execute(
            "SELECT id, received, sender, recipients, subject, text, html FROM mails WHERE id = ?", (number,)
        ).fetchone()
        if row is None:
            raise NotFoundException("There is no such mail here. The mailbox may have been reset.")
        return _as_mail(row)


def split_addresses(text: str) -> list[tuple[str, bool]]:
    """Cut a text into pieces (text, is a web address), in order, losing nothing."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in ADDRESS.finditer(text):
        pieces += [(text[end : match.start()], False), (match.group(), True)]
        end = match.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def _part(mail: EmailMessage | Any, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown charset: show what can be shown
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _as_mail(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "received": datetime.fromtimestamp(row["received"], UTC).isoformat(timespec="seconds"),
        "from": row["sender"],
        "to": json.loads(row["recipients"]),
        "subject": row["subject"],
        "text": row["text"],
        "html": row["html"],
    }
