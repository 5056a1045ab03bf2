"""Every card of the provider's table is here: four are refused by name, the rest do as it says."""

from __future__ import annotations

import pytest

from store.sandbox.stripe.cards import BY_NUMBER, BY_TOKEN
from tests.sandbox.conftest import Sandbox

# docs.stripe.com/testing, as our notes on the provider have it.
PROVIDERS = {
    "4242424242424242": "pm_card_visa",
    "4000000000000077": "pm_card_bypassPending",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000000000009995": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "4000000000009987": "pm_card_visa_chargeDeclinedLostCard",
    "4000000000009979": "pm_card_visa_chargeDeclinedStolenCard",
    "4000000000000069": "pm_card_chargeDeclinedExpiredCard",
    "4000000000000127": "pm_card_chargeDeclinedIncorrectCvc",
    "4000000000000119": "pm_card_chargeDeclinedProcessingError",
    "4000000000006975": "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
    "4000000000000341": "pm_card_chargeCustomerFail",
    "4000002500003155": "pm_card_authenticationRequiredOnSetup",
    "4000002760003184": "pm_card_authenticationRequired",
    "4000003800000446": "pm_card_authenticationRequiredSetupForOffSession",
    "4000008260003178": "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000003220": "pm_card_threeDSecure2Required",
    "4000008400001629": "pm_card_threeDSecureRequiredChargeDeclined",
    "4000008400001280": "pm_card_threeDSecureRequiredProcessingError",
    "4000000000003055": "pm_card_threeDSecureOptional",
    "378282246310005": "pm_card_amex_threeDSecureNotSupported",
    "4000000000000259": "pm_card_createDispute",
    "4000000000002685": "pm_card_createDisputeProductNotReceived",
    "4000000000001976": "pm_card_createDisputeInquiry",
    "4000000000005423": "pm_card_createIssuerFraudRecord",
    "4000000000007726": "pm_card_pendingRefund",
    "4000000000005126": "pm_card_refundFail",
    "4100000000000019": "pm_card_radarBlock",
}
ASKED = [
    "4000002500003155",
    "4000002760003184",
    "4000003800000446",
    "4000008260003178",
    "4000000000003220",
    "4000008400001629",
]
PAID = [
    "4242424242424242",
    "4000000000000077",
    "4000000000003055",
    "378282246310005",
    "4000000000007726",
    "4000000000005126",
]
REFUSED = ["4000000000000259", "4000000000002685", "4000000000001976", "4000000000005423"]


def test_every_card_of_the_providers_table_is_there_by_number_and_name() -> None:
    assert {number: BY_NUMBER[number].token for number in PROVIDERS} == PROVIDERS
    assert all(BY_TOKEN[token].number == number for number, token in PROVIDERS.items())
    assert [number for number, card in BY_NUMBER.items() if card.refused] == REFUSED


@pytest.mark.parametrize("number", REFUSED)
async def test_buyer_reads_which_card_is_refused_when_its_effects_are_not_built(sandbox: Sandbox, number: str) -> None:
    session = await sandbox.open_session()

    page = await sandbox.submit(session["id"], number=number)

    assert f"The test card ending in {number[-4:]} " in page.text
    assert "this sandbox does not support that. Nothing was charged. Use another test card." in page.text
    assert await sandbox.truth("captures") == []


@pytest.mark.parametrize("number", [number for number in PROVIDERS if number not in REFUSED])
async def test_card_does_what_the_table_says_when_it_is_typed_on_the_page(sandbox: Sandbox, number: str) -> None:
    session = await sandbox.open_session()

    answer = await sandbox.submit(session["id"], number=number, cvc="1234" if number.startswith("37") else "123")

    captured = [row["amount"] for row in await sandbox.truth("captures")]
    if number in ASKED:
        assert f"/c/pay/{session['id']}/challenge/" in answer.headers["location"]
        assert captured == []
    elif number in PAID:
        assert (answer.status_code, captured) == (303, [2400])
    else:
        assert (answer.status_code, captured) == (200, [])
        assert "There is a problem" in answer.text
