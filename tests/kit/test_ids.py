"""Tokens nobody can guess, numbers everybody can read."""

from store.kit.ids import READABLE, new_id, new_readable, new_token


def test_tokens_are_long_and_different_when_many_are_made() -> None:
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {22}
    assert len({new_id() for _ in range(1000)}) == 1000


def test_number_starts_with_a_letter_when_it_is_for_people() -> None:
    numbers = [new_readable(5) for _ in range(1000)]

    assert all(number[0].isalpha() and len(number) == 5 for number in numbers)
    assert set("".join(numbers)) <= set(READABLE)
    assert not set(READABLE) & set("AEIOU01L5SYZ")
