"""The scenarios of the start page: what each sets, what to do then, what to see, in the words of the page.

A scenario's rules are commands of the control API, word for word, so that a card, a curl and a test set the same.
Each later capability adds its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from store.sandbox.account_commands import AccountCommand, command_account
from store.sandbox.commands import FaultCommand, WebhookCommand, add_fault, command_webhooks
from store.sandbox.console.paypal_scenarios import PAYPAL
from store.sandbox.console.scenario import Scenario
from store.sandbox.console.sellers import SELLERS
from store.sandbox.deliveries import Deliveries
from store.sandbox.faults import Faults
from store.sandbox.kernel.worlds import Worlds

GOOD, DECLINED, CHALLENGED = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"
REFUND_FAILS = "4000 0000 0000 5126"
DEBIT_PAYS, DEBIT_FAILS = "000123456805", "000222222243"  # each after three days
CHECK_OUT = "Put something into the cart and check out."
DEBIT = "Choose Bank debit on the payment page (the demo offers it when STRIPE_DELAYED_METHODS=us_bank_account is set)"
PAY = f"Pay with {GOOD}, any date to come, any security code."
PAY_EITHER = f"{PAY[:-1]}; or choose PayPal at the checkout and press Approve on its page."
CLOSE = "close the tab as soon as you have pressed Pay, or the shop's tab before you press Approve."
FOR_EVER = {"count": 0}  # until it is cleared


SCENARIOS = (
    Scenario(
        "paid",
        "Paid",
        "Everything goes well.",
        (CHECK_OUT, PAY),
        (
            "The order page says Paid a moment after you are back.",
            "A confirmation is in the mailbox, and the deliveries are answered 200.",
        ),
        decides="the card's number that the buyer types",
    ),
    Scenario(
        "declined-then-paid",
        "Declined, then paid",
        "The bank refuses the first card and takes the second.",
        (CHECK_OUT, f"Pay with {DECLINED}.", f"Then pay with {GOOD} on the same page."),
        (
            "After the first card the payment page stays, says that the card was declined and that nothing was taken.",
            "After the second the order is paid, once.",
        ),
        decides="the card's number that the buyer types",
    ),
    Scenario(
        "three-d-secure",
        "3-D Secure",
        "The bank asks the buyer first.",
        (CHECK_OUT, f"Pay with {CHALLENGED}.", "Choose Complete, or Fail to see the other end."),
        (
            "Complete leads back to the shop, and the order is paid.",
            "Fail leads back to the payment page, which says why; another card still pays.",
        ),
        decides="the card's number that the buyer types, and by the answer to the bank",
    ),
    Scenario(
        "expired",
        "Expired",
        "The buyer leaves the payment page open for too long.",
        (CHECK_OUT, "On the payment page, pay nothing. Come back here and move the clock by an hour."),
        (
            "The payment page, loaded again, says that it has expired.",
            "The order says that the checkout expired, and the goods are free again.",
        ),
        clock=3600,
        decides="the clock",
    ),
    Scenario(
        "webhook-late",
        "Webhook late by 20 s",
        "Every webhook arrives 20 seconds after it should.",
        (CHECK_OUT, PAY_EITHER, f"To see the webhook alone do it, {CLOSE}"),
        (
            "Back in the shop the order is paid at once: the buyer's visit asks the provider. The late webhook changes"
            " nothing.",
            "With the tab closed, the order is paid when the webhook comes, or when the sweep looks before it.",
        ),
        (("webhooks", {"action": "delay", "seconds": 20, **FOR_EVER}),),
        provider="both",
    ),
    Scenario(
        "webhook-duplicated",
        "Webhook duplicated",
        "Every webhook arrives twice.",
        (CHECK_OUT, PAY_EITHER),
        (
            "Each delivery is there twice, and both are answered 200.",
            "The order is paid once: one capture, one confirmation in the mailbox.",
        ),
        (("webhooks", {"action": "duplicate", **FOR_EVER}),),
        provider="both",
    ),
    Scenario(
        "webhook-dropped",
        "Webhook dropped",
        "No webhook ever arrives.",
        (CHECK_OUT, PAY_EITHER, f"To see the sweep alone do it, {CLOSE}"),
        (
            "Back in the shop the order is paid at once: the buyer's visit asks the provider.",
            "With the tab closed, the sweep finds the payment after some seconds.",
        ),
        (("webhooks", {"action": "drop", **FOR_EVER}),),
        provider="both",
    ),
    Scenario(
        "webhook-reordered",
        "Webhooks out of order",
        "The next two webhooks arrive in reverse.",
        (CHECK_OUT, PAY_EITHER, "By card, wait some seconds: the charge settles, and that is the second event."),
        (
            "The first event is kept until the second is there, and arrives after it: a session's after its charge's,"
            " an approval's after its capture's.",
            "The order is paid and its figures are right, whatever came first.",
        ),
        (("webhooks", {"action": "reorder", "count": 2}),),
        provider="both",
    ),
    Scenario(
        "webhook-forged",
        "Webhook forged",
        "Before each true webhook comes one that nobody signed, then one with an old signature.",
        (CHECK_OUT, PAY),
        (
            "The first two deliveries are refused with 400, and nothing comes of them.",
            "The true ones follow within seconds and are answered 200.",
        ),
        (
            ("webhooks", {"action": "forge", "count": 1}),
            ("webhooks", {"action": "old_timestamp", "count": 1}),
        ),
    ),
    Scenario(
        "bank-debit-succeeds",
        "Bank debit succeeds days later",
        "The buyer pays from a bank account, and the bank takes three days to agree.",
        (CHECK_OUT, f"{DEBIT} and give the account {DEBIT_PAYS}.", "Come back here and move the clock by three days."),
        (
            "The order says Payment processing, and its goods are kept; nothing is mailed as paid.",
            "After the three days the order is paid, once, and a confirmation is in the mailbox.",
        ),
        clock=3 * 86400,
        decides="the account's number that the buyer types, and by the clock",
    ),
    Scenario(
        "bank-debit-fails",
        "Bank debit fails days later",
        "The buyer pays from a bank account, and three days later the bank says no.",
        (CHECK_OUT, f"{DEBIT} and give the account {DEBIT_FAILS}.", "Come back here and move the clock by three days."),
        (
            "The order says Payment processing until then.",
            "Then it says that the payment failed, why, and that nothing was taken; it can be tried again, and a mail"
            " says so.",
        ),
        clock=3 * 86400,
        decides="the account's number that the buyer types, and by the clock",
    ),
    Scenario(
        "code-takes-ten-percent",
        "Promotion code",
        "A code of the shop takes something off.",
        (
            "Put something into the cart, type WELCOME10 under Promotion code and press Apply.",
            "Check out.",
            PAY_EITHER,
        ),
        (
            "The cart shows ten percent less, and the provider's page the same total with the discount.",
            "The order is paid with that total. The same address cannot use the code again.",
        ),
        decides="the code that the buyer types",
        provider="both",
    ),
    Scenario(
        "code-takes-everything",
        "Promotion code for everything",
        "A code of the shop leaves nothing to pay.",
        ("Put something into the cart, type FREE100 under Promotion code and press Apply.", "Check out."),
        (
            "No payment page is shown: the order is placed and paid at once, and a confirmation is in the mailbox.",
            "Nothing of it is here: nothing was opened, and no request was made.",
        ),
        decides="the code that the buyer types",
        provider="both",
    ),
    Scenario(
        "refund-fails",
        "Refund fails",
        "The money goes back, and some minutes later the bank returns it.",
        (
            CHECK_OUT,
            f"Pay with {REFUND_FAILS}. Wait until the order says Paid, then come back here and move the clock by three"
            " minutes: the payment settles.",
            "Find the charge (ch_…) under Objects and give it back as somebody at the provider would, with the key of"
            " your project: curl -u sk_test_…: -d charge=ch_… -d reverse_transfer=true …/v1/refunds at this address.",
            "When the order says Refunded, move the clock by three minutes once more.",
        ),
        (
            "The order says Refunded, and then Paid again, with a line that the refund failed.",
            "The buyer has a mail about either, and store doctor names the order: a person has to act.",
        ),
        clock=180,
        decides="the card's number that the buyer types, and by the clock",
    ),
    *SELLERS,
    *PAYPAL,
    Scenario(
        "endpoint-disabled",
        "Endpoint disabled",
        "The provider has stopped delivering, as it does after days without an answer.",
        (CHECK_OUT, PAY_EITHER, f"To see the shop notice by itself, {CLOSE}"),
        (
            "No delivery is made, and Deliveries says that the endpoint is disabled.",
            "Back in the shop the order is paid at once: the buyer's visit asks the provider.",
            "With the tab closed, the shop reads within some minutes what it missed from the list of events, and"
            " store doctor names Stripe's endpoints.",
        ),
        (("webhooks", {"action": "disable"}),),
        end="The endpoints stay disabled: switch each on again under Deliveries. What happened meanwhile is not sent.",
        provider="both",
    ),
    Scenario(
        "stripe-down",
        "Stripe down",
        "Stripe's API answers every request with 503 until you end it.",
        (CHECK_OUT, "Try again while it lasts, and look at other pages. Then end the scenario and try once more."),
        (
            "Checkout says that the payment provider cannot be reached and offers another try; the cart is kept.",
            "Other pages work as always. After the end the same checkout goes through, once.",
        ),
        (
            (
                "faults",
                {
                    "method": "*",
                    "path": "/v1/*",
                    "provider": "stripe",
                    "when": "before",
                    "action": "status",
                    "status": 503,
                    **FOR_EVER,
                },
            ),
        ),
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def set_scenario(
    scenario: Scenario, faults: Faults, deliveries: Deliveries, worlds: Worlds, account: str | None = None
) -> str | None:
    """End the rules in force, let go what they held, and set those of the scenario.

    `account` is the one that a scenario turns (None: the first that may be charged); its id is returned. CommandError
    when there is no such account.
    """
    chosen = {"account": account} if account else {}
    end_scenario(faults, deliveries)
    verbs: dict[str, Callable[[dict[str, Any]], object]] = {
        "webhooks": lambda body: command_webhooks(msgspec.convert(body, WebhookCommand), deliveries, faults),
        "faults": lambda body: add_fault(msgspec.convert(body, FaultCommand), faults),
    }
    turned = None
    for call, body in scenario.rules:
        if call == "accounts":
            turned = command_account(msgspec.convert(body | chosen, AccountCommand), worlds)["account"]
        else:
            verbs[call](body)
    faults.scenario = scenario.name
    return turned


def end_scenario(faults: Faults, deliveries: Deliveries) -> None:
    """End every rule, and let go what was held."""
    faults.clear()
    deliveries.clear_rules()
