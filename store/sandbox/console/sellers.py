"""The cards about sellers: onboarding that takes its time, and what the provider makes of an account later."""

from __future__ import annotations

from store.sandbox.console.scenario import Scenario

ONBOARD = (
    "Begin a seller's onboarding in the shop. On each page press Use test data, until you are asked what shall become"
    " of the account."
)
TURNED = "The account stays as it is: make it active again here, or on its page under Objects."
SELLERS = (
    Scenario(
        "seller-under-review",
        "Seller under review, then active",
        "The provider looks at a new seller's details for five minutes.",
        (
            ONBOARD,
            "Choose Under review, then active by itself, and press Submit.",
            "Come back here and move the clock by five minutes.",
        ),
        (
            "Back in the shop the seller is told to wait; it cannot be bought from. The account says"
            " requirements.pending_verification.",
            "After the five minutes account.updated and capability.updated are sent, and the seller may sell.",
        ),
        clock=300,
        decides="what is chosen on the last page of the onboarding, and by the clock",
    ),
    Scenario(
        "seller-restricted",
        "Seller restricted",
        "The provider asks a seller for a document, and has it stop selling when none comes within seven days.",
        (
            "Look at the seller in the shop: something is due.",
            "Come back here and move the clock by seven days, and try to buy from the seller.",
            "Then give the document: on the account's page under Objects press Open its dashboard.",
        ),
        (
            "Until the deadline everything can be bought; the account says requirements.current_deadline.",
            "After it, charges_enabled is false, and the shop sells nothing of this seller. With the document it does"
            " again.",
        ),
        (("accounts", {"outcome": "restricted", "days": 7}),),
        clock=7 * 86400,
        end=TURNED,
    ),
    Scenario(
        "seller-rejected",
        "Seller rejected",
        "The provider wants nothing to do with a seller any more.",
        ("Look at the seller in the shop, and try to buy from it.",),
        (
            "Nothing of this seller can be bought. The account says rejected.fraud.",
            "Orders that were paid before stay as they are.",
        ),
        (("accounts", {"outcome": "rejected", "reason": "fraud"}),),
        end=TURNED,
    ),
    Scenario(
        "onboarding-link-expired",
        "Onboarding link expired",
        "A seller stays too long on the onboarding pages, or comes back to an address that was used.",
        (
            "Begin a seller's onboarding in the shop, and press Use test data once.",
            "Come back here and move the clock by an hour, then press Continue on the onboarding page.",
        ),
        (
            "The shop's refresh address makes a new link and leads to it, and the pages go on at the second step.",
            "The used address, opened again, does the same.",
        ),
        clock=3600,
        decides="the clock",
    ),
    Scenario(
        "seller-deauthorized",
        "Seller disconnects",
        "A seller takes the shop's access away: as by Disconnect on its own dashboard, or by OAuth.",
        ("Look at the seller in the shop, and try to buy from it.",),
        (
            "account.application.deauthorized is sent, and every call for the account is answered 403.",
            "Nothing of this seller can be bought. Its paid orders stay as they are.",
        ),
        (("accounts", {"outcome": "deauthorized"}),),
        end=TURNED,
    ),
)
