"""The shop's adapter and the library together, on a page with the production policy: every way a window can end."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.sandbox.paypal.browser.merchant import Merchant

BLOCK = "window.open = () => null"
OPEN = "PayPal’s window is open: confirm there. If you do not see it, press PayPal’s button again."
CLOSED = re.compile("You closed PayPal. Nothing was paid.")


def button(tab: Page) -> Locator:
    return tab.frame_locator("#paypal-buttons iframe").get_by_role("button", name="PayPal", exact=True)


async def open_window(tab: Page, merchant: Merchant) -> Page:
    """Go to the merchant's page, click, and return the window once it shows the order."""
    await tab.goto(f"{merchant.url}/pay")
    async with tab.expect_popup() as opened:
        await button(tab).click()
    window = await opened.value
    await expect(window.get_by_role("heading", name="Pay Overprint with PayPal")).to_be_visible()
    return window


async def end(window: Page, name: str, *, outcome: str = "") -> None:
    if outcome:
        await window.get_by_label(outcome).check()
    await window.get_by_role("button", name=name).click()


async def test_order_is_captured_by_the_server_when_approved_in_the_window(tab: Page, merchant: Merchant) -> None:
    window = await open_window(tab, merchant)
    await expect(tab.locator("#paypal-form")).to_be_hidden()

    async with window.expect_event("close"):
        await end(window, "Approve")

    await expect(tab.get_by_role("heading", name="Your order")).to_be_visible()
    assert merchant.captured == ["COMPLETED"]
    assert len(merchant.orders) == 1


async def test_buyer_reads_how_to_find_the_window_while_it_is_open(tab: Page, merchant: Merchant) -> None:
    window = await open_window(tab, merchant)

    await expect(tab.get_by_role("status")).to_have_text(OPEN)
    await button(tab).click()

    await expect(window.get_by_role("heading", name="Pay Overprint with PayPal")).to_be_visible()
    assert len(tab.context.pages) == 2
    assert len(merchant.orders) == 1


async def test_buyer_reads_that_nothing_was_paid_when_canceled(tab: Page, merchant: Merchant) -> None:
    window = await open_window(tab, merchant)

    async with window.expect_event("close"):
        await end(window, "Cancel")

    await expect(tab.get_by_role("status")).to_have_text(CLOSED)
    await expect(button(tab)).to_be_enabled()
    assert merchant.captured == []


async def test_paypal_pitfall_12_buyer_reads_that_nothing_was_paid_when_the_window_is_closed(
    tab: Page, merchant: Merchant
) -> None:
    window = await open_window(tab, merchant)

    await window.close()

    await expect(tab.get_by_role("status")).to_have_text(CLOSED)
    assert merchant.captured == []


async def test_paypal_pitfall_12_early_close_says_the_same_although_it_comes_as_an_error(
    tab: Page, merchant: Merchant
) -> None:
    merchant.ready.clear()
    await tab.goto(f"{merchant.url}/pay")
    async with tab.expect_popup() as opened:
        await button(tab).click()

    await (await opened.value).close()

    await expect(tab.get_by_role("status")).to_have_text(CLOSED)
    await expect(tab.locator("#paypal-form")).to_be_hidden()
    merchant.ready.set()


async def test_paypal_pitfall_07_same_order_is_offered_again_when_the_card_is_declined(
    tab: Page, merchant: Merchant
) -> None:
    window = await open_window(tab, merchant)

    await end(window, "Approve", outcome="Card declined")
    await expect(window.get_by_role("alert")).to_contain_text("Your card was declined")
    await expect(tab.get_by_role("status")).to_have_text("Your card was declined. Choose another way to pay.")
    await end(window, "Approve", outcome="PayPal balance")

    await expect(tab.get_by_role("heading", name="Your order")).to_be_visible()
    assert merchant.captured == ["COMPLETED"]
    assert len(merchant.orders) == 1


async def test_window_may_be_closed_after_a_decline_and_the_button_works_anew(tab: Page, merchant: Merchant) -> None:
    window = await open_window(tab, merchant)
    await end(window, "Approve", outcome="Card declined")
    await expect(window.get_by_role("alert")).to_be_visible()

    await window.close()
    await expect(tab.get_by_role("status")).to_have_text(CLOSED)
    async with tab.expect_popup() as opened:
        await button(tab).click()

    await end(await opened.value, "Approve")
    await expect(tab.get_by_role("heading", name="Your order")).to_be_visible()
    assert merchant.captured == ["COMPLETED"]


async def test_page_itself_goes_to_paypal_and_back_when_windows_are_blocked(tab: Page, merchant: Merchant) -> None:
    await tab.add_init_script(BLOCK)
    await tab.goto(f"{merchant.url}/pay")

    await button(tab).click()
    await expect(tab.get_by_role("heading", name="Pay Overprint with PayPal")).to_be_visible()
    await end(tab, "Approve")

    await expect(tab.get_by_role("heading", name="Back from PayPal")).to_be_visible()
    assert re.search(rf"\?order=tok&token={merchant.orders[0]}&PayerID=[2-9A-HJ-NP-Z]{{13}}$", tab.url)


async def test_form_leads_to_paypal_and_back_when_there_is_no_script(tab: Page, merchant: Merchant) -> None:
    browser = tab.context.browser
    assert browser is not None
    plain = await browser.new_page(java_script_enabled=False)
    await plain.goto(f"{merchant.url}/pay")

    await plain.get_by_role("button", name="Pay with PayPal").click()
    await end(plain, "Cancel")

    await expect(plain.get_by_role("button", name="Pay with PayPal")).to_be_visible()
    assert plain.url == f"{merchant.url}/pay?token={merchant.orders[0]}"


async def test_form_stays_when_the_library_does_not_load(tab: Page, merchant: Merchant) -> None:
    merchant.query = "&currency=EUR&intents=capture"

    async with tab.expect_response(lambda answer: "/sdk/js" in answer.url) as answered:
        await tab.goto(f"{merchant.url}/pay")

    assert (await answered.value).status == 400
    await expect(tab.get_by_role("button", name="Pay with PayPal")).to_be_visible()
    await expect(tab.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("&currency=USD&intent=capture", "Expected currency from order api call to be USD, got EUR. Please ensure"),
        ("&currency=EUR&intent=authorize", "Expected intent from order api call to be authorize, got capture. Please"),
        (
            "&currency=EUR&merchant-id=23456789ABCDE",
            "Payee(s) passed in transaction does not match expected merchant id. Please",
        ),
    ],
)
async def test_paypal_pitfall_14_and_pitfall_15_form_is_shown_when_script_and_order_differ(
    tab: Page, merchant: Merchant, query: str, sentence: str
) -> None:
    merchant.query = query
    await tab.goto(f"{merchant.url}/pay")

    async with tab.expect_console_message(lambda said: said.text.startswith(sentence)):
        await button(tab).click()

    await expect(tab.get_by_role("status")).to_contain_text("PayPal’s button did not work, and nothing was paid")
    await expect(tab.get_by_role("button", name="Pay with PayPal")).to_be_visible()
    await expect(tab.locator("#paypal-buttons")).to_be_hidden()
    assert merchant.captured == []


async def test_order_is_not_found_when_the_client_id_is_another_apps(tab: Page, merchant: Merchant) -> None:
    merchant.client_id = "somebody"
    await tab.goto(f"{merchant.url}/pay")

    await button(tab).click()

    await expect(tab.get_by_role("status")).to_contain_text("PayPal’s button did not work")


async def test_servers_words_are_shown_when_it_makes_no_order(tab: Page, merchant: Merchant) -> None:
    merchant.refusal = "The shop is on a break. Nothing was paid; come back tomorrow."
    await tab.goto(f"{merchant.url}/pay")

    await button(tab).click()

    await expect(tab.get_by_role("status")).to_have_text(merchant.refusal)
    await expect(button(tab)).to_be_enabled()
    await expect(tab.locator("#paypal-form")).to_be_hidden()


async def test_paypal_pitfall_16_policy_reports_nothing_but_would_report_what_breaks_it(
    tab: Page, merchant: Merchant
) -> None:
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    window = await open_window(tab, merchant)
    await end(window, "Cancel")
    await expect(tab.get_by_role("status")).to_have_text(CLOSED)
    assert (said, merchant.reports) == ([], [])

    await tab.evaluate("document.body.setAttribute('style', 'color: red')")

    assert await asyncio.to_thread(merchant.reported.wait, 15)
    assert "style-src" in merchant.reports.pop()
