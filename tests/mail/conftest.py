"""A real SMTP server of the sandbox on a free port, and a mailer that speaks to it over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from store.demo.folder import free_port
from store.kit.web.templates import make_environment
from store.mail.service import Mailer, submit
from store.sandbox.mailbox import Mailbox
from store.sandbox.records import open_records
from tests.shelves import ROOT
from tests.world import SHOP, make_settings


@dataclass
class Post:
    """The mail server, started and stopped by tests."""

    mailbox: Mailbox
    mailer: Mailer
    port: int

    async def start(self) -> None:
        """Let mail in."""
        await self.mailbox.listen("127.0.0.1", self.port)

    async def stop(self) -> None:
        """Nobody answers on the port any more."""
        await self.mailbox.close()

    def unanswering(self) -> Mailer:
        """The same mailer, speaking to a port where nobody is."""
        return replace(self.mailer, smtp_url=f"smtp://127.0.0.1:{free_port()}")


@pytest.fixture
async def post(db: str, tmp_path: Path) -> AsyncIterator[Post]:
    """A mail server that is up, and the worker's mailer."""
    port = free_port()
    records = open_records(tmp_path / "mails.sqlite")
    settings = make_settings(tmp_path)
    environment = make_environment(ROOT / "templates", ROOT / "static", settings=settings.shown)
    mailer = Mailer(f"smtp://127.0.0.1:{port}", settings.mail_from, SHOP, environment, submit)
    office = Post(Mailbox(records), mailer, port)
    await office.start()
    try:
        yield office
    finally:
        await office.stop()
        records.close()
