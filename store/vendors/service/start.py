"""Lead a vendor to the provider's form. A link is made on a click, used at once, and never kept or mailed.

A spent link sends its owner to us for a new one; after `MOST_LINKS` of those in a row something is wrong that another
link does not mend, so the loop ends with an explanation.
"""

from __future__ import annotations

from uuid import UUID

from store.gateways.port import Gateways
from store.kit.db import fetch_value
from store.kit.errors import ShopError
from store.vendors.service.open import open_account

MOST_LINKS = 3


class TooManyLinks(ShopError):
    """The vendor came back for a new link again and again."""

    status = 409
    title = "Stripe's form does not open"

    def __init__(self) -> None:
        super().__init__(
            "Stripe sent you back to us three times without opening its form. That happens when a link is opened"
            " twice or too late. Please start again from the button; what you told Stripe so far is kept there."
        )


async def start_onboarding(gateways: Gateways, vendor_id: UUID, base_url: str, *, again: bool = False) -> str:
    """The address of the provider's form, made now; the account is opened first when there is none.

    `again`: the last link was spent. Raises TooManyLinks, Declined or GatewayBug, Disconnected, or Unavailable.
    """
    if again:
        tries = await fetch_value(
            "UPDATE vendor SET link_tries = link_tries + 1 WHERE id = $1 AND link_tries < $2 RETURNING link_tries",
            vendor_id,
            MOST_LINKS,
        )
        if tries is None:
            raise TooManyLinks
    else:
        await fetch_value("UPDATE vendor SET link_tries = 0 WHERE id = $1 AND link_tries > 0", vendor_id)
    ref = await open_account(gateways, vendor_id)
    pages = f"{base_url}/sell/connect"
    return await gateways.stripe.onboarding_link(ref, f"{pages}/refresh?account={ref}", f"{pages}/return?account={ref}")
