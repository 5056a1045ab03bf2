"""What can take an account away needs a sign-in of the last quarter of an hour, by wall time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from litestar import Request

from store.accounts.controllers.guards import FRESH_FOR, SignInNeeded, require_fresh
from store.accounts.queries import Person
from store.kit import clock


def make_person(age: timedelta) -> Person:
    return Person(uuid4(), "ada@example.com", True, False, clock.wall() - age)


def make_request(method: str, path: str, **headers: str) -> Request[Any, Any, Any]:
    raw = [(name.encode(), value.encode()) for name, value in {"host": "shop.test", **headers}.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw, "scheme": "https"}
    return Request({**scope, "server": ("shop.test", 443), "state": {}})  # type: ignore[typeddict-item]


def test_person_goes_on_when_the_sign_in_is_recent() -> None:
    vera = make_person(FRESH_FOR - timedelta(seconds=5))

    assert require_fresh(vera, make_request("GET", "/account/email")) is vera


def test_person_is_asked_again_when_the_sign_in_is_too_old() -> None:
    with pytest.raises(SignInNeeded) as needed:
        require_fresh(make_person(timedelta(minutes=15)), make_request("GET", "/account/email"))

    assert needed.value.path == "/account/email"


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        ("https://shop.test/account/email?x=1", "/account/email?x=1"),
        ("https://evil.test/account/email", "/account"),
        ("", "/account"),
    ],
)
def test_form_is_come_back_to_by_its_page_when_it_cannot_be_sent_again(referer: str, path: str) -> None:
    with pytest.raises(SignInNeeded) as needed:
        require_fresh(None, make_request("POST", "/account/email/change", referer=referer))

    assert needed.value.path == path
