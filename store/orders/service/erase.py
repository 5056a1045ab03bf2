"""Delete an account: the person's name and address go, the orders and the ledger stay.

An order keeps them for as long as somebody needs them: until it is sent, given back, or so long over that no late
payment can come any more. What is left then is erased by the same verb, which the worker runs from time to time.
"""

from __future__ import annotations

from datetime import timedelta

from store.accounts import service as accounts
from store.accounts.queries import Person
from store.kit import clock
from store.kit.db import fetch, transaction
from store.mail.service import forget_mails
from store.orders.finished import OVER, SETTLED
from store.vendors.service import leave_shop

# A payment that comes after the end of its order still makes it go out; none came later than this.
LATE = timedelta(days=1)
ERASE = f"""
UPDATE orders SET email = '', full_name = '', address_line1 = '', address_line2 = '', city = '', region = '',
  postcode = '', version = orders.version + 1
FROM person
WHERE person.id = orders.person AND person.deleted_at IS NOT NULL AND orders.email <> ''
  AND ({OVER} AND orders.hold_until < $1 OR {SETTLED})
  AND NOT EXISTS (SELECT FROM mail_message AS mail
    WHERE mail.state = 'waiting' AND mail.view::jsonb ->> 'number' = orders.number)
RETURNING orders.number
"""  # noqa: S608 - constants


async def delete_account(person: Person) -> None:
    """Make the person nobody, everywhere signed out, and erase what may be erased at once.

    Guest orders of the verified address are the person's: they go the same way. Raises ShopStillOpen.
    """
    async with transaction():
        await leave_shop(person.id)
        if person.verified:
            await fetch(
                "UPDATE orders SET person = $1 WHERE person IS NULL AND lower(email) = lower($2)",
                person.id,
                person.email,
            )
        await accounts.delete_person(person.id)
        await erase_orders()


async def erase_orders() -> int:
    """Erase name and address on finished orders of deleted accounts, and in the mails about them; returns how many."""
    async with transaction():
        numbers = [row["number"] for row in await fetch(ERASE, clock.now() - LATE)]
        if numbers:
            await forget_mails(numbers)
    return len(numbers)
