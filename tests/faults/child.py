"""A process that does one thing of the shop's and ends: with `CRASH_AT=n` at the n-th commit or call, as if killed.

It is forked from a server that has imported everything once, so that hundreds of them cost little; it shares nothing
with the test but the database, the sandbox's port and the clock's file.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from multiprocessing.process import BaseProcess
from typing import Any

import httpx

from store.app import ROOT
from store.gateways.build import build_gateways
from store.kit.crash import CRASH_AT
from store.kit.db import start_pool, stop_pool
from store.kit.web.templates import make_environment
from store.mail.service import Mailer
from store.settings import Settings
from store.workers import Worker
from tests.ready import make_shop
from tests.world import SANDBOX, SHOP, Browser

SECONDS = 60
VISITOR = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
FORM = {**VISITOR, "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Request:
    """One request that reaches the shop: a visitor's, or a delivery of the provider's."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Errand:
    """What one process does: answers requests, then works off the queues, with sweeps or without."""

    requests: tuple[Request, ...] = ()
    work: bool = True
    sweep: bool = False


def jar(browser: Browser) -> dict[str, str]:
    """The visitor's cookies, for a request from another process."""
    return {cookie.name: cookie.value or "" for cookie in browser.client.cookies.jar}


async def run_errand(settings: Settings, base: str, errand: Errand, crash_at: int = 0) -> int:
    """Run `errand` in a process of its own against the sandbox at `base`; returns its exit code."""
    process = start_errand(settings, base, errand, crash_at)
    try:
        return await finish_errand(process)
    finally:
        end(process)


def start_errand(settings: Settings, base: str, errand: Errand, crash_at: int = 0) -> BaseProcess:
    """Start `errand`; whoever calls this ends the process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.warm"])
    told = replace(settings, stripe_api_base=base)
    process = context.Process(target=live, args=(told, errand, {"DEMO": "1", CRASH_AT: str(crash_at)}))
    process.start()
    return process


async def finish_errand(process: BaseProcess) -> int:
    """Wait until it has ended by itself; its exit code."""
    await asyncio.to_thread(process.join, SECONDS)
    assert process.exitcode is not None, f"it still runs after {SECONDS} s"
    return process.exitcode


def end(process: BaseProcess) -> None:
    """No process outlives its test."""
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def live(settings: Settings, errand: Errand, env: dict[str, str]) -> None:
    """The life of the process."""
    os.environ.update(env)
    asyncio.run(_live(settings, errand))


async def _live(settings: Settings, errand: Errand) -> None:
    # The routes are there, those of a shop whose provider has another address: read at each request but for its policy.
    kept, gateways, shop = make_shop(replace(settings, stripe_api_base=SANDBOX), build_gateways(settings))
    object.__setattr__(kept, "stripe_api_base", settings.stripe_api_base)
    environment = make_environment(ROOT / "templates", ROOT / "static", settings=settings.shown)
    mailer = Mailer(settings.smtp_url, settings.mail_from, settings.base_url, environment, _post_letter(settings))
    await start_pool(5)
    for request in errand.requests:
        await _answer(shop, request)
    if errand.work:
        await Worker(gateways, mailer).drain(sweep=errand.sweep)
    await stop_pool()


async def _answer(shop: Any, request: Request) -> None:
    transport = httpx.ASGITransport(app=shop, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SHOP, cookies=request.cookies) as visitor:
        answer = await visitor.request(request.method, request.path, headers=request.headers, content=request.body)
        assert answer.status_code < 500, answer.text


def _post_letter(settings: Settings) -> Any:
    async def submit(mailer: Mailer, message: EmailMessage) -> None:
        with (settings.data / "letters").open("a") as box:
            box.write(f"{message['Message-ID']}\n")

    return submit
