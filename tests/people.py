"""The demo's people in a browser of the world, somebody with a password, and the links of mails."""

from __future__ import annotations

import re
from uuid import UUID

import httpx

from store.accounts import service
from store.kit.db import transaction
from tests.world import SHOP, Browser, World

PASSWORD = "analytical engine"


async def sign_in_as(browser: Browser, key: str) -> None:
    """Sign this browser in as ada, vera, otto or olga, by the demo's button."""
    answer = await browser.post("/account/demo", person=key)
    assert answer.status_code == 303, answer.text


async def make_person(email: str, password: str = PASSWORD) -> UUID:
    """Somebody with a password, whose address is not verified."""
    hashed = await service.hash_password(password)
    async with transaction():
        return await service.create_person(email, hashed)


async def sign_up(browser: Browser, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    """Create an account in this browser."""
    return await browser.post("/account/signup", email=email, password=password, **more)


async def sign_in(browser: Browser, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    """Try to sign in with a password."""
    return await browser.post("/account/signin", email=email, password=password, **more)


async def is_in(browser: Browser) -> bool:
    """Whether somebody is signed in here."""
    return (await browser.get("/account")).status_code == 200


async def subjects(world: World, to: str) -> list[str]:
    """The subjects of the mails this address has got, oldest first, after everything was sent."""
    await world.worker.send_mail()
    return [mail["subject"] for mail in reversed(world.sandbox.state.mailbox.list_mails(to))]


async def link_for(world: World, to: str, kind: str = "verify") -> str:
    """The path of the account's link (`verify` or `reset`) in the newest mail of that kind to this address."""
    await world.worker.send_mail()
    mails = world.sandbox.state.mailbox.list_mails(to)
    paths = [found[1] for mail in mails for found in re.finditer(rf"{SHOP}(/account/{kind}/[\w-]+)", mail["text"])]
    assert paths, mails
    return paths[0]
