"""Test cards: what each number does (docs.stripe.com/testing), and the checks a card form makes.

Invariant: a number outside the table never pays; a card whose after-effects the sandbox does not have
(disputes, fraud warnings) is refused by name rather than treated as a plain success.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Card:
    """What the buyer typed. `exp_year` has four digits or two."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str
    name: str = ""

    @property
    def digits(self) -> str:
        """The number without spaces and dashes."""
        return "".join(c for c in self.number if c not in " -")

    @property
    def year(self) -> int:
        """The year with its century."""
        return self.exp_year + 2000 if self.exp_year < 100 else self.exp_year


@dataclass(frozen=True)
class Decline:
    """Why a card was not charged: the provider's codes and its sentence for the buyer."""

    code: str
    message: str
    decline_code: str | None = None
    # A form error: the provider's page catches it before there is a charge.
    before_charge: bool = False
    blocked: bool = False
    # What the sandbox's page adds, because the provider's sentence does not say what happened.
    advice: str = ""


@dataclass(frozen=True)
class TestCard:
    """One row of the provider's table of test cards."""

    # Not a test of ours, whatever pytest thinks of the name.
    __test__ = False

    number: str
    token: str
    does: str
    brand: str = "visa"
    country: str = "US"
    decline: Decline | None = None
    challenge: bool = False
    # The outcome after a passed challenge.
    then: Decline | None = None
    available_at_once: bool = False
    # Its 3D Secure was done for payments without the buyer.
    set_up: bool = False
    # What becomes of its refunds: "pending" or "failed" for a while, or nothing special.
    refunds: str | None = None
    refused: str | None = None


DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", DECLINED, "generic_decline")
ONLY_SAVED = Decline(
    "card_declined",
    DECLINED,
    "generic_decline",
    advice="This test card can be saved, but its bank declines every payment with it.",
)
INSUFFICIENT = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds")
LOST = Decline("card_declined", DECLINED, "lost_card", advice="Its bank has it down as lost.")
STOLEN = Decline("card_declined", DECLINED, "stolen_card", advice="Its bank has it down as stolen.")
EXPIRED = Decline("expired_card", "Your card has expired.")
WRONG_CVC = Decline("incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Decline("processing_error", "An error occurred while processing your card. Try again in a little bit.")
VELOCITY = Decline(
    "card_declined",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "card_velocity_exceeded",
)
BLOCKED = Decline(
    "card_declined",
    DECLINED,
    "fraudulent",
    blocked=True,
    advice="The fraud check of the payment provider blocked it; its bank was never asked.",
)
VERIFY = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)
LOOKUP_FAILED = Decline(
    "card_declined", "Your card was declined: its bank could not be asked to verify you.", "generic_decline"
)
UNAUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "Your card was declined. This is a sandbox: use one of its test cards, such as 4242 4242 4242 4242.",
    "test_mode_live_card",
)
WRONG_NUMBER = Decline("incorrect_number", "Your card number is incorrect.", before_charge=True)
WRONG_MONTH = Decline("invalid_expiry_month", "Your card's expiration month is invalid.", before_charge=True)
WRONG_YEAR = Decline("invalid_expiry_year", "Your card's expiration year is in the past.", before_charge=True)
SHORT_CVC = Decline("invalid_cvc", "Your card's security code is incomplete.", before_charge=True)

_DISPUTE = "opens a dispute after the payment"

TEST_CARDS: tuple[TestCard, ...] = (
    TestCard("4242424242424242", "pm_card_visa", "Succeeds"),
    TestCard(
        "4000000000000077",
        "pm_card_bypassPending",
        "Succeeds, funds available at once",
        available_at_once=True,
    ),
    TestCard("4000000000000002", "pm_card_visa_chargeDeclined", "Declined", decline=GENERIC),
    TestCard(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "Declined: insufficient funds",
        decline=INSUFFICIENT,
    ),
    TestCard("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "Declined: lost card", decline=LOST),
    TestCard("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "Declined: stolen card", decline=STOLEN),
    TestCard("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "Declined: expired card", decline=EXPIRED),
    TestCard("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "Declined: wrong CVC", decline=WRONG_CVC),
    TestCard(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        "Declined: processing error",
        decline=PROCESSING,
    ),
    TestCard(
        "4000000000006975",
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        "Declined: used too often",
        decline=VELOCITY,
    ),
    TestCard(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        "Can be saved; every charge is declined",
        decline=ONLY_SAVED,
    ),
    TestCard("4100000000000019", "pm_card_radarBlock", "Blocked as fraudulent", decline=BLOCKED),
    TestCard("4000002500003155", "pm_card_authenticationRequiredOnSetup", "Asks for 3D Secure", challenge=True),
    TestCard("4000002760003184", "pm_card_authenticationRequired", "Always asks for 3D Secure", challenge=True),
    TestCard(
        "4000003800000446",
        "pm_card_authenticationRequiredSetupForOffSession",
        "Asks for 3D Secure when you are there",
        challenge=True,
        set_up=True,
    ),
    TestCard(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "3D Secure, then insufficient funds",
        challenge=True,
        then=INSUFFICIENT,
    ),
    TestCard("4000000000003220", "pm_card_threeDSecure2Required", "3D Secure 2 must be completed", challenge=True),
    TestCard(
        "4000008400001629",
        "pm_card_threeDSecureRequiredChargeDeclined",
        "3D Secure, then declined",
        challenge=True,
        then=GENERIC,
    ),
    TestCard(
        "4000008400001280",
        "pm_card_threeDSecureRequiredProcessingError",
        "Declined: the 3D Secure lookup fails",
        decline=LOOKUP_FAILED,
    ),
    TestCard("4000000000003055", "pm_card_threeDSecureOptional", "Succeeds; 3D Secure possible, not asked for"),
    TestCard(
        "378282246310005",
        "pm_card_amex_threeDSecureNotSupported",
        "Succeeds (American Express)",
        brand="amex",
    ),
    TestCard("5555555555554444", "pm_card_mastercard", "Succeeds (Mastercard)", brand="mastercard"),
    TestCard("6011111111111117", "pm_card_discover", "Succeeds (Discover)", brand="discover"),
    TestCard("3566002020360505", "pm_card_jcb", "Succeeds (JCB)", brand="jcb", country="JP"),
    TestCard("6200000000000005", "pm_card_unionpay", "Succeeds (UnionPay)", brand="unionpay", country="CN"),
    TestCard("4000002760000016", "pm_card_de", "Succeeds (Germany)", country="DE"),
    TestCard("4000002500000003", "pm_card_fr", "Succeeds (France)", country="FR"),
    TestCard("4000008260000000", "pm_card_gb", "Succeeds (United Kingdom)", country="GB"),
    TestCard(
        "4000000000007726",
        "pm_card_pendingRefund",
        "Succeeds; a refund is pending for 3 minutes",
        refunds="pending",
    ),
    TestCard(
        "4000000000005126",
        "pm_card_refundFail",
        "Succeeds; a refund fails after 3 minutes",
        refunds="failed",
    ),
    TestCard("4000000000000259", "pm_card_createDispute", "Not in this sandbox: dispute", refused=_DISPUTE),
    TestCard(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "Not in this sandbox: dispute",
        refused=_DISPUTE,
    ),
    TestCard(
        "4000000000001976",
        "pm_card_createDisputeInquiry",
        "Not in this sandbox: inquiry",
        refused="opens an inquiry after the payment",
    ),
    TestCard(
        "4000000000005423",
        "pm_card_createIssuerFraudRecord",
        "Not in this sandbox: fraud warning",
        refused="raises an early fraud warning after the payment",
    ),
)
BY_NUMBER = {card.number: card for card in TEST_CARDS}
BY_TOKEN = {card.token: card for card in TEST_CARDS}


def read_card(card: Card, now: int) -> TestCard | Decline:
    """Return a typed card's row, or what a card form says is wrong with it; `now` in epoch seconds."""
    digits = card.digits
    if not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19 or not passes_luhn(digits):
        return WRONG_NUMBER
    if not 1 <= card.exp_month <= 12:
        return WRONG_MONTH
    if not _is_valid_until(card.year, card.exp_month, now):
        return WRONG_YEAR
    row = BY_NUMBER.get(digits)
    length = 4 if row and row.brand == "amex" else 3
    if not card.cvc.isascii() or not card.cvc.isdigit() or len(card.cvc) != length:
        return SHORT_CVC
    return row or NOT_A_TEST_CARD


def find_card(number: str) -> TestCard:
    """Return the row of a number; one outside the table reaches the network and is declined there."""
    return BY_NUMBER.get(number) or TestCard(number, "", "Not a test card", brand="unknown", decline=NOT_A_TEST_CARD)


def refused_card(row: TestCard) -> Decline:
    """Return the sentence for a card whose after-effects the sandbox does not have; nothing is charged."""
    return Decline(
        "sandbox_unsupported",
        f"The test card ending in {row.number[-4:]} {row.refused}; this sandbox does not support that. "
        "Nothing was charged. Use another test card.",
        before_charge=True,
    )


def passes_luhn(digits: str) -> bool:
    """Tell whether the check digit is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_valid_until(year: int, month: int, now: int) -> bool:
    if not 2000 <= year <= 2100:
        return False
    end = datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC)
    return end.timestamp() >= now and year <= datetime.fromtimestamp(now, UTC).year + 50
