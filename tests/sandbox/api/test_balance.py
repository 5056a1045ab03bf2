"""The balance: pending for two days, available by the clock, told in one event."""

from typing import Any

import pytest

from tests.sandbox.api.conftest import BASE, Api

DAYS = 86400


def amounts(api: Api, account: str | None = None) -> tuple[int, int]:
    balance = api.v1.balance.retrieve({}, {"stripe_account": account} if account else {})
    return balance.available[0].amount, balance.pending[0].amount


def test_money_is_pending_for_two_days_when_a_charge_settles(api: Api) -> None:
    api.pay(api.open_session().id)
    api.pay(api.open_session().id)
    api.advance(3)
    entry = api.v1.balance_transactions.list().data[0]
    pending = amounts(api)

    api.advance(2 * DAYS)

    assert (entry.status, entry.available_on - entry.created) == ("pending", 2 * DAYS)
    assert pending == (0, 2 * (1000 - 59))
    assert amounts(api) == (2 * (1000 - 59), 0)
    assert api.v1.balance_transactions.retrieve(entry.id).status == "available"
    told = api.v1.events.list({"type": "balance.available"}).data
    assert len(told) == 1
    assert told[0].data.object.available[0].amount == 2 * (1000 - 59)


def test_money_is_available_at_once_when_the_card_bypasses_the_wait(api: Api) -> None:
    api.pay(api.open_session().id, "4000000000000077")
    api.advance(3)

    assert amounts(api) == (1000 - 59, 0)


def test_vendors_money_becomes_available_in_the_vendors_account(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(account=vendor.id).id)
    api.advance(3)
    api.advance(2 * DAYS)

    assert amounts(api, vendor.id) == (1000 - 59, 0)
    assert "balance.available" in api.event_types(vendor.id)
    assert "balance.available" not in api.event_types()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/files"), ("GET", "/v1/files/file_1"), ("POST", "/v1/file_links")]
)
def test_files_are_refused_by_name(api: Api, method: str, path: str) -> None:
    status, _, answer = api.raw(method, path)

    assert (status, answer["error"]["code"]) == (400, "sandbox_unsupported")
    assert "/v1/file" in answer["error"]["message"]


@pytest.mark.parametrize("content", [b"\x89PNG\xff\x00", b"x" * 2_000_000])
@pytest.mark.parametrize(
    ("path", "named"), [("/v1/files", b"POST /v1/files"), ("/v1/customers", b"uploading files (POST /v1/customers)")]
)
def test_upload_is_refused_by_name_when_a_file_is_sent(api: Api, path: str, named: bytes, content: bytes) -> None:
    headers: Any = {"authorization": "Bearer sk_test_overprint", "content-type": "multipart/form-data; boundary=b"}

    status, _, body = api.transport.send("POST", f"{BASE}{path}", headers, b"--b\r\n" + content)

    assert status == 400
    assert b"The sandbox does not support " + named in body
    assert b"sandbox_unsupported" in body
