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
from store.mail.service import forget_address, forget_mails
from store.orders.finished import OVER, SETTLED
from store.orders.service.debts import check_finished
from store.vendors.service import forget_offers_to, forget_payout_address, leave_shop

# A payment that comes after the end of its order still makes it go out; none came later than this.
LATE = timedelta(days=1)
# Mails to a shop: whoever is gone gets no more of them, and its other owners have their own.
TO_SHOPS = ("sold", "asked", "approved", "restricted", "payout_waits")
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
# A task whose words are gone stays a task: its seller got them by mail, with the address to answer to.
UNSAY = """
UPDATE order_message SET text = '(deleted with the account)' FROM vendor_order AS part, orders
WHERE part.id = order_message.vendor_order AND orders.id = part."order" AND orders.number = ANY($1)
"""


async def delete_account(person: Person) -> None:
    """Make the person nobody, everywhere signed out, and erase what may be erased at once.

    Guest orders of the verified address are the person's: they go the same way. What is not here goes when the worker
    tidies up: requests to the provider (`payments/service/erase.py`), bodies of events and mails to an address that was
    the person's before. Raises ShopStillOpen, ShopUnfinished, NotFound when
    it was deleted already.
    """
    async with transaction():
        # First of all: a shop that this person opens or joins meanwhile is seen, or is not opened any more.
        await accounts.lock_person(person.id)
        alone = await leave_shop(person.id)
        if alone is not None:
            await check_finished(alone)
            await forget_payout_address(alone)
        if person.verified:
            # An address that nobody proved may be another's, who is offered a place.
            await forget_offers_to(person.email)
            await forget_address(person.email, ("invited",))
            await fetch(
                "UPDATE orders SET person = $1 WHERE person IS NULL AND lower(email) = lower($2)",
                person.id,
                person.email,
            )
        await accounts.delete_person(person.id)
        await forget_address(person.email, TO_SHOPS)
        await erase_orders()


async def erase_orders() -> int:
    """Erase who finished orders of deleted accounts went to, what they wrote, and the mails; returns how many."""
    async with transaction():
        numbers = [row["number"] for row in await fetch(ERASE, clock.now() - LATE)]
        if numbers:
            await fetch(UNSAY, numbers)
            await forget_mails(numbers)
    return len(numbers)
