"""What a log says of one purchase: which request, which order, which payment; and nothing of the buyer."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from store.kit.logs import configure_logs
from tests.facts import the_order, the_payment
from tests.payments.buying import MUG
from tests.world import ADA, World


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level, hook, thread_hook = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    before, stream = structlog.get_config(), io.StringIO()
    configure_logs("info", json=True, stream=stream)
    yield stream
    root.handlers[:], sys.excepthook, threading.excepthook = handlers, hook, thread_hook
    root.setLevel(level)
    structlog.configure(**before)


async def test_lines_name_request_order_and_payment_when_an_order_was_bought(world: World, out: io.StringIO) -> None:
    ada = world.browser()
    path = await ada.buy(MUG)
    page = await ada.get(path)
    await world.settle()

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    order, payment = await the_order(), await the_payment()
    (confirmed,) = [line for line in lines if line["event"] == "payment_confirmed"]
    assert (confirmed["payment"], confirmed["order"]) == (str(payment["id"]), str(order["id"]))
    assert confirmed["request_id"]
    assert confirmed["number"] == order["number"]
    (shown,) = [line for line in lines if line.get("request_id") == page.headers["x-request-id"]]
    assert (shown["event"], shown["number"], shown["route"]) == ("request", order["number"], "/orders/{token}")
    assert [word for word in (path.rpartition("/")[2], ADA["email"], ADA["full_name"]) if word in out.getvalue()] == []
