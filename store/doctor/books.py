"""What must hold between our rows and the provider's: asked of the sandbox's own books, so in a demo and in tests only.

The sandbox is spoken to as another company is: over HTTP. A real provider has no such books to ask at once; there the
sweeps compare object by object. What is younger than `before` may still be on its way and is left out.
"""

from __future__ import annotations

from datetime import datetime

from store.doctor.compare_money import (
    compare_balances,
    compare_ended,
    compare_kept,
    compare_money,
    compare_transfers,
)
from store.doctor.compare_payouts import compare_payouts
from store.doctor.compare_talk import compare_events, compare_requests
from store.doctor.truth import Books, Comparison, Violations, read_books

__all__ = ["COMPARISONS", "Books", "Comparison", "read_books"]


async def compare_passed_on(books: Books, before: datetime) -> Violations:
    """I13 of both rails: transfers to accounts, and payouts to addresses."""
    return await compare_transfers(books, before) + await compare_payouts(books, before)


COMPARISONS = (
    Comparison(
        "I1",
        "what was paid and given back is the same here and at the provider",
        compare_money,
        "see that a worker runs (`python -m store work`), then open the order page and check now",
    ),
    Comparison(
        "I2",
        "no order keeps more than its total at the provider",
        compare_kept,
        "give the second payment back at the provider; the shop books it by itself",
    ),
    Comparison(
        "I11",
        "the ledger says what the provider holds",
        compare_balances,
        "find the movement that has no journal (I10), or the one that was made at the provider by hand",
    ),
    Comparison(
        "I13",
        "of each payment no more is passed on than came in, once and as it is here",
        compare_passed_on,
        "reverse the second transfer at the provider; what was paid out twice comes back from its receiver only",
    ),
    Comparison(
        "I15",
        "no event was lost for good",
        compare_events,
        "see that a worker runs (`python -m store work`), then send the event again from the sandbox's page",
    ),
    Comparison(
        "I19",
        "an order that ended unpaid keeps no money at the provider",
        compare_ended,
        "give it back at the provider; the shop books it by itself",
    ),
    Comparison(
        "I20",
        "whatever was asked of the provider was written down first, and happened once",
        compare_requests,
        "somebody else uses this key, or a row was deleted: find out before anything is sent again",
    ),
)
