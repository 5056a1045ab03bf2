"""The cards about PayPal: buyers who approve, decline and vanish, banks that take days, webhooks, payouts, disputes.

What the buyer chooses on the approval page decides most of them; what comes later is done on an object's page.
"""

from __future__ import annotations

from store.sandbox.console.scenario import Scenario

CHOOSE = "Put something into the cart, check out and choose PayPal."
APPROVE = "On PayPal's page leave PayPal balance chosen and press Approve."
WAIT = "Wait until the order says Paid."
CAPTURE = "Come back here and open the order's capture under Objects (kind paypal capture)."
ECHECK = "On PayPal's page choose eCheck, pending, and press Approve."
# PayPal's types of events are in capitals, the other provider's are not.
OF_PAYPAL = {"type": "[A-Z]*"}
FOR_EVER = {"count": 0}

PAYPAL = (
    Scenario(
        "paypal-paid",
        "PayPal: paid",
        "The buyer approves at PayPal, and the shop takes the payment.",
        (CHOOSE, APPROVE),
        (
            "PayPal's window closes, and the order page says Paid.",
            "CHECKOUT.ORDER.APPROVED and PAYMENT.CAPTURE.COMPLETED are delivered and answered 200.",
        ),
        decides="what the buyer chooses on PayPal's page",
        provider="paypal",
    ),
    Scenario(
        "paypal-declined-then-paid",
        "PayPal: declined, then paid",
        "The buyer's card is declined when the shop takes the payment, and the buyer chooses another.",
        (
            CHOOSE,
            "On PayPal's page choose Card declined and press Approve.",
            f"PayPal's page opens again. {APPROVE}",
        ),
        (
            "The first capture is refused with INSTRUMENT_DECLINED, and PayPal asks once more for the same order.",
            "The second is taken: one capture, and the order is paid once.",
        ),
        decides="what the buyer chooses on PayPal's page",
        provider="paypal",
    ),
    Scenario(
        "paypal-never-returns",
        "PayPal: approved and never returned",
        "The buyer approves at PayPal and is gone.",
        (CHOOSE, "When PayPal's page is open, close the shop's tab.", APPROVE),
        (
            "The shop takes the payment all the same, by the webhook CHECKOUT.ORDER.APPROVED, once.",
            "A confirmation is in the mailbox.",
        ),
        decides="the buyer, who approves and does not come back",
        provider="paypal",
    ),
    Scenario(
        "paypal-webhook-lost",
        "PayPal: webhooks lost",
        "No webhook of PayPal's ever arrives.",
        (CHOOSE, "To see the sweep alone do it, close the shop's tab when PayPal's page is open.", APPROVE),
        (
            "With the shop's tab open the order is paid at once: its own page asks for the capture.",
            "With the tab closed, the sweep finds what was approved after some seconds and takes the payment, once.",
        ),
        (("webhooks", {"action": "drop", **OF_PAYPAL, **FOR_EVER}),),
        provider="paypal",
    ),
    Scenario(
        "paypal-webhook-late",
        "PayPal: webhooks late by 20 s",
        "Every webhook of PayPal's arrives 20 seconds after it should.",
        (CHOOSE, APPROVE),
        (
            "The order is paid at once by its own page. The late webhooks change nothing.",
            "With the shop's tab closed, the webhook takes the payment when it comes, or the sweep before it.",
        ),
        (("webhooks", {"action": "delay", "seconds": 20, **OF_PAYPAL, **FOR_EVER}),),
        provider="paypal",
    ),
    Scenario(
        "paypal-webhook-forged",
        "PayPal: webhooks forged",
        "Before true webhooks come one that nobody signed and one with a stranger's certificate.",
        (CHOOSE, APPROVE),
        (
            "The first attempt of each is refused, and nothing comes of it.",
            "The true ones follow within seconds and are answered 200.",
        ),
        (
            ("webhooks", {"action": "forge", "count": 1, **OF_PAYPAL}),
            ("webhooks", {"action": "foreign_cert", "count": 1, **OF_PAYPAL}),
        ),
        provider="paypal",
    ),
    Scenario(
        "paypal-echeck-completes",
        "PayPal: eCheck pending, then completed",
        "The buyer pays from a bank account, and the bank takes four days to agree.",
        (CHOOSE, ECHECK, "Come back here and move the clock by four days."),
        (
            "PayPal says that the order is COMPLETED and its capture PENDING; the shop says Payment processing and"
            " ships nothing.",
            "After the four days the order is paid, once.",
        ),
        clock=4 * 86400,
        decides="what the buyer chooses on PayPal's page, and by the clock",
        provider="paypal",
    ),
    Scenario(
        "paypal-echeck-denied",
        "PayPal: eCheck pending, then denied",
        "The buyer pays from a bank account, and the bank says no.",
        (CHOOSE, ECHECK, CAPTURE, "Press Deny it."),
        (
            "The order says Payment processing until then.",
            "Then it says that the payment failed and that nothing was taken; its goods are free again.",
        ),
        decides="what the buyer chooses on PayPal's page, and by the button on the capture's page",
        provider="paypal",
    ),
    Scenario(
        "paypal-answer-lost",
        "PayPal: the answer of a capture is lost",
        "PayPal takes the payment, and the shop never hears the answer.",
        (CHOOSE, APPROVE),
        (
            "The order says that the payment is being confirmed; no second one can be begun meanwhile.",
            "The shop asks again under the same request id and finds the capture: the order is paid, once.",
        ),
        (
            (
                "faults",
                {
                    "method": "POST",
                    "path": "/v2/checkout/orders/*/capture",
                    "provider": "paypal",
                    "when": "after",
                    "action": "hang",
                },
            ),
        ),
        provider="paypal",
    ),
    Scenario(
        "paypal-order-expires",
        "PayPal: order expired",
        "The buyer leaves PayPal's page open for too long.",
        (CHOOSE, "On PayPal's page, approve nothing. Come back here and move the clock by six hours."),
        (
            "PayPal does not know the order any more: it answers 404.",
            "The shop's order says that the checkout expired, and the goods are free again.",
        ),
        clock=6 * 3600,
        decides="the clock",
        provider="paypal",
    ),
    Scenario(
        "paypal-refund",
        "PayPal: refunded at PayPal's side",
        "Somebody gives the money back on PayPal's own pages.",
        (CHOOSE, APPROVE, WAIT, CAPTURE, "Press Refund what is left, or Reverse it for a chargeback."),
        (
            "PAYMENT.CAPTURE.REFUNDED (or REVERSED) is delivered; its resource is a refund, which names the capture.",
            "The order says Refunded, and the books have the same figures.",
        ),
        decides="the button on the capture's page",
        provider="paypal",
    ),
    Scenario(
        "paypal-dispute",
        "PayPal: disputed",
        "The buyer opens a dispute at PayPal.",
        (CHOOSE, APPROVE, WAIT, CAPTURE, "Press Open a dispute; on the dispute's page, resolve it for either side."),
        (
            "The order shows the dispute as a fact, with its reason and its state.",
            "Resolved for the buyer, the money goes back as a reversal.",
        ),
        decides="the button on the capture's page",
        provider="paypal",
    ),
    Scenario(
        "paypal-payout-unclaimed",
        "PayPal: payout unclaimed",
        "A seller's share is sent to an address that has no PayPal account.",
        (
            "As a seller, give and confirm a PayPal address that begins with unclaimed, such as unclaimed@example.com.",
            f"As a buyer: {CHOOSE} {APPROVE}",
            "Come back here and move the clock by four days: the share becomes payable and is sent.",
        ),
        (
            "The payout's item is UNCLAIMED, and the seller's page says so. After 30 days PayPal returns it.",
            "With another address the shop cancels it, sees it RETURNED and pays anew, once.",
        ),
        clock=4 * 86400,
        decides="the seller's PayPal address, and by the clock",
        provider="paypal",
    ),
    Scenario(
        "paypal-down",
        "PayPal down",
        "PayPal's API answers every request with 503 until you end it.",
        (CHOOSE, "Try a card as well. Then end the scenario and try PayPal once more."),
        (
            "PayPal's button says that PayPal cannot be reached; paying by card works as always.",
            "After the end the same order can be paid with PayPal, once.",
        ),
        (
            (
                "faults",
                {
                    "method": "*",
                    "path": "/v*",
                    "provider": "paypal",
                    "when": "before",
                    "action": "status",
                    "status": 503,
                    **FOR_EVER,
                },
            ),
        ),
        provider="paypal",
    ),
)
