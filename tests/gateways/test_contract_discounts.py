"""On every rail: what our discounts and the codes of the provider's page take off, and how they are told apart."""

from __future__ import annotations

from typing import Any

import pytest

from store.gateways.port import CheckoutRequest, GatewayBug, SnapshotStatus, Unavailable
from tests.gateways.benches import Bench
from tests.gateways.checkouts import KINDS, lives_on, make_request, open_it


def discounted(bench: Bench, kind: str, **changes: Any) -> CheckoutRequest:
    """The same checkout with 5.00 off."""
    return make_request(bench, kind, **{"total": 2500, "discount": 500, "discount_name": "TENOFF", **changes})


async def make_discount(bench: Bench, request: CheckoutRequest) -> None:
    """Make our discount known under its own key."""
    frozen = bench.gateway.freeze_discount(request)
    await bench.gateway.make_discount(frozen, lives_on(request), f"{request.payment_id}:coupon")


@pytest.mark.parametrize("kind", KINDS)
async def test_total_is_less_our_discount_when_it_was_made_on_the_sessions_account(bench: Bench, kind: str) -> None:
    request = discounted(bench, kind)
    await make_discount(bench, request)

    opened = await open_it(bench, request)
    await bench.pay(opened.ref, opened.redirect_url)

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.status, seen.amount, seen.subtotal, seen.discount) == (SnapshotStatus.SUCCEEDED, 2500, 3000, 500)
    assert (seen.shipping, seen.tax, seen.code) == (0, 0, "")


async def test_discount_is_made_once_when_it_is_asked_for_again(bench: Bench) -> None:
    request = discounted(bench, "destination")
    frozen = bench.gateway.freeze_discount(request)
    await bench.lose("make_discount", "after")
    with pytest.raises(Unavailable):
        await bench.gateway.make_discount(frozen, "", "one key")

    await bench.gateway.make_discount(frozen, "", "one key")
    await bench.gateway.make_discount(frozen, "", "another key")

    assert (await open_it(bench, request)).redirect_url


async def test_session_is_refused_when_its_discount_was_never_made(bench: Bench) -> None:
    with pytest.raises(GatewayBug):
        await open_it(bench, discounted(bench, "destination"))


async def test_no_discount_is_asked_for_when_there_is_none(bench: Bench) -> None:
    assert bench.gateway.freeze_discount(make_request(bench)) == ""


async def test_provider_keeps_its_codes_to_itself_when_a_discount_of_ours_travels(bench: Bench) -> None:
    both = discounted(bench, "destination", allow_codes=True)
    await make_discount(bench, both)

    assert (await open_it(bench, both)).redirect_url
    assert "allow_promotion_codes" not in bench.gateway.freeze_checkout(both)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("off", "due"), [(500, 2500), (3000, 0)])
async def test_code_of_the_page_is_told_apart_from_what_was_asked_for_when_the_buyer_typed_one(
    bench: Bench, kind: str, off: int, due: int
) -> None:
    request = make_request(bench, kind, allow_codes=True)
    opened = await open_it(bench, request)

    await bench.redeem(opened.ref, opened.redirect_url, lives_on(request), off)
    await bench.pay(opened.ref, opened.redirect_url)

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.status, seen.subtotal, seen.discount, seen.amount) == (SnapshotStatus.SUCCEEDED, 3000, off, due)
    assert seen.code == "SAVE"
    assert (seen.capture_ref == opened.ref) == (due == 0)
