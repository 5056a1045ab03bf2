"""Each key is a platform of its own, made at first use."""

from pathlib import Path
from typing import Any

import pytest
import stripe

from store.sandbox.clock import Clock
from store.sandbox.kernel.worlds import Worlds
from tests.sandbox.api.conftest import BASE, EXPRESS, Api


def client(api: Api, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses=dict.fromkeys(("api", "connect", "files", "meter_events"), BASE),
        http_client=api.transport,
    )


def about(api: Api, key: str) -> tuple[str, str, str]:
    account = client(api, key).v1.accounts.retrieve_current()
    return account.id, str(account.country), str(account.default_currency)


@pytest.mark.parametrize(
    ("key", "home"),
    [
        ("sk_test_anything", ("US", "usd")),
        ("sk_test_de_shop", ("DE", "eur")),
        ("sk_test_jp_shop", ("JP", "jpy")),
        ("sk_test_demo", ("US", "usd")),
    ],
)
def test_platform_is_made_when_its_key_is_used_first(api: Api, key: str, home: tuple[str, str]) -> None:
    id, *found = about(api, key)

    assert tuple(found) == home
    assert about(api, key)[0] == id
    assert id != api.world.platform


def test_platform_charges_in_its_own_currency_when_it_is_in_germany(api: Api) -> None:
    germany = client(api, "sk_test_de_shop")

    germany.v1.payment_intents.create(
        {"amount": 2000, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa"}
    )

    assert {row.currency for row in germany.v1.balance.retrieve().pending} == {"eur"}


def test_object_is_missing_when_another_platform_made_it(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})

    with pytest.raises(stripe.InvalidRequestError) as caught:
        client(api, "sk_test_other").v1.customers.retrieve(customer.id)

    assert caught.value.http_status == 404


def test_account_is_refused_when_another_platform_connected_it(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    with pytest.raises(stripe.PermissionError) as caught:
        client(api, "sk_test_other").v1.balance.retrieve(options={"stripe_account": vendor.id})

    assert (caught.value.http_status, caught.value.json_body["error"]["code"]) == (403, "account_invalid")


def test_idempotency_key_is_free_when_another_platform_used_it(api: Api) -> None:
    first = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})

    second = client(api, "sk_test_other").v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})

    assert first.id != second.id


def test_keys_of_one_name_share_a_platform(api: Api) -> None:
    secret = about(api, "sk_test_mine")

    assert about(api, "rk_test_mine") == secret
    assert about(api, "rk_test_read_mine") == secret


def test_platform_is_there_again_when_the_sandbox_starts_anew(api: Api) -> None:
    before = about(api, "sk_test_de_shop")
    customer = client(api, "sk_test_de_shop").v1.customers.create({"name": "Ada"})

    again = api.reopen()
    try:
        assert [world.home for world in again.worlds] == ["US", "DE"]
        assert about(again, "sk_test_de_shop") == before
        assert client(again, "sk_test_de_shop").v1.customers.retrieve(customer.id).name == "Ada"
    finally:
        again.worlds.close()
    api.worlds = Worlds(api.folder, Clock(api.folder / "clock"))


def test_what_is_due_happens_in_every_world_when_time_passes(api: Api) -> None:
    other = client(api, "sk_test_other")
    session = other.v1.checkout.sessions.create(SESSION)

    api.advance(24 * 3600 + 1)

    world = api.worlds.find_holder(session.id)
    assert world is not None
    assert world.get(world.platform, "checkout.session", session.id)["status"] == "expired"


def test_listener_hears_the_world_of_an_event(api: Api) -> None:
    heard: list[tuple[str, str]] = []
    api.worlds.listeners.append(lambda world, account, event: heard.append((world.platform, event["type"])))

    client(api, "sk_test_other").v1.customers.create({"name": "Ada"})

    assert heard == [(about(api, "sk_test_other")[0], "customer.created")]


def test_one_world_s_failure_leaves_the_others_their_turn(api: Api) -> None:
    for key in ("sk_test_one", "sk_test_two"):
        client(api, key).v1.checkout.sessions.create(SESSION)
    broken = next(iter(api.worlds))
    broken.schedule(0, "no.such.job", broken.platform, "x")

    with pytest.raises(KeyError):
        api.advance(24 * 3600 + 1)

    sessions = [session for world in api.worlds for session in world.find(None, "checkout.session")]
    assert [session["status"] for session in sessions] == ["expired", "expired"]


def test_world_is_emptied_with_its_seed_when_all_is_asked(api: Api) -> None:
    api.v1.products.create({"name": "Print"})
    api.worlds.mark_seeded()

    api.worlds.empty()
    api.worlds.reset()

    assert api.v1.products.list().data == []


def test_platform_is_refused_in_words_when_there_are_too_many(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path, Clock(tmp_path / "clock"), most=3)
    try:
        for number in range(2):
            worlds.find(f"shop{number}")
        with pytest.raises(Exception, match="already has 3 platforms"):
            worlds.find("onemore")
        assert worlds.find("shop1") is worlds.find("shop1")
    finally:
        worlds.close()


SESSION: Any = {
    "mode": "payment",
    "success_url": "http://localhost:8000/done",
    "line_items": [
        {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Print"}}}
    ],
}
