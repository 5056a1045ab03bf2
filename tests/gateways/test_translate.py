"""Stripe's objects in our words: the whole space of a session's states, as `docs/payments.md` lists it."""

from __future__ import annotations

import pytest

from store.gateways.stripe.translate import decline_words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "The card has insufficient funds"),
        ({"code": "card_declined", "decline_code": "lost_card"}, "The bank declined the card"),
        ({"code": "expired_card"}, "The card has expired"),
        ({"code": "card_declined", "decline_code": "a_new_one"}, "The payment was declined"),
        ({}, "The payment was declined"),
    ],
)
def test_decline_is_told_in_words_when_a_card_is_refused(error: dict[str, str], words: str) -> None:
    assert decline_words(error) == words
