"""A form becomes a struct or words; what our pages never send is refused."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.enums import RequestEncodingType
from litestar.testing import RequestFactory

from store.kit.web.forms import BadForm, InvalidForm, parse_form, read_form


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form with one field of each kind."""

    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]
    email: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^\S+@\S+\.\S+$",
            max_length=30,
            extra={"wrong": "Enter an email address like name@example.com."},
        ),
    ]
    full_name: Annotated[str, msgspec.Meta(min_length=1, extra={"label": "Full name"})]
    note: str = ""
    gift: bool = False
    sizes: tuple[str, ...] = ()
    limit: int | None = None


GOOD = {"quantity": "2", "email": "ada@example.com", "full_name": "Ada"}


def body(**fields: object) -> bytes:
    return urlencode({**GOOD, **fields}, doseq=True).encode()


def test_form_is_a_struct_when_it_is_right() -> None:
    form = parse_form(body(note=" two\r\nlines ", gift="on", sizes=["s", "m"], full_name="  Ada é  "), Order)

    assert form == Order(2, "ada@example.com", "Ada é", "two\nlines", True, ("s", "m"))


def test_default_is_used_when_an_optional_field_is_empty() -> None:
    assert parse_form(body(note="", limit=""), Order).limit is None


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("quantity", "0", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "1e1", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "2.0", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "-1", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "10000000000000000000", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "٣", "Quantity must be a whole number from 1 to 99."),
        ("quantity", "", "Quantity must be a whole number from 1 to 99."),
        ("email", "ada", "Enter an email address like name@example.com."),
        ("email", "", "Enter an email address like name@example.com."),
        ("email", "a" * 31, "Email must be 30 characters or fewer."),
        ("full_name", "   ", "Enter full name."),
    ],
)
def test_field_says_what_to_do_when_it_is_wrong(field: str, text: str, words: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        parse_form(body(**{field: text}), Order)

    assert caught.value.errors == {field: words}
    assert caught.value.values[field] == text.strip()
    assert caught.value.values["email" if field != "email" else "full_name"] in GOOD.values()


def test_every_field_is_named_when_all_are_missing() -> None:
    with pytest.raises(InvalidForm) as caught:
        parse_form(b"", Order)

    assert set(caught.value.errors) == {"quantity", "email", "full_name"}
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "text",
    [
        body(price="1"),
        body() + b"&quantity=3",
        body(note="a\x00b"),
        body(note="\x1b[31m"),
        body() + b"&note=%ff",
        "quantity=2&note=é".encode(),
        body() + b"&note=x" * 300,
    ],
    ids=["unknown field", "twice", "nul", "escape", "not utf-8", "raw bytes", "too many"],
)
def test_form_is_refused_when_our_page_never_sends_that(text: bytes) -> None:
    with pytest.raises(BadForm):
        parse_form(text, Order)


async def test_body_is_refused_when_it_is_no_form() -> None:
    with pytest.raises(BadForm) as caught:
        await read_form(RequestFactory().post("/", data={"quantity": 2}), Order)

    assert caught.value.status == 415


async def test_request_is_a_struct_when_it_is_a_form() -> None:
    request = RequestFactory().post("/", data=GOOD, request_media_type=RequestEncodingType.URL_ENCODED)

    assert (await read_form(request, Order)).quantity == 2


@given(st.binary(max_size=200))
def test_parsing_ends_in_words_when_anything_is_sent(text: bytes) -> None:
    with pytest.raises((BadForm, InvalidForm)):
        parse_form(text, Order)
