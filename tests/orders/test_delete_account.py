"""An account ends: name, address and mails go, orders and ledger stay; what is unfinished keeps its address so long."""

from __future__ import annotations

import asyncio
import contextvars
from datetime import timedelta

import asyncpg
import pytest

from store.accounts.service import lock_person
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.kit.errors import NotFound
from store.orders.service import erase_orders, ship_part
from store.vendors.service import ShopProfile, open_shop
from tests.facts import one, the_order, value
from tests.guards import unguarded
from tests.locks import wait_for_waiting
from tests.payments.buying import MUG
from tests.people import is_in, link_for, make_person, sign_in, sign_in_as, sign_up, subjects
from tests.shelves import read_words
from tests.world import ADA, World, rows

GONE = ("email", "full_name", "address_line1", "address_line2", "city", "region", "postcode")
TELLING = ("Analytical", "ada@example.com", "Ada Buyer", "N1 9GU")


async def send_everything() -> None:
    for part in await rows("SELECT id, vendor FROM vendor_order"):
        await ship_part(part["vendor"], part["id"], carrier="Post", tracking="1")


async def test_name_and_address_go_and_orders_and_ledger_stay(world: World) -> None:
    ada, elsewhere = world.browser(), world.browser()
    await sign_in_as(ada, "ada")
    await sign_in_as(elsewhere, "ada")
    path = await ada.buy(MUG)
    await world.settle()
    await send_everything()
    await world.settle()
    before, ledger = await the_order(), await rows("SELECT * FROM ledger_entry ORDER BY id")

    answer = await ada.post("/account/delete")

    after = await the_order()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert [after[name] for name in GONE] == [""] * len(GONE)
    kept = {name for name in before if before[name] == after[name]}
    assert set(before) - kept == {name for name in GONE if before[name]} | {"version"}
    assert await rows("SELECT * FROM ledger_entry ORDER BY id") == ledger
    assert not await is_in(ada)
    assert not await is_in(elsewhere)
    assert "Your account is deleted." in read_words(await ada.get("/"))
    for table in ("person", "session", "orders", "order_line", "order_event", "mail_message", "link"):
        told = repr(await rows(f"SELECT * FROM {table}"))
        assert [word for word in TELLING if word in told] == [], table
    shown = await ada.get(path)
    assert shown.status_code == 200
    assert "Name and address went with the account" in read_words(shown)


async def test_address_stays_until_the_order_is_sent(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    await world.settle()
    number = (await the_order())["number"]

    asked = read_words(await ada.get("/account/delete"))
    await ada.post("/account/delete")
    kept = (await the_order())["full_name"]
    await send_everything()
    await world.settle()
    erased = await erase_orders()

    assert f"{number} is not finished" in asked
    assert (kept, erased) == (ADA["full_name"], 1)
    assert (await the_order())["full_name"] == ""
    assert await erase_orders() == 0


async def test_order_that_was_never_paid_keeps_its_address_until_no_late_payment_can_come(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.add(MUG)
    await ada.check_out()
    order = await the_order()
    await ada.post(f"/orders/{order['token']}/cancel")
    assert (await the_order())["payment_state"] == "canceled"
    await ada.post("/account/delete")

    soon = await erase_orders()
    await world.advance(int(timedelta(days=1, hours=1).total_seconds()))
    later = await erase_orders()

    assert (soon, later) == (0, 1)


async def test_guest_orders_go_too_when_the_address_was_proved(world: World) -> None:
    guest, ada = world.browser(), world.browser()
    await guest.buy(MUG)
    await world.settle()
    await send_everything()
    await world.settle()
    await sign_in_as(ada, "ada")

    await ada.post("/account/delete")

    assert (await the_order())["full_name"] == ""


async def test_orders_of_an_address_stay_when_it_was_never_proved(world: World) -> None:
    guest, otto = world.browser(), world.browser()
    await guest.add(MUG)
    await guest.check_out(email="ada.new@example.com")
    await sign_up(otto, "ada.new@example.com")

    await otto.post("/account/delete")

    order = await the_order()
    assert (order["email"], order["person"]) == ("ada.new@example.com", None)


async def test_address_is_free_again_when_its_account_is_deleted(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, "ada.new@example.com")
    path = await link_for(world, "ada.new@example.com")
    await ada.post("/account/delete")

    again = world.browser()
    signed_in = await sign_in(again, "ada.new@example.com")
    signed_up = await sign_up(again, "ada.new@example.com", "another long one")

    assert (signed_in.status_code, signed_up.status_code) == (422, 303)
    assert (await again.get(path)).status_code == 404


async def test_open_invitation_ends_with_the_account_it_was_for(world: World) -> None:
    vera, otto = world.browser(), world.browser()
    await sign_in_as(vera, "vera")
    await vera.post("/sell/team", email="otto@example.com", role="staff")
    await world.worker.send_mail()
    await sign_in_as(otto, "otto")

    await otto.post("/account/delete")

    (offer,) = await rows("SELECT email, email_key, token_hash, withdrawn_at IS NULL AS open FROM invitation")
    assert offer == {"email": "", "email_key": "", "token_hash": None, "open": False}


async def test_nobody_is_written_to_when_no_answer_could_come(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    path = await ada.buy(MUG)
    await world.settle()
    await send_everything()
    await world.settle()
    form = {"form_id": "one-form-id", "about": "question", "message": "When?"}
    part = await one("SELECT id FROM vendor_order")
    await ada.post("/account/delete")

    shown, sent = await ada.get(f"{path}/ask"), await ada.post(f"{path}/ask", **form, seller=str(part["id"]))

    assert "no answer could reach you" in shown.text
    assert "<textarea" not in shown.text
    assert sent.status_code == 409
    assert await value("SELECT count(*) FROM order_message") == 0


async def test_offer_stands_when_who_never_proved_its_address_deletes_an_account(world: World) -> None:
    vera, stranger = world.browser(), world.browser()
    await sign_in_as(vera, "vera")
    await vera.post("/sell/team", email="ada.new@example.com", role="staff")
    await sign_up(stranger, "ada.new@example.com")

    await stranger.post("/account/delete")
    await world.worker.send_mail()

    assert await rows("SELECT email, withdrawn_at FROM invitation") == [
        {"email": "ada.new@example.com", "withdrawn_at": None}
    ]
    assert await value("SELECT count(*) FROM mail_message WHERE kind = 'invited' AND recipient <> ''") == 1


async def test_no_shop_is_left_to_nobody_when_it_is_opened_while_its_account_is_deleted(world: World) -> None:
    """Whoever locks the person first is first: the other one sees what it did."""
    ada = world.browser()
    await sign_in_as(ada, "ada")
    person = await one("SELECT id FROM person WHERE email = 'ada@example.com'")

    async with transaction():
        await lock_person(person["id"])
        deleting = asyncio.create_task(ada.post("/account/delete"), context=contextvars.Context())
        # A transaction would see the same waiting ones again and again.
        await asyncio.create_task(wait_for_waiting(deleting), context=contextvars.Context())
        await open_shop(person["id"], "ada@example.com", ShopProfile("Teapot Works", "", "US"), "US")
    answer = await deleting

    assert answer.status_code == 409
    assert await value("SELECT count(*) FROM person WHERE deleted_at IS NOT NULL") == 0


async def test_no_shop_is_opened_when_its_account_was_deleted_meanwhile(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    person = await one("SELECT id FROM person WHERE email = 'ada@example.com'")
    await ada.post("/account/delete")

    with pytest.raises(NotFound):
        await open_shop(person["id"], "ada@example.com", ShopProfile("Teapot Works", "", "US"), "US")

    assert await value("SELECT count(*) FROM vendor WHERE name = 'Teapot Works'") == 0


async def test_mail_to_a_shop_is_not_sent_to_an_owner_who_has_gone(world: World) -> None:
    otto = world.browser()
    await seat("otto", "owner")
    await sign_in_as(otto, "otto")
    paid = await world.pay(await placed(world))
    await world.browser().get(paid.headers["location"].partition("8000")[2])
    waiting = "SELECT recipient FROM mail_message WHERE kind = 'sold' AND state = 'waiting' ORDER BY recipient"
    assert [row["recipient"] for row in await rows(waiting)] == ["otto@example.com", "vera@example.com"]

    await otto.post("/account/delete")

    assert [row["recipient"] for row in await rows(waiting)] == ["vera@example.com"]
    assert await subjects(world, "otto@example.com") == []


async def placed(world: World) -> str:
    """The address of Ada's payment page."""
    ada = world.browser()
    await ada.add(MUG)
    return await ada.check_out()


async def seat(key: str, role: str) -> None:
    await fetch(
        "INSERT INTO membership (id, person, vendor, role) SELECT gen_random_uuid(), person.id, vendor.id, $2"
        " FROM person, vendor WHERE person.email = $1 AND slug = 'kiln-co'",
        f"{key}@example.com",
        role,
    )


async def test_owner_stays_while_the_shop_is_open_and_goes_when_it_is_closed(world: World) -> None:
    vera, otto = world.browser(), world.browser()
    await seat("otto", "staff")
    await sign_in_as(vera, "vera")
    await sign_in_as(otto, "otto")

    refused = await vera.post("/account/delete")
    await fetch("UPDATE vendor SET closed_at = now(), paused = true WHERE slug = 'kiln-co'")
    done = await vera.post("/account/delete")

    assert refused.status_code == 409
    assert "Kiln & Co is yours and still open." in read_words(refused)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert await rows("SELECT 1 FROM membership") == []
    assert not await is_in(otto)
    assert await fetch_value("SELECT count(*) FROM vendor WHERE slug = 'kiln-co'") == 1


@pytest.mark.parametrize("role", ["staff", "owner"])
async def test_place_is_free_when_somebody_goes_whom_the_shop_does_not_need(world: World, role: str) -> None:
    otto = world.browser()
    await seat("otto", role)
    await sign_in_as(otto, "otto")

    await otto.post("/account/delete")

    left = await rows("SELECT email, role FROM membership JOIN person ON person.id = person")
    assert left == [{"email": "vera@example.com", "role": "owner"}]


async def test_person_is_asked_to_sign_in_again_when_that_was_long_ago(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await fetch("UPDATE session SET signed_in_at = $1", clock.wall() - timedelta(hours=1))

    for method in ("GET", "POST"):
        answer = await ada.client.request(method, "/account/delete")
        assert answer.headers["location"].startswith("/account/signin?next=")
    assert await fetch_value("SELECT count(*) FROM person WHERE deleted_at IS NOT NULL") == 0


@pytest.mark.parametrize(
    "change",
    [
        "full_name = 'Otto'",
        "full_name = ''",
        "email = '', full_name = '', address_line1 = '', address_line2 = '', city = '', region = '', postcode = ''",
    ],
)
async def test_database_refuses_to_erase_when_no_account_was_deleted(world: World, change: str) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.add(MUG)
    await ada.check_out()

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(f"UPDATE orders SET {change}")
    async with unguarded("ALTER TABLE orders DISABLE TRIGGER orders_frozen"):
        await fetch(f"UPDATE orders SET {change}")


async def test_database_refuses_anything_but_a_whole_erasure_when_the_account_is_deleted(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    await ada.post("/account/delete")

    for change in ("full_name = ''", "full_name = 'Otto', email = ''", "number = 'OP-00000'", "descriptor = ''"):
        with pytest.raises(asyncpg.RaiseError, match="is frozen"):
            await fetch(f"UPDATE orders SET {change}")


async def test_code_of_an_order_is_frozen_too(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.post("/cart/promotion", code="WELCOME10")
    await ada.check_out()
    change = "UPDATE orders SET promo_code = 'OTHER'"
    assert (await the_order())["promo_code"] == "WELCOME10"

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(change)
    async with unguarded("ALTER TABLE orders DISABLE TRIGGER orders_frozen"):
        await fetch(change)


@pytest.mark.parametrize("change", ["password_hash = 'x'", "operator = true", "email = 'a@b.example', email_key = 'a'"])
async def test_database_refuses_a_deleted_person_with_a_right(db: str, change: str) -> None:
    person = await make_person("ada@example.com")
    gone = "UPDATE person SET email = NULL, email_key = NULL, password_hash = '', operator = false, deleted_at = now()"
    await fetch(gone)

    with pytest.raises(asyncpg.CheckViolationError):
        await fetch(f"UPDATE person SET {change} WHERE id = $1", person)
    async with unguarded("ALTER TABLE person DROP CONSTRAINT person_is_gone"):
        await fetch(f"UPDATE person SET {change} WHERE id = $1", person)


async def test_database_refuses_a_session_that_is_half_signed_in(db: str) -> None:
    person = await make_person("ada@example.com")
    bad = "INSERT INTO session (id, expires_at, person) VALUES ('x', now(), $1)"

    with pytest.raises(asyncpg.CheckViolationError):
        await fetch(bad, person)
    async with unguarded("ALTER TABLE session DROP CONSTRAINT session_of_somebody"):
        await fetch(bad, person)


async def test_database_refuses_a_second_person_with_the_same_address(db: str) -> None:
    await make_person("ada@example.com")
    second = (
        "INSERT INTO person (id, email, email_key) VALUES (gen_random_uuid(), 'ADA@example.com', 'ada@example.com')"
    )

    with pytest.raises(asyncpg.UniqueViolationError):
        await fetch(second)
    name = (await one("SELECT conname FROM pg_constraint WHERE conrelid = 'person'::regclass AND contype = 'u'"))[
        "conname"
    ]
    async with unguarded(f'ALTER TABLE person DROP CONSTRAINT "{name}"'):
        await fetch(second)


async def test_order_is_erased_once_its_waiting_mail_was_sent(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    await world.settle()
    await send_everything()
    await ada.post("/account/delete")

    kept = (await the_order())["full_name"]
    await world.worker.send_mail()

    assert kept == ADA["full_name"]
    assert await erase_orders() == 1
