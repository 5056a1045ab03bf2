"""The mail server and its pages: real SMTP in, text and a locked HTML part out."""

from __future__ import annotations

import socket
from email.message import EmailMessage

import aiosmtplib
import pytest

from store.sandbox.mailbox import KEPT, split_addresses
from tests.sandbox.conftest import Sandbox

ORDER = "http://localhost:8000/orders/abc?x=1&y=2"


def _letter(subject: str = "Your order OP-7K3M9") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = (
        "Overprint <shop@example.test>",
        "ada@example.test",
        subject,
    )
    letter.set_content(f"Thank you, Ada. See {ORDER}.\nGrüße")
    letter.add_alternative(f'<p>Thank you</p><a href="{ORDER}">Order</a><script>alert(1)</script>', subtype="html")
    return letter


async def test_mail_is_shown_when_sent_over_smtp(sandbox: Sandbox) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mailbox = sandbox.app.state.mailbox
    await mailbox.listen("127.0.0.1", port)
    try:
        await aiosmtplib.send(_letter("Bestellung größer ¥"), hostname="127.0.0.1", port=port)
    finally:
        await mailbox.close()

    (mail,) = (await sandbox.client.get("/_sandbox/mailbox")).json()["data"]
    page = await sandbox.client.get("/mailbox")
    assert (mail["subject"], mail["to"]) == ("Bestellung größer ¥", ["ada@example.test"])
    assert mail["from"] == "Overprint <shop@example.test>"
    assert "Grüße" in mail["text"]
    assert "<p>Thank you</p>" in mail["html"]
    assert f'href="/mailbox/{mail["id"]}"' in page.text


async def test_text_is_shown_with_links_when_opened(sandbox: Sandbox) -> None:
    number = sandbox.app.state.mailbox.keep("", ["ada@example.test"], _letter().as_bytes())

    page = await sandbox.client.get(f"/mailbox/{number}")

    escaped = ORDER.replace("&", "&amp;")
    assert f'<a href="{escaped}">{escaped}</a>.' in page.text
    assert "<h1>Your order OP-7K3M9</h1>" in page.text
    assert f'src="/mailbox/{number}/html"' in page.text
    assert "alert(1)" not in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]


async def test_html_part_may_run_nothing_when_opened(sandbox: Sandbox) -> None:
    number = sandbox.app.state.mailbox.keep("", ["ada@example.test"], _letter().as_bytes())

    part = await sandbox.client.get(f"/mailbox/{number}/html")

    policy = part.headers["content-security-policy"]
    assert part.text.startswith('<base target="_top"><p>Thank you</p>')
    assert "default-src 'none'" in policy
    assert " sandbox " in policy
    assert "allow-scripts" not in policy
    assert "allow-forms" not in policy


async def test_one_recipients_mails_are_listed_when_asked_for(sandbox: Sandbox) -> None:
    for to in ("ada@example.test", "vera@example.test"):
        sandbox.app.state.mailbox.keep("", [to], _letter().as_bytes())

    answer = await sandbox.client.get("/_sandbox/mailbox", params={"to": "Vera@example.test"})

    assert [mail["to"] for mail in answer.json()["data"]] == [["vera@example.test"]]


async def test_mailbox_says_what_to_do_when_empty(sandbox: Sandbox) -> None:
    assert "No mail yet" in (await sandbox.client.get("/mailbox")).text


@pytest.mark.parametrize("path", ["/mailbox/99", "/mailbox/99/html", "/mailbox/x"])
async def test_answer_is_404_when_there_is_no_such_mail(sandbox: Sandbox, path: str) -> None:
    assert (await sandbox.client.get(path)).status_code == 404


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xff\xfe",
        b"Subject: =?utf-8?q?=ff?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xe9",
    ],
)
async def test_mail_is_kept_when_it_is_malformed(sandbox: Sandbox, source: bytes) -> None:
    number = sandbox.app.state.mailbox.keep("otto@example.test", ["ada@example.test"], source)

    assert (await sandbox.client.get(f"/mailbox/{number}")).status_code == 200
    assert (await sandbox.client.get("/mailbox")).status_code == 200


async def test_oldest_mails_go_when_there_are_too_many(sandbox: Sandbox) -> None:
    for number in range(KEPT + 2):
        sandbox.app.state.mailbox.keep("", [f"{number}@example.test"], b"Subject: x\r\n\r\nx")

    mails = sandbox.app.state.mailbox.list_mails()

    assert len(mails) == KEPT
    assert mails[-1]["to"] == ["2@example.test"]


def test_text_loses_nothing_when_cut_at_addresses() -> None:
    text = f"a {ORDER}, (https://example.test/x) <http://b.test/?q=1>\njavascript:alert(1)"

    pieces = split_addresses(text)

    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, address in pieces if address] == [
        ORDER,
        "https://example.test/x",
        "http://b.test/?q=1",
    ]
