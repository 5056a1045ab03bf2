"""The whole space of what Stripe may say of a session that carries our order's numbers: which of it confirms.

The documentation's table decides about mode, states, total and intent; a currency must be the order's, and only a
total of zero may have none.
"""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from store.gateways.port import Gateways, SnapshotStatus
from store.gateways.stripe.translate import payment_snapshot
from store.payments.service import sync_payment
from store.payments.service.judge import find_difference
from store.payments.states import Door
from tests.facts import assert_books_agree, one, path_of, the_payment
from tests.gateways.test_translate import CHARGE, INTENTS, MODES, PAID, STATES, read_table, says_table, session
from tests.payments.buying import RAILS
from tests.payments.test_judge import PAYMENT, Twisting
from tests.payments.test_page_codes import NOTHING_ASKED, open_page, redeem
from tests.world import World

CURRENCIES = ("usd", None, "eur")


def make_session(
    mode: str, state: str | None, paid: str | None, total: int | None, intent: str | None, currency: str | None
) -> dict[str, Any]:
    """A session of our order for 30.00 USD; a total of zero is one that a code of the page left."""
    made = {"id": "pi_1", "status": intent, "application_fee_amount": 240, "latest_charge": CHARGE}
    return session(
        mode=mode,
        status=state,
        payment_status=paid,
        amount_subtotal=3000,
        amount_total=total,
        total_details={"amount_discount": 3000 if total == 0 else 0, "amount_shipping": 0, "amount_tax": 0},
        currency=currency,
        payment_intent={**made, "transfer_data": {"destination": "acct_vera"}} if intent else None,
        client_reference_id=str(UUID(int=1)),
        metadata={"order_id": str(UUID(int=2))},
    )


def confirms(thing: dict[str, Any]) -> bool:
    """Whether a session makes our order paid."""
    snapshot = payment_snapshot(thing, "")
    difference = find_difference({**PAYMENT, "allows_codes": True}, snapshot, livemode=False)
    return snapshot.status == SnapshotStatus.SUCCEEDED and not difference


def test_session_confirms_as_documented_when_every_combination_comes() -> None:
    table, confirmed = read_table(), 0
    for point in product(MODES, STATES, PAID, (0, 3000, None), INTENTS, CURRENCIES):
        *known, total, intent, currency = point
        fits = currency == "usd" or (currency is None and total == 0)
        expected = says_table(table, (*known, total, intent)) == "succeeded" and total is not None and fits

        assert confirms(make_session(*point)) == expected, point
        confirmed += expected

    # `paid`: an intent in any state (6) or a total of zero without one; `no_payment_required`: only the latter.
    assert confirmed == 6 + (6 + 2) * 2


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("said", ["paid", "no_payment_required", "unpaid"])
def test_nothing_due_confirms_by_either_word_in_our_currency_or_none(said: str, currency: str | None) -> None:
    thing = make_session("payment", "complete", said, 0, None, currency)

    assert confirms(thing) == (said != "unpaid" and currency != "eur")


def test_amount_above_zero_does_not_confirm_when_it_has_no_currency() -> None:
    assert confirms(make_session("payment", "complete", "paid", 3000, "succeeded", "usd"))
    assert not confirms(make_session("payment", "complete", "paid", 3000, "succeeded", None))


@pytest.mark.parametrize("rail", RAILS)
async def test_order_is_paid_when_a_session_of_zero_names_no_currency(world: World, rail: str) -> None:
    ada, url = await open_page(world, RAILS[rail], percent="100")
    await redeem(world, url)
    await world.tell("webhooks", action="hold")
    assert (await world.console.post(url, data=NOTHING_ASKED)).status_code == 303
    payment = await the_payment()

    nameless = Gateways(Twisting(world.gateways.stripe, currency=""))
    assert await sync_payment(nameless, payment["id"], Door.SWEEP) == "succeeded"

    assert await ada.status(await path_of()) == "Paid"
    capture = await one("SELECT amount, currency FROM capture")
    assert capture == {"amount": 0, "currency": payment["currency"]}
    await assert_books_agree(world)
