"""Paying on the hosted page: success, every decline, wrong forms, double submits, 3-D Secure."""

from __future__ import annotations

import asyncio
import re
from html import unescape

import httpx
import pytest

from store.sandbox.stripe.cards import TEST_CARDS
from tests.sandbox.conftest import SHOP, Sandbox

DECLINING = [card for card in TEST_CARDS if card.decline and card.refused is None]
ASKING = [card for card in TEST_CARDS if card.challenge and card.refused is None]


async def _status(sandbox: Sandbox, session: str) -> tuple[str, str]:
    stored = (await sandbox.call("GET", f"/v1/checkout/sessions/{session}")).json()
    return stored["status"], stored["payment_status"]


def _problem(page: httpx.Response) -> str:
    found = re.search(r'<div class="problem".*?<li><a href="#\w+">(.*?)</a>', page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


async def test_buyer_is_sent_to_the_success_url_when_the_card_is_good(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    left = await sandbox.submit(session["id"])

    assert left.status_code == 303
    assert left.headers["location"] == f"{SHOP}/return?session_id={session['id']}"
    assert await _status(sandbox, session["id"]) == ("complete", "paid")


@pytest.mark.parametrize("card", DECLINING, ids=lambda card: card.number)
async def test_buyer_stays_with_what_was_typed_when_declined(sandbox: Sandbox, card: object) -> None:
    session = await sandbox.open_session()

    page = await sandbox.submit(session["id"], number=card.number, cvc="987", name='Ada "the buyer"')  # type: ignore[attr-defined]

    assert page.status_code == 200
    assert _problem(page) == card.decline.message  # type: ignore[attr-defined]
    assert page.text.count(_escaped(_problem(page))) == 2
    assert "<title>Error: Pay" in page.text
    assert 'role="alert"' in page.text
    assert f'value="{card.number}"' in page.text  # type: ignore[attr-defined]
    assert 'value="12/34"' in page.text
    assert 'value="Ada &#34;the buyer&#34;"' in page.text
    assert "987" not in page.text.replace("0000 9987", "").replace("9987", "")
    assert await _status(sandbox, session["id"]) == ("open", "unpaid")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4100000000000019", "The fraud check of the payment provider blocked it; its bank was never asked."),
        ("4000000000000341", "This test card can be saved, but its bank declines every payment with it."),
        ("4000000000009987", "Its bank has it down as lost."),
    ],
)
async def test_buyer_reads_what_happened_when_the_provider_says_only_declined(
    sandbox: Sandbox, number: str, words: str
) -> None:
    session = await sandbox.open_session()

    page = await sandbox.submit(session["id"], number=number)

    assert _problem(page) == "Your card was declined."
    assert f"<p>{_escaped(words)} You have not been charged." in page.text


def _escaped(text: str) -> str:
    return text.replace("'", "&#39;")


async def test_second_card_pays_when_the_first_was_declined(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.submit(session["id"], number="4000000000000002")

    left = await sandbox.submit(session["id"])

    assert left.status_code == 303
    assert len(await sandbox.truth("captures")) == 1


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"number": ""}, "number", "Enter the card number: 12 to 19 digits."),
        ({"number": "4242 4242"}, "number", "Enter the card number: 12 to 19 digits."),
        ({"number": "4242 4242 4242 424x"}, "number", "Enter the card number: 12 to 19 digits."),
        ({"number": "4242 4242 4242 4241"}, "number", "Your card number is incorrect."),
        ({"expiry": ""}, "expiry", "Enter the expiry date as MM/YY, for example 12/34."),
        ({"expiry": "13/34"}, "expiry", "Enter the expiry date as MM/YY, for example 12/34."),
        ({"expiry": "soon"}, "expiry", "Enter the expiry date as MM/YY, for example 12/34."),
        ({"expiry": "12/20"}, "expiry", "This expiry date is in the past. Enter one that is still to come."),
        ({"cvc": "12"}, "cvc", "Enter the 3 digits of the card's security code."),
        ({"cvc": "12345"}, "cvc", "Enter the 3 digits of the card's security code."),
        (
            {"number": "3782 822463 10005", "cvc": "123"},
            "cvc",
            "Enter the 4 digits of the card's security code.",
        ),
        ({"name": " "}, "name", "Enter the name on the card."),
    ],
)
async def test_field_says_what_to_do_when_it_is_wrong(
    sandbox: Sandbox, typed: dict[str, str], field: str, message: str
) -> None:
    session = await sandbox.open_session()

    page = await sandbox.submit(session["id"], **typed)

    assert f'<a href="#{field}">{_escaped(message)}</a>' in page.text
    assert f'id="{field}-error"' in page.text
    assert re.search(
        f'<input id="{field}"[^>]*aria-describedby="[^"]*{field}-error"[^>]*aria-invalid="true"', page.text
    )
    assert await sandbox.truth("captures") == []


@pytest.mark.parametrize("expiry", ["12/34", "12 / 34", "1234", "12-2034", "12/2034"])
async def test_expiry_is_understood_when_written_in_any_usual_way(sandbox: Sandbox, expiry: str) -> None:
    session = await sandbox.open_session()

    assert (await sandbox.submit(session["id"], expiry=expiry)).status_code == 303


async def test_buyer_pays_once_when_the_form_is_sent_twice(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    answers = await asyncio.gather(*(sandbox.submit(session["id"]) for _ in range(8)))

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"{SHOP}/return?session_id={session['id']}")
    }
    assert len(await sandbox.truth("captures")) == 1


async def test_buyer_is_told_when_the_session_expired_before_the_form_came(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.tell("clock", advance=86400)

    page = await sandbox.submit(session["id"])

    assert "<h1>This payment page has expired</h1>" in page.text
    assert await sandbox.truth("captures") == []


async def test_no_card_is_asked_for_when_there_is_nothing_to_pay(sandbox: Sandbox) -> None:
    session = await sandbox.open_session(0)

    page = await sandbox.client.get(session["url"])
    left = await sandbox.client.post(f"/c/pay/{session['id']}")

    assert "Card number" not in page.text
    assert "Complete order" in page.text
    assert left.status_code == 303
    assert (await _status(sandbox, session["id"]))[0] == "complete"
    (row,) = await sandbox.truth("captures")
    assert (row["ref"], row["amount"]) == (session["id"], 0)


@pytest.mark.parametrize("card", ASKING, ids=lambda card: card.number)
async def test_bank_asks_and_its_answer_counts_when_completed(sandbox: Sandbox, card: object) -> None:
    session = await sandbox.open_session()

    sent = await sandbox.submit(session["id"], number=card.number)  # type: ignore[attr-defined]
    question = await sandbox.client.get(sent.headers["location"])
    answered = await sandbox.client.post(sent.headers["location"], data={"answer": "complete"})

    assert sent.status_code == 303
    assert re.findall(r"<button[^>]*>(\w+)</button>", question.text) == ["Complete", "Fail"]
    if card.then is None:  # type: ignore[attr-defined]
        assert answered.headers["location"] == f"{SHOP}/return?session_id={session['id']}"
        assert await _status(sandbox, session["id"]) == ("complete", "paid")
    else:
        page = await sandbox.client.get(answered.headers["location"])
        assert _problem(page) == card.then.message  # type: ignore[attr-defined]
        assert await _status(sandbox, session["id"]) == ("open", "unpaid")


async def test_buyer_is_back_with_what_was_typed_when_the_challenge_fails(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    sent = await sandbox.submit(session["id"], number="4000 0027 6000 3184")

    answered = await sandbox.client.post(sent.headers["location"], data={"answer": "fail"})
    page = await sandbox.client.get(answered.headers["location"])

    assert answered.status_code == 303
    assert "unable to authenticate" in _problem(page)
    assert 'value="4000 0027 6000 3184"' in page.text
    assert 'value="Ada Buyer"' in page.text
    assert await sandbox.truth("captures") == []


async def test_buyer_pays_once_when_the_challenge_is_answered_twice(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    sent = await sandbox.submit(session["id"], number="4000 0027 6000 3184")

    answers = await asyncio.gather(
        *(sandbox.client.post(sent.headers["location"], data={"answer": "complete"}) for _ in range(4))
    )

    assert {answer.headers["location"] for answer in answers} == {f"{SHOP}/return?session_id={session['id']}"}
    assert len(await sandbox.truth("captures")) == 1


async def test_challenge_that_is_over_leads_back_to_the_form_when_opened(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    sent = await sandbox.submit(session["id"], number="4000 0027 6000 3184")
    await sandbox.client.post(sent.headers["location"], data={"answer": "fail"})

    again = await sandbox.client.get(sent.headers["location"])

    assert (again.status_code, again.headers["location"]) == (303, f"/c/pay/{session['id']}")


async def test_payment_is_refused_when_another_site_sends_the_form(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    answer = await sandbox.client.post(
        f"/c/pay/{session['id']}",
        data={"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Otto"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert await _status(sandbox, session["id"]) == ("open", "unpaid")


async def test_answer_is_413_when_the_form_is_too_large(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    answer = await sandbox.submit(session["id"], name="a" * 20_000)

    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"number", b"=", b"number=%ff&cvc=%00"])
async def test_page_is_shown_again_when_the_form_is_garbage(sandbox: Sandbox, body: bytes) -> None:
    session = await sandbox.open_session()

    answer = await sandbox.client.post(f"/c/pay/{session['id']}", content=body)

    assert answer.status_code == 200
    assert "There is a problem" in answer.text
