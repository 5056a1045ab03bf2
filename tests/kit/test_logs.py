"""The canary: nothing secret or personal reaches a log, whichever door it came through."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from store.kit.ids import new_token
from store.kit.logs import bound, configure_logs
from store.kit.masking import MASK, mask, mask_text

TOKEN = "Ab3dEf6hIj9kLm2nOp5qRs"
CANARIES = {
    "key": "sk_test_51Hcanary",
    "restricted": "rk_live_51Hcanary",
    "endpoint": "whsec_canary5f/Kq+3",
    "intent": "pi_1A_secret_canary9",
    "header": "t=1764040000,v1=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bearer": "Bearer canary.token-value",
    "basic": "Basic Y2FuYXJ5OnB3",
    "cookies": "sid=canary-session; cart=canary-cart",
    "host_cookie": "__Host-sid=canary-session",
    "address": "postgresql://shop:canary-pw@db:5432/shop",
    "card": "4242424242424242",
    "spaced_card": "4000 0027 6000 3184",
    "dashed_card": "5555-5555-5555-4444",
    "mail": "ada.lovelace+shop@example.com",
    "order_path": f"/orders/{TOKEN}/status",
    "order_token": TOKEN,
}
# What must not be found in the output: the part of each canary that is worth stealing.
WORTH = [
    "51Hcanary",
    "canary5f",
    "canary9",
    "9f86d081",
    "canary.token-value",
    "Y2FuYXJ5OnB3",
    "canary-session",
    "canary-cart",
    "canary-pw",
    "4242424242424242",
    "4000 0027 6000 3184",
    "5555-5555-5555-4444",
    "ada.lovelace",
    TOKEN,
]
TEXT = " | ".join(CANARIES.values())


@dataclass
class Payload:
    """An object whose repr tells everything."""

    secret_text: str


@pytest.fixture(params=[True, False], ids=["json", "console"])
def out(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level, hook, thread_hook = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    before, stream = structlog.get_config(), io.StringIO()
    configure_logs("debug", json=request.param, stream=stream)
    yield stream
    root.handlers[:], sys.excepthook, threading.excepthook = handlers, hook, thread_hook
    root.setLevel(level)
    structlog.configure(**before)


def fail(text: str) -> None:
    local = text
    raise RuntimeError(f"could not send {local}")


def raise_error() -> BaseException:
    try:
        try:
            fail(TEXT)
        except RuntimeError as error:
            raise ValueError(f"because of {TEXT}") from error
    except ValueError as error:
        return error


def log_everywhere() -> None:
    ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
    ours.info(TEXT)
    ours.info("positional %s", TEXT)
    ours.info("by key", **CANARIES)
    ours.info("nested", body={"deep": [{"text": TEXT}, (TEXT,), TEXT.encode()], TEXT: 1}, number=4242424242424242)
    ours.info("object", payload=Payload(TEXT))
    theirs.warning("%s", TEXT)
    theirs.warning("extra", extra={"text": TEXT, "body": {"a": TEXT}})
    with bound(order=TEXT, payment=None):
        ours.info("bound")
        theirs.info("bound")
    error = raise_error()
    ours.error("failed", exc_info=error)
    theirs.error("failed", exc_info=error)
    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail, args=(TEXT,))
    thread.start()
    thread.join()


def test_no_canary_is_logged_when_it_comes_through_any_door(out: io.StringIO) -> None:
    log_everywhere()

    text = out.getvalue()
    assert text.count("could not send") >= 4
    assert text.count("the process ends with an error") == text.count("a thread ended with an error") == 1
    assert [worth for worth in WORTH if worth in text] == []


def test_canary_is_seen_when_nothing_is_masked() -> None:
    assert [worth for worth in WORTH if worth not in TEXT] == []


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Stripe-Signature",
        "set-cookie",
        "client_secret",
        "SMTP_URL",
        "authorization",
        "cvc",
        "full_name",
    ],
)
def test_value_is_masked_when_its_name_says_so(name: str) -> None:
    assert mask({name: "hunter2"}) == {name: MASK}


@pytest.mark.parametrize(
    "text",
    [
        "cs_test_a1B2c3D4e5F6g7H8i9J0",
        "pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "evt_1NG8Du2eZvKYlo2CUI79vXWy",
        "7d9f3a30-8f0a-4c0e-9c07-3f6f6f1d2f55",
        "OP-7K3M9",
        "1764040000",
        "1764040000123",
        "ConnectionDoesNotExistError",
        "/webhooks/stripe/connect",
        "86.00 USD",
    ],
)
def test_text_is_kept_when_it_is_an_id_or_a_number(text: str) -> None:
    assert mask_text(text) == text


def test_order_token_is_masked_when_it_stands_in_a_path() -> None:
    for _ in range(200):
        token = new_token()
        assert token not in mask_text(f"GET /orders/{token}/status?x=1")
        assert token not in mask_text(f"http://localhost:8000/orders/{token}")


def test_line_carries_the_ids_when_they_are_bound(out: io.StringIO) -> None:
    with bound(order="o-1", payment="p-1"):
        structlog.get_logger("ours").info("paid", amount=8600)

    line = out.getvalue().strip()
    if line.startswith("{"):
        event: dict[str, Any] = json.loads(line)
        assert (event["event"], event["order"], event["payment"]) == ("paid", "o-1", "p-1")
        assert (event["amount"], event["level"], event["logger"]) == (8600, "info", "ours")
    else:
        assert "paid" in line
        assert "o-1" in line


def test_library_is_quiet_when_it_would_repeat_addresses(out: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://api.stripe.com/v1/events")

    assert out.getvalue() == ""
