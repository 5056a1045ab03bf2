"""`/sell/payouts`: each share where it stands, with the day, the reason, and what its seller can do about it."""

from __future__ import annotations

import pytest

from store.dashboard.queries import payouts as queries
from store.gateways.payouts import ItemStatus
from store.gateways.port import TransferHeld, Unavailable
from store.gateways.transfers import Hold
from tests.facts import one
from tests.look.markup import Outline
from tests.payments.buying import MUG, NOTEBOOK
from tests.payouts.paying_out import (
    add_paypal,
    become,
    buy_by_paypal,
    give_address,
    pay_out,
    payouts,
    refund_there,
)
from tests.people import sign_in_as
from tests.shelves import count_statements, read_words
from tests.stall import Stall
from tests.world import rows

PAGE = "/sell/payouts"


async def look(stall: Stall, path: str = PAGE) -> str:
    """The page as Vera reads it, in one line of words."""
    vera = stall.browser()
    await sign_in_as(vera, "vera")
    answer = await vera.get(path)
    assert answer.status_code == 200, answer.text
    return read_words(answer)


async def test_new_shop_reads_what_will_stand_here_and_what_is_missing(stall: Stall) -> None:
    page = await look(stall)

    assert "Nothing was paid by PayPal yet" in page
    assert "Tell us where to send it." in page
    for heading in ("Goes out on", "Sent on", "Paid on", "What to do"):
        assert heading not in page


async def test_share_is_shown_where_it_stands_from_its_payment_to_its_arrival(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)

    payable = await look(stall)
    (sent,) = await pay_out(stall)
    on_the_way = await look(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    paid = await look(stall)

    amount = f"${sent['amount'] / 100:.2f}"
    for page, heading, column in (
        (payable, "Payable", "Goes out on"),
        (on_the_way, "On the way", "Sent on"),
        (paid, "Paid", "Paid on"),
    ):
        assert f"{heading} Order {column} To Share OP-" in page
        assert f"kiln@paypal.example {amount}" in page
        assert "Stuck" not in page


async def test_what_is_stuck_says_why_and_what_to_do(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await buy_by_paypal(stall)
    await pay_out(stall)

    no_address = await look(stall)
    await give_address()
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]
    await pay_out(stall, days=1)
    no_balance = await look(stall)
    (sent,) = await pay_out(stall, days=1)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)
    unclaimed = await look(stall)

    assert "no verified PayPal address to send it to. What to do: Confirm your PayPal address; it goes" in no_address
    assert "balance does not cover it yet. It goes out by itself when it does. What to do:" in no_balance
    assert "there is no PayPal account with this address. What to do: Open a PayPal account" in unclaimed


@pytest.mark.parametrize(
    ("hold", "why", "home"),
    [
        (Hold.ACCOUNT, "cannot receive it. What to do: Confirm another PayPal address", "could not be paid out"),
        (Hold.BALANCE, "goes out by itself when it does. What to do: There is nothing", "1 share of PayPal sales is"),
    ],
)
async def test_refused_share_is_stuck_while_nobody_knows_what_became_of_the_try_before(
    stall: Stall, hold: Hold, why: str, home: str
) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.refusals = [Unavailable("timed out"), TransferHeld(hold, "REFUSED")]
    (unknown,) = await pay_out(stall)
    on_the_way = await look(stall)

    stall.advance(3600)
    await stall.worker.drain(sweep=True)
    stuck = await look(stall)

    assert [row["state"] for row in (unknown, *await payouts())] == ["intended", "intended"]
    assert "Sent on" in on_the_way
    assert "Stuck" not in on_the_way
    assert why in stuck
    assert "On the way $0.00" in stuck
    assert "Sent on" not in stuck
    assert home in await look(stall, "/sell/home")


async def test_refused_address_is_named_until_another_is_confirmed(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("old@paypal.example")
    await buy_by_paypal(stall)
    paypal.refusals = [TransferHeld(Hold.ACCOUNT, "RECEIVER_UNREGISTERED")]
    await pay_out(stall)

    refused = await look(stall)
    stall.advance(60)
    await give_address("new@paypal.example")
    renewed = await look(stall)

    assert "old@paypal.example The PayPal account with this address cannot receive it." in refused
    assert "What to do: Confirm another PayPal address, or this one again once its account" in refused
    assert "What to do: There is nothing you have to do. It goes to the address that you have confirmed" in renewed
    assert "Confirm another" not in renewed


async def test_shares_that_wait_for_the_same_are_one_panel_with_their_sum_and_the_way_to_the_address(
    stall: Stall,
) -> None:
    paypal = add_paypal(stall)
    await give_address()
    for n in range(3):
        await buy_by_paypal(stall, form_id=f"form-000{n}")
    sent = await pay_out(stall)
    for row in sent[:2]:
        await become(stall, paypal, row["id"], ItemStatus.UNCLAIMED)
    await become(stall, paypal, sent[2]["id"], ItemStatus.BLOCKED)
    vera = stall.browser()
    await sign_in_as(vera, "vera")

    answer = await vera.get(PAGE)

    page = read_words(answer)
    assert page.count("Nobody has taken it yet") == 1
    assert f"2 orders ${(sent[0]['amount'] + sent[1]['amount']) / 100:.2f}" in page
    assert page.count("PayPal has blocked it.") == 1
    assert answer.text.count('href="#address"') == 1
    assert answer.text.index('class="panel"') < answer.text.index('id="address"')
    assert Outline(answer.text).find_problems() == []


async def test_form_for_the_address_stands_above_the_shares_while_there_is_none(stall: Stall) -> None:
    add_paypal(stall)
    await buy_by_paypal(stall)
    await pay_out(stall)
    vera = stall.browser()
    await sign_in_as(vera, "vera")

    answer = await vera.get(PAGE)

    assert answer.text.index('id="address"') < answer.text.index('id="stuck"')
    assert answer.text.count('id="address"') == 1


async def test_sums_say_what_is_payable_on_its_way_and_paid(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    await buy_by_paypal(stall, form_id="form-0002")
    (sent, on_its_way) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    await buy_by_paypal(stall, NOTEBOOK, MUG, form_id="form-0003")
    planned = "SELECT sum(amount)::int AS sum FROM payout WHERE state = 'planned' AND vendor = $1"
    payable = (await one(planned, sent["vendor"]))["sum"]

    page = await look(stall)

    amounts = [f"${cents / 100:.2f}" for cents in (payable, on_its_way["amount"], sent["amount"])]
    assert "Payable {} On the way {} Paid {} ".format(*amounts) in page


async def test_sum_of_what_is_stuck_stands_beside_the_others(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    await buy_by_paypal(stall, form_id="form-0002")
    for sent in await pay_out(stall):
        await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)

    page = await look(stall)

    assert f"Payable $0.00 On the way $0.00 Paid $0.00 Stuck ${2 * sent['amount'] / 100:.2f} " in page


@pytest.mark.parametrize("item", [ItemStatus.ON_HOLD, ItemStatus.BLOCKED, ItemStatus.UNKNOWN])
async def test_held_share_tells_its_seller_that_we_look_into_it(stall: Stall, item: ItemStatus) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    await become(stall, paypal, sent["id"], item)

    page = await look(stall)
    assert "Stuck" in page
    assert "What to do: There is nothing you have to do." in page


async def test_share_paid_anew_is_shown_once(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    await become(stall, paypal, sent["id"], ItemStatus.FAILED, hold=Hold.OTHER, reason="TRANSACTION_DECLINED")

    page = await look(stall)
    assert page.count("OP-") == 1
    assert "PayPal did not send it: TRANSACTION_DECLINED" in page


async def test_debt_is_told_until_it_is_paid(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    await refund_there(capture, capture["amount"])

    owed = await look(stall)
    await buy_by_paypal(stall, form_id="form-0002")
    await pay_out(stall)
    netted = await look(stall)

    assert f"Buyers got back ${sent['amount'] / 100:.2f} that had been paid out to you already." in owed
    assert "Buyers got back" not in netted
    assert "Overprint, for refunds" in netted


async def test_nothing_of_other_sellers_is_shown(stall: Stall) -> None:
    add_paypal(stall)
    await give_address("north@paypal.example", NOTEBOOK)
    await buy_by_paypal(stall, NOTEBOOK)
    await pay_out(stall)

    page = await look(stall)

    assert "Nothing was paid by PayPal yet" in page
    assert "OP-" not in page
    assert "north@paypal.example" not in page


PAID_OUT, UNCLAIMED = "Paid out to your PayPal account", "Sent to your PayPal address, not claimed yet"


async def test_statement_says_paid_out_when_it_is_and_what_was_sent_and_came_back(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall, MUG)
    vera = stall.browser()
    await sign_in_as(vera, "vera")
    (sent,) = await pay_out(stall)
    pages = [read_words(await vera.get("/sell/statement"))]
    for item in (ItemStatus.UNCLAIMED, ItemStatus.SUCCESS, ItemStatus.REFUNDED):
        await become(stall, paypal, sent["id"], item)
        pages.append(read_words(await vera.get("/sell/statement")))

    on_its_way, unclaimed, paid, back = pages
    assert "Sale, after Overprint’s fee, OP-" in on_its_way
    assert "Paid out" not in on_its_way
    assert f"{UNCLAIMED}, OP-" in unclaimed
    assert PAID_OUT not in unclaimed
    assert f"{PAID_OUT}, OP-" in paid
    assert "Payout that came back from PayPal, OP-" in back
    assert "Sent to your PayPal address, OP-" in back
    assert PAID_OUT not in back


async def test_order_says_where_its_share_is(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall, MUG)
    part = (await payouts())[0]["vendor_order"]
    vera = stall.browser()
    await sign_in_as(vera, "vera")

    pages = [read_words(await vera.get(f"/sell/orders/{part}"))]
    (sent,) = await pay_out(stall)
    for item in (ItemStatus.UNCLAIMED, ItemStatus.SUCCESS, ItemStatus.REFUNDED):
        await become(stall, paypal, sent["id"], item)
        pages.append(read_words(await vera.get(f"/sell/orders/{part}")))

    before, unclaimed, paid, back = pages
    amount = f"${sent['amount'] / 100:.2f}"
    assert "Goes out on" in before
    assert "Nobody has taken it yet" in unclaimed
    assert "From this order" not in before + unclaimed
    assert f"{PAID_OUT} {amount} From this order {amount}" in paid
    assert f"Sent to your PayPal address {amount} Came back from PayPal −{amount}" in back
    assert PAID_OUT not in before + unclaimed + back


async def test_home_says_in_one_line_what_shares_wait_for_and_nothing_when_none_does(stall: Stall) -> None:
    paypal = add_paypal(stall)
    vera = stall.browser()
    await sign_in_as(vera, "vera")

    async def read() -> str:
        page = await vera.get("/sell/home")
        assert Outline(page.text).find_problems() == []
        assert page.text.count('href="/sell/payouts"') == (2 if "of PayPal sales" in page.text else 1)
        return read_words(page)

    assert "of PayPal sales" not in await read()
    await buy_by_paypal(stall)
    missing = "1 share of PayPal sales cannot be paid out: no PayPal address of yours is confirmed."
    assert missing in await read()
    await pay_out(stall)
    assert missing in await read()
    await give_address()
    await buy_by_paypal(stall, form_id="form-0002")
    assert "1 share of PayPal sales could not be paid out to your PayPal address. See what to do" in await read()
    (sent, _) = await pay_out(stall, days=1)
    assert "1 share of PayPal sales goes to your PayPal account. See when" in await read()
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)
    assert "1 share of PayPal sales could not be paid out to your PayPal address." in await read()
    await become(stall, paypal, sent["id"], ItemStatus.ON_HOLD)
    assert "1 share of PayPal sales is stuck. See why" in await read()
    for row in await pay_out(stall):
        await become(stall, paypal, row["id"], ItemStatus.SUCCESS)
    assert "of PayPal sales" not in await read()


async def test_page_reads_well_without_anything_but_html(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    for n in range(3):
        await buy_by_paypal(stall, form_id=f"form-000{n}")
    sent = await pay_out(stall)
    await become(stall, paypal, sent[0]["id"], ItemStatus.SUCCESS)
    await become(stall, paypal, sent[1]["id"], ItemStatus.BLOCKED)
    vera = stall.browser()
    await sign_in_as(vera, "vera")

    answer = await vera.get(PAGE)

    assert Outline(answer.text).find_problems() == []
    assert 'action="/sell/payouts/address" method="post"' in answer.text


async def test_paid_shares_come_in_pages(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    paypal = add_paypal(stall)
    await give_address()
    for n in range(3):
        await buy_by_paypal(stall, form_id=f"form-000{n}")
    for row in await pay_out(stall):
        await become(stall, paypal, row["id"], ItemStatus.SUCCESS)
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    vendor = (await rows("SELECT id FROM vendor WHERE slug = 'kiln-co'"))[0]["id"]

    async with count_statements() as statements:
        first = await queries.read_payouts(vendor)
    second, beyond = await queries.read_payouts(vendor, 2), await queries.read_payouts(vendor, 9)

    assert (len(first.paid), len(second.paid), first.pages, beyond.page) == (2, 1, 2, 1)
    assert len(statements) <= 8
