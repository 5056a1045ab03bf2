"""Decoding the provider's forms, as its client and as curl write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.forms import decode_form


def test_fields_are_nested_when_brackets_name_hashes() -> None:
    raw = decode_form(b"mode=payment&payment_intent_data[metadata][order]=7&line_items[0][price_data][currency]=usd")

    assert raw == {
        "mode": "payment",
        "payment_intent_data": {"metadata": {"order": "7"}},
        "line_items": {"0": {"price_data": {"currency": "usd"}}},
    }


def test_brackets_are_read_when_a_query_string_encodes_them() -> None:
    raw = decode_form(b"expand%5B0%5D=data.customer&created%5Bgte%5D=5")

    assert raw == {"expand": {"0": "data.customer"}, "created": {"gte": "5"}}


def test_items_are_numbered_when_curl_repeats_empty_brackets() -> None:
    raw = decode_form(b"expand[]=a&expand[]=b&line_items[][price]=p1&line_items[][quantity]=1&line_items[][price]=p2")

    assert raw["expand"] == {"0": "a", "1": "b"}
    assert raw["line_items"] == {"0": {"price": "p1", "quantity": "1"}, "1": {"price": "p2"}}


def test_empty_value_is_kept_when_a_field_is_cleared() -> None:
    assert decode_form(b"metadata[key]=&description=") == {"metadata": {"key": ""}, "description": ""}


@pytest.mark.parametrize(
    "body", [b"a=1&a[b]=2", b"a[b]=2&a=1", b"=1", b"a[=1", b"a]b=1", b"a" + b"[x]" * 40 + b"=1", b"\xff=1"]
)
def test_form_is_refused_when_it_is_malformed(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        decode_form(body)

    assert caught.value.status == 400


@given(st.text(alphabet="ab[]=&%1é", max_size=40))
def test_nothing_but_a_refusal_comes_out_when_the_body_is_noise(text: str) -> None:
    raw, refusal = decode(text.encode())

    assert isinstance(raw, dict) or (refusal and refusal.status == 400)


def decode(body: bytes) -> tuple[object, ApiError | None]:
    try:
        return decode_form(body), None
    except ApiError as refusal:
        return None, refusal
