"""One key, one effect."""

import asyncio
import json

import pytest
import stripe

from store.sandbox.stripe.api import handle
from store.sandbox.stripe.keys import SECRET_KEY
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_parameters import SESSION, SESSIONS


def test_same_answer_comes_back_when_the_key_is_used_again(api: Api) -> None:
    _, first_headers, first = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")
    api.v1.checkout.sessions.expire(first["id"])

    status, headers, again = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    assert (status, again) == (200, first)
    assert headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first_headers
    assert len(api.world.find(None, "checkout.session")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"line_items[0][price_data][unit_amount]": "1001"},
        {"success_url": None},
        {"client_reference_id": "OP-7K3M9"},
        {"expand[0]": "line_items"},
    ],
)
def test_key_is_refused_when_one_parameter_differs(api: Api, change: dict[str, str | None]) -> None:
    api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")
    other = {name: value for name, value in (SESSION | change).items() if value is not None}

    status, headers, answer = api.raw("POST", SESSIONS, other, idempotency_key="k1")

    assert (status, answer["error"]["type"]) == (400, "idempotency_error")
    assert "Idempotent-Replayed" not in headers
    assert len(api.world.find(None, "checkout.session")) == 1


def test_key_is_refused_when_the_address_differs(api: Api) -> None:
    first, second = (api.v1.customers.create({"name": "Ada"}).id for _ in range(2))
    api.raw("POST", f"/v1/customers/{first}", {"name": "Vera"}, idempotency_key="k1")

    status, _, answer = api.raw("POST", f"/v1/customers/{second}", {"name": "Vera"}, idempotency_key="k1")

    assert (status, answer["error"]["type"]) == (400, "idempotency_error")
    assert api.v1.customers.retrieve(second).name == "Ada"


def test_client_raises_its_own_error_when_a_key_is_used_for_something_else(api: Api) -> None:
    api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    with pytest.raises(stripe.IdempotencyError) as caught:
        api.v1.customers.create({"email": "ada@example.com"}, {"idempotency_key": "k1"})

    assert caught.value.http_status == 400
    assert str(caught.value.user_message).startswith("Keys for idempotent requests can only be used with the same")


def test_key_is_good_when_the_fields_come_in_another_order(api: Api) -> None:
    _, _, first = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    _, _, again = api.raw("POST", SESSIONS, dict(reversed(SESSION.items())), idempotency_key="k1")

    assert again["id"] == first["id"]


def test_refusal_is_not_kept_when_validation_failed(api: Api) -> None:
    status, _, _ = api.raw("POST", SESSIONS, {**SESSION, "mode": "sometimes"}, idempotency_key="k1")

    good, headers, _ = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    assert (status, good) == (400, 200)
    assert "Idempotent-Replayed" not in headers


def test_refusal_is_kept_when_execution_had_begun(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id)
    first, _, _ = api.raw("POST", f"{SESSIONS}/{session.id}/expire", idempotency_key="k1")

    status, headers, _ = api.raw("POST", f"{SESSIONS}/{session.id}/expire", idempotency_key="k1")

    assert (first, status) == (400, 400)
    assert headers["Idempotent-Replayed"] == "true"


def test_frozen_body_is_replayed_when_its_expiry_has_come_near(api: Api) -> None:
    body = SESSION | {"expires_at": str(api.world.clock.now() + 45 * 60)}
    _, _, first = api.raw("POST", SESSIONS, body, idempotency_key="k1")
    api.advance(20 * 60)

    status, _, again = api.raw("POST", SESSIONS, body, idempotency_key="k1")

    assert (status, again["id"]) == (200, first["id"])


def test_key_is_known_when_a_day_has_nearly_passed(api: Api) -> None:
    _, _, first = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")
    api.advance(24 * 3600 - 60)

    _, headers, again = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")

    assert (again["id"], headers["Idempotent-Replayed"]) == (first["id"], "true")
    assert len(api.world.find(None, "customer")) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/v1/customers", "name=Ada", 200), ("/v1/customers", "colour=red", 400), ("/v1/socks", "", 404)],
)
def test_key_is_echoed_when_a_write_is_answered_or_refused(api: Api, path: str, body: str, status: int) -> None:
    first, headers, _ = api.raw("POST", path, body, idempotency_key="k1")
    again, replayed, _ = api.raw("POST", path, body, idempotency_key="k1")

    assert first == again == status
    assert headers["Idempotency-Key"] == replayed["Idempotency-Key"] == "k1"


def test_key_is_not_echoed_when_none_was_sent_or_a_read_has_none(api: Api) -> None:
    _, unnamed, _ = api.raw("POST", "/v1/customers", {"name": "Ada"})
    _, read, _ = api.raw("GET", "/v1/customers", idempotency_key="k1")

    assert "Idempotency-Key" not in {*unnamed, *read}


def test_key_is_forgotten_when_a_day_has_passed(api: Api) -> None:
    _, _, first = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")
    api.advance(24 * 3600 + 1)

    _, headers, second = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    assert second["id"] != first["id"]
    assert "Idempotent-Replayed" not in headers


def test_key_is_free_when_another_account_used_it(api: Api) -> None:
    vendor = api.vendor()
    _, _, first = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1")

    _, _, second = api.raw("POST", SESSIONS, SESSION, idempotency_key="k1", stripe_account=vendor.id)

    assert first["id"] != second["id"]


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_key_is_refused_when_its_length_is_wrong(api: Api, key: str) -> None:
    status, _, _ = api.raw("POST", SESSIONS, SESSION, idempotency_key=key)

    assert status == 400


async def test_second_request_conflicts_when_the_first_is_running(api: Api) -> None:
    gate, reached = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await gate.wait()

    headers = {"authorization": f"Bearer {SECRET_KEY}", "idempotency-key": "k1", "host": "127.0.0.1:8001"}
    first = asyncio.ensure_future(handle(api.worlds, "POST", "/v1/customers", headers, b"", b"name=Ada", hold=hold))
    await reached.wait()

    status, answer, body = await handle(api.worlds, "POST", "/v1/customers", headers, b"", b"name=Ada")
    gate.set()
    done, _, _ = await first

    assert (status, done) == (409, 200)
    assert answer["Stripe-Should-Retry"] == "true"
    assert json.loads(body)["error"]["code"] == "idempotency_key_in_use"
    assert len(api.world.find(None, "customer")) == 1


def test_failure_is_kept_when_the_sandbox_broke_down(api: Api) -> None:
    def fail(account: str, event: object) -> None:
        raise ZeroDivisionError

    api.world.on_event.append(fail)
    status, headers, answer = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")
    api.world.on_event.remove(fail)

    again, replayed, _ = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")

    assert (status, answer["error"]["type"], headers["Stripe-Should-Retry"]) == (500, "api_error", "true")
    assert (again, replayed["Idempotent-Replayed"]) == (500, "true")
    assert len(api.world.find(None, "customer")) == 1


def test_answer_is_kept_with_the_effect_when_the_process_dies_right_after(api: Api) -> None:
    class Died(BaseException):
        """Not an error that the sandbox could answer: the process is gone."""

    def die(account: str, event: object) -> None:
        raise Died

    api.world.on_event.append(die)
    with pytest.raises(Died):
        api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")
    api.world.on_event.remove(die)

    status, headers, _ = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k1")

    assert (status, headers["Idempotent-Replayed"]) == (200, "true")
    assert len(api.world.find(None, "customer")) == 1
