"""The shop's own commands as processes, started as in production against a test's database and provider."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.conftest import ROOT
from tests.world import World


@asynccontextmanager
async def started(
    world: World, db: str, base: str, command: str, **env: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m store COMMAND`, whose provider is at `base`; it does not outlive the block."""
    settings = world.settings
    paypal = settings.paypal
    assert paypal is not None
    told = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": db,
        "DATA": str(settings.data),
        "BASE_URL": settings.base_url,
        "SECRET_KEY": os.urandom(32).hex(),
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_PUBLISHABLE_KEY": settings.stripe_publishable_key,
        "STRIPE_API_BASE": base,
        "STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secrets[0],
        "STRIPE_CONNECT_WEBHOOK_SECRET": settings.stripe_connect_webhook_secrets[0],
        "PAYPAL_CLIENT_ID": paypal.client_id,
        "PAYPAL_CLIENT_SECRET": paypal.client_secret,
        "PAYPAL_WEBHOOK_ID": paypal.webhook_id,
        "PAYPAL_BASE_URL": base,
        "PAYPAL_CA_FILE": f"{paypal.ca_file}",
        "SMTP_URL": settings.smtp_url,
        "DEMO": "1",
        **env,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "store", command),
        cwd=ROOT,
        env=told,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
