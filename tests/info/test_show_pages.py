"""What every page leads to in its footer, and what is said about tax wherever a price is agreed on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from store.accounts.service import LIFETIME
from store.mail import service as mail
from store.orders.service.erase import LATE
from store.vendors.service import INVITATION_FOR
from store.webhooks.service import forget
from tests.payments.buying import MUG
from tests.shelves import read_words
from tests.world import World

FOOTER = {"/help": "Help", "/returns": "Returns", "/terms": "Terms", "/privacy": "Privacy"}


async def test_footer_leads_to_each_page_when_any_page_is_open(world: World) -> None:
    ada = world.browser()

    footer = re.search(r'<footer class="foot">.*?</footer>', (await ada.get("/")).text, re.DOTALL)

    assert footer
    assert dict(re.findall(r'<a href="(/[a-z]+)">([^<]+)</a>', footer[0])) == FOOTER
    assert "Prices include tax." in footer[0]


@pytest.mark.parametrize(("path", "title"), FOOTER.items())
async def test_page_says_its_matter_when_opened(world: World, path: str, title: str) -> None:
    page = await world.browser().get(path)

    assert page.status_code == 200
    assert f"<title>{title} – Overprint</title>" in page.text
    assert page.text.count("<h1") == 1
    assert len(re.sub(r"<[^>]+>", " ", page.text.partition("<h1")[2]).split()) > 100


async def test_privacy_says_how_long_things_are_kept(world: World) -> None:
    """The page's words and the code's times are one: who changes a time changes the page."""
    words = read_words(await world.browser().get("/privacy"))

    assert (timedelta(days=1),) * 3 == (mail.SENT_FOR, forget.DONE_FOR, LATE)
    assert "They are emptied a day after they were dealt with" in words
    assert "a day after the time to pay for it ran out" in words
    assert (timedelta(days=30),) * 2 == (mail.PARKED_FOR, forget.PARKED_FOR)
    assert "if that failed, a month after they came" in words
    assert timedelta(days=3) == INVITATION_FOR
    assert "used, withdrawn or over, after three days" in words
    assert timedelta(days=30) == LIFETIME
    assert "keeps you signed in for 30 days at most" in words
    assert "the payment provider keeps its own records" in words


async def test_tax_is_said_to_be_included_when_a_buyer_agrees_to_a_price(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    cart = (await ada.get("/cart")).text.partition("<main")[2].partition("</main>")[0]
    checkout = (await ada.get(f"/checkout?group={(await ada.groups())[0]}")).text
    await world.pay(await ada.check_out())
    await world.settle()

    (confirmed,) = [one for one in world.sandbox.state.mailbox.list_mails() if one["subject"].endswith(" is paid")]
    mail = world.sandbox.state.mailbox.find_mail(confirmed["id"])

    assert "Prices include tax; none is added at checkout." in cart
    assert "Prices include tax." in checkout.partition("<main")[2].partition("</main>")[0]
    assert "Total, tax included:" in mail["text"]
    assert "Prices include tax." in mail["html"]
