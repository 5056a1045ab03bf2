"""One contract for every rail: what the shop relies on, run on the fake and on Stripe's own client at the sandbox."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from store.gateways.port import (
    AccountRequest,
    BadSignature,
    CheckoutItem,
    CheckoutRequest,
    GatewayBug,
    RefundOutcome,
    RefundRequest,
    SnapshotStatus,
    StripeRail,
)
from store.kit import clock
from store.kit.money import Money
from store.seed_data.load import read_vendors
from tests.gateways.fake import FakeGateway
from tests.signing import sign_headers
from tests.world import DECLINED, SANDBOX, World, build_world

ITEMS = (CheckoutItem("Mug", 2400, 1), CheckoutItem("Delivery", 600, 1))
NOBODY = "acct_nobody"


@dataclass
class Rail:
    """A gateway and the hands of buyer, bank and provider."""

    gateway: StripeRail
    direct: str
    destination: str
    pay: Callable[[str], Any]
    decline: Callable[[str], Any]
    settle: Callable[[], Any]
    sign: Callable[[], tuple[Any, bytes]]
    advance: Callable[[int], Any]

    def request(self, charge_type: str = "separate", **changes: Any) -> CheckoutRequest:
        """Thirty dollars for a mug, by this charge type."""
        account = {"direct": self.direct, "destination": self.destination}.get(charge_type, "")
        wanted = CheckoutRequest(
            payment_id=str(uuid4()),
            order_id=str(uuid4()),
            order_number="OP-TEST2",
            charge_type=charge_type,
            account_ref=account,
            currency="USD",
            total=3000,
            fee=240,
            items=ITEMS,
            email="ada@example.com",
            success_url="http://localhost:8000/payments/t/return?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="http://localhost:8000/orders/t",
            descriptor_suffix="OP-TEST2",
            expires_at=clock.now() + timedelta(minutes=45),
        )
        return replace(wanted, **changes)

    async def open(self, charge_type: str = "separate") -> tuple[CheckoutRequest, str, str]:
        """(request, reference, the account it lives on) of an open session."""
        request = self.request(charge_type)
        home = request.account_ref if charge_type == "direct" else ""
        opened = await self.gateway.open_checkout(self.gateway.freeze_checkout(request), home, request.payment_id)
        return request, opened.ref, home

    async def paid(self, charge_type: str = "separate") -> tuple[CheckoutRequest, str, str]:
        """(request, the capture's reference, its account) of a paid session."""
        request, ref, home = await self.open(charge_type)
        await self.pay(ref)
        return request, (await self.gateway.fetch_payment(ref, home)).capture_ref, home

    async def give_back(self, request: CheckoutRequest, capture: str, home: str, **changes: Any) -> Any:
        """Ask for all of it back."""
        wanted = RefundRequest(
            refund_id=str(uuid4()),
            order_id=request.order_id,
            capture_ref=capture,
            account_ref=home,
            charge_type=request.charge_type,
            amount=request.total,
            fee_taken=request.charge_type != "separate",
            give_back_all=True,
        )
        return await self.gateway.refund(replace(wanted, **changes))


async def fake_rail() -> Rail:
    fake = FakeGateway()
    accounts = [
        (await fake.open_account(AccountRequest(name, name, f"{name}@x.example", "US", name, prefill=True))).ref
        for name in ("direct", "destination")
    ]

    async def do(verb: Callable[..., Any], *args: Any) -> None:
        verb(*args)

    return Rail(
        fake,
        *accounts,
        pay=lambda ref: do(fake.pay, ref),
        decline=lambda ref: do(fake.decline, ref),
        settle=lambda: do(fake.settle),
        sign=lambda: fake.sign_event(event_id="evt_1", type="a_type", account="", payment_ref="cs_1"),
        advance=lambda seconds: do(lambda: fake.ends.update({r: clock.now() for r in fake.ends})),
    )


async def stripe_rail(world: World) -> Rail:
    vendors = ("lumen-works", "kiln-co")
    found = [await world.gateways.stripe.open_account(request) for request in _accounts(vendors)]

    async def pay(ref: str, **card: str) -> None:
        await world.pay(f"{SANDBOX}/c/pay/{ref}", **card)

    def sign() -> tuple[Any, bytes]:
        body, headers = sign_headers(world.settings, "/webhooks/stripe", resource="cs_1")
        return {name.lower(): text for name, text in headers.items()}, body

    return Rail(
        world.gateways.stripe,
        *(account.ref for account in found),
        pay=pay,
        decline=lambda ref: pay(ref, number=DECLINED),
        settle=lambda: world.advance(20),
        sign=sign,
        advance=world.advance,
    )


def _accounts(slugs: tuple[str, ...]) -> list[AccountRequest]:
    return [
        AccountRequest(v["slug"], v["name"], v["email"], v["country"], v["charge_type"], prefill=True)
        for slug in slugs
        for v in read_vendors()
        if v["slug"] == slug
    ]


@pytest.fixture(params=["fake", "stripe"])
async def rail(request: pytest.FixtureRequest, db: str, tmp_path: Path) -> AsyncIterator[Rail]:
    if request.param == "fake":
        yield await fake_rail()
        return
    async with build_world(tmp_path) as world:
        yield await stripe_rail(world)


async def test_session_is_open_and_ours_when_it_was_just_made(rail: Rail) -> None:
    for charge_type in ("separate", "direct", "destination"):
        request, ref, home = await rail.open(charge_type)

        found = await rail.gateway.fetch_payment(ref, home)

        assert (found.ref, found.status, found.amount, found.currency) == (ref, SnapshotStatus.OPEN, 3000, "USD")
        assert (found.payment_id, found.order_id, found.account_ref) == (request.payment_id, request.order_id, home)
        assert found.redirect_url.endswith(ref)
        assert (found.failure, found.livemode) == (None, False)


async def test_frozen_request_is_the_same_text_when_it_is_frozen_twice(rail: Rail) -> None:
    request = rail.request()

    first, second = (rail.gateway.freeze_checkout(request) for _ in range(2))

    assert first == second
    assert json.loads(first)


async def test_one_session_is_made_when_a_request_is_sent_twice_under_its_key(rail: Rail) -> None:
    request = rail.request()
    frozen = rail.gateway.freeze_checkout(request)

    first, second = [await rail.gateway.open_checkout(frozen, "", request.payment_id) for _ in range(2)]

    assert first == second
    since = clock.now() - timedelta(minutes=5)
    assert len(await rail.gateway.find_payments(request.payment_id, "", since)) == 1


async def test_request_is_refused_when_its_key_was_used_for_another(rail: Rail) -> None:
    request = rail.request()
    await rail.gateway.open_checkout(rail.gateway.freeze_checkout(request), "", request.payment_id)
    other = rail.gateway.freeze_checkout(replace(request, expires_at=request.expires_at + timedelta(seconds=1)))

    with pytest.raises(GatewayBug):
        await rail.gateway.open_checkout(other, "", request.payment_id)


@pytest.mark.parametrize("charge_type", ["separate", "direct", "destination"])
async def test_payment_has_all_that_is_compared_when_it_succeeded(rail: Rail, charge_type: str) -> None:
    request, ref, home = await rail.open(charge_type)

    await rail.pay(ref)

    found = await rail.gateway.fetch_payment(ref, home)
    assert (found.status, found.amount, found.currency) == (SnapshotStatus.SUCCEEDED, 3000, "USD")
    assert (found.payment_id, found.order_id) == (request.payment_id, request.order_id)
    assert found.destination == (rail.destination if charge_type == "destination" else "")
    assert found.fee == (0 if charge_type == "separate" else 240)
    assert found.capture_ref not in ("", ref)
    assert found.method == "Visa ending in 4242"
    assert found.redirect_url == ""


async def test_payment_stays_open_and_says_why_when_a_try_is_declined(rail: Rail) -> None:
    _, ref, home = await rail.open()

    failures = []
    for _ in range(2):
        await rail.decline(ref)
        found = await rail.gateway.fetch_payment(ref, home)
        assert (found.status, found.capture_ref) == (SnapshotStatus.OPEN, "")
        failures.append(found.failure)

    assert [failure.message for failure in failures] == ["The bank declined the card"] * 2
    assert len({failure.ref for failure in failures}) == 2


async def test_session_lives_in_its_account_only_when_it_is_asked_for(rail: Rail) -> None:
    _, direct, _ = await rail.open("direct")
    _, platform, _ = await rail.open()

    for ref, wrong in ((direct, ""), (platform, rail.direct), ("cs_test_nothing", "")):
        with pytest.raises(GatewayBug):
            await rail.gateway.fetch_payment(ref, wrong)


async def test_open_session_expires_once_when_it_is_closed(rail: Rail) -> None:
    for charge_type in ("separate", "direct"):
        _, ref, home = await rail.open(charge_type)

        assert await rail.gateway.expire(ref, home)

        assert (await rail.gateway.fetch_payment(ref, home)).status == SnapshotStatus.EXPIRED
        assert not await rail.gateway.expire(ref, home)


async def test_paid_session_stays_paid_when_it_is_closed(rail: Rail) -> None:
    _, ref, home = await rail.open()
    await rail.pay(ref)

    assert not await rail.gateway.expire(ref, home)

    assert (await rail.gateway.fetch_payment(ref, home)).status == SnapshotStatus.SUCCEEDED


async def test_session_is_expired_when_its_time_is_up(rail: Rail) -> None:
    _, ref, home = await rail.open()

    await rail.advance(46 * 60)

    assert (await rail.gateway.fetch_payment(ref, home)).status == SnapshotStatus.EXPIRED


async def test_attempt_is_found_by_our_id_when_its_reference_is_unknown(rail: Rail) -> None:
    since = clock.now() - timedelta(minutes=5)
    for charge_type in ("separate", "direct"):
        request, ref, home = await rail.open(charge_type)
        await rail.open(charge_type)

        found = await rail.gateway.find_payments(request.payment_id, home, since)

        assert [one.ref for one in found] == [ref]
        assert list(await rail.gateway.find_payments(request.payment_id, home, clock.now() + timedelta(hours=1))) == []
        elsewhere = rail.direct if not home else ""
        assert list(await rail.gateway.find_payments(request.payment_id, elsewhere, since)) == []


@pytest.mark.parametrize("charge_type", ["separate", "direct", "destination"])
async def test_capture_tells_what_moved_when_the_provider_has_settled_it(rail: Rail, charge_type: str) -> None:
    _, capture, home = await rail.paid(charge_type)
    before = await rail.gateway.fetch_capture(capture, home)
    assert (before.settled, before.transfer, before.application_fee) == (False, None, None)

    await rail.settle()

    after = await rail.gateway.fetch_capture(capture, home)
    assert after.settled
    assert after.provider_fee is not None
    assert after.provider_fee.amount.amount > 0
    transferred = after.transfer.amount if after.transfer else None
    assert transferred == (Money(3000, "USD") if charge_type == "destination" else None)
    fee = after.application_fee.amount if after.application_fee else None
    assert fee == (None if charge_type == "separate" else Money(240, "USD"))
    assert (after.refunds, after.transfer_reversals, after.fee_refunds) == ((), (), ())


async def test_capture_is_found_in_its_account_only_when_it_is_asked_for(rail: Rail) -> None:
    _, capture, _ = await rail.paid("direct")

    with pytest.raises(GatewayBug):
        await rail.gateway.fetch_capture(capture, "")


@pytest.mark.parametrize("charge_type", ["separate", "direct", "destination"])
async def test_refund_is_shown_under_our_id_when_money_goes_back(rail: Rail, charge_type: str) -> None:
    request, capture, home = await rail.paid(charge_type)
    await rail.settle()

    made = await rail.give_back(request, capture, home, refund_id="our-refund")

    assert (made.refund_id, made.capture_ref, made.amount) == ("our-refund", capture, Money(3000, "USD"))
    assert made.outcome == RefundOutcome.SUCCEEDED
    assert [one.ref for one in await rail.gateway.find_refunds(capture, home)] == [made.ref]
    assert [one.ref for one in (await rail.gateway.fetch_capture(capture, home)).refunds] == [made.ref]


async def test_money_goes_back_once_when_a_refund_is_asked_for_twice_under_its_id(rail: Rail) -> None:
    request, capture, home = await rail.paid("direct")
    await rail.settle()

    first, second = [await rail.give_back(request, capture, home, refund_id="r1") for _ in range(2)]

    assert first.ref == second.ref
    assert len(await rail.gateway.find_refunds(capture, home)) == 1


async def test_refund_is_refused_when_nothing_is_left_to_give_back(rail: Rail) -> None:
    request, capture, home = await rail.paid()
    await rail.settle()
    await rail.give_back(request, capture, home, amount=2000)

    with pytest.raises(GatewayBug):
        await rail.give_back(request, capture, home, amount=1001)

    await rail.give_back(request, capture, home, amount=1000)
    assert sum(one.amount.amount for one in await rail.gateway.find_refunds(capture, home)) == 3000


async def test_event_is_read_when_its_signature_is_right(rail: Rail) -> None:
    headers, body = rail.sign()

    rail.gateway.verify_event("account", headers, body)

    notice = rail.gateway.read_event(body)
    assert (notice.event_id, notice.payment_ref, notice.livemode) == ("evt_1", "cs_1", False)


async def test_event_is_refused_when_bytes_or_signature_differ(rail: Rail) -> None:
    headers, body = rail.sign()

    cut = {name: text[:-1] for name, text in headers.items()}
    for wrong_headers, wrong_body in (({}, body), (headers, body + b" "), (cut, body)):
        with pytest.raises(BadSignature):
            rail.gateway.verify_event("account", wrong_headers, wrong_body)
    with pytest.raises(BadSignature):
        rail.gateway.read_event(b"[]")


async def test_probe_is_signed_with_our_own_secret_when_it_is_made(rail: Rail) -> None:
    event_id, headers, body = rail.gateway.sign_probe("account")

    rail.gateway.verify_event("account", {name.lower(): text for name, text in headers.items()}, body)

    assert rail.gateway.read_event(body).event_id == event_id


async def test_account_can_be_charged_when_it_was_opened_with_test_values(rail: Rail) -> None:
    found = await rail.gateway.fetch_account(rail.direct)

    assert (found.ref, found.currency, found.charges_enabled) == (rail.direct, "USD", True)
    with pytest.raises(GatewayBug):
        await rail.gateway.fetch_account(NOBODY)


async def test_provider_answers_when_it_is_pinged(rail: Rail) -> None:
    await rail.gateway.ping()
