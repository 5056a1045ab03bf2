"""Forget what the provider was asked for on behalf of somebody who is gone: a request holds the buyer's address."""

from __future__ import annotations

from store.kit.db import fetch
from store.payments.states import PaymentStatus

ERASE = """
UPDATE payment SET request = '' FROM orders JOIN person ON person.id = orders.person
WHERE payment."order" = orders.id AND orders.email = '' AND person.deleted_at IS NOT NULL
  AND payment.request <> '' AND payment.status <> $1
RETURNING payment.id
"""


async def erase_requests() -> int:
    """Erase the requests of attempts whose order was erased; returns how many.

    A request must be sent again byte for byte only while the attempt is `created` (`complete_attempt`), and nothing
    leads back to that state; `guards/67_erased_persons.sql` refuses it earlier. One that is still `created` is settled
    or abandoned by the sweep within the hour, and erased by the next look.
    """
    return len(await fetch(ERASE, PaymentStatus.CREATED))
