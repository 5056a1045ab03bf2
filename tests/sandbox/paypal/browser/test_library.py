"""Paying by the library alone, as any merchant's page calls it: what it promises, warns of and tells, and when."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.sandbox.paypal.browser.merchant import Merchant
from tests.sandbox.paypal.browser.steps import MOUNT, answer, click, load, mount, told

BODY = "{purchase_units: [{amount: {currency_code: 'EUR', value: '24.00'}}]}"


async def test_approval_tells_order_and_payer_and_the_window_waits_for_the_page(tab: Page, merchant: Merchant) -> None:
    order = await mount(
        tab,
        merchant,
        "{onApprove: (data) => { told.push(['approve', data]); return new Promise((go) => { window.go = go; }); }}",
    )
    window = await click(tab)

    await answer(window, "Approve")
    ((_, data),) = await told(tab, 1)
    assert not window.is_closed()
    async with window.expect_event("close"):
        await tab.evaluate("go()")

    assert (data["orderID"], len(data["payerID"]), data["paymentSource"]) == (order, 13, "paypal")


async def test_order_made_in_the_browser_works_and_the_console_names_the_servers_route(
    tab: Page, merchant: Merchant
) -> None:
    create = f"(_, actions) => actions.order.create({BODY})"
    approve = "async (_, actions) => { told.push(['status', (await actions.order.capture()).status]); }"
    await mount(tab, merchant, f"{{createOrder: {create}, onApprove: {approve}}}")

    async with tab.expect_console_message(lambda said: "POST /v2/checkout/orders)" in said.text) as warned:
        window = await click(tab)
    async with tab.expect_console_message(lambda said: "/capture)" in said.text):
        await answer(window, "Approve")

    assert (await warned.value).type == "warning"
    assert await told(tab, 1) == [["status", "COMPLETED"]]


async def test_order_is_captured_in_the_browser_when_the_page_passes_no_on_approve(
    tab: Page, merchant: Merchant
) -> None:
    order = await mount(tab, merchant, "{onApprove: undefined}")
    window = await click(tab)

    warned = tab.expect_console_message(lambda said: said.text.startswith("onApprove is missing"))
    async with warned, window.expect_event("close"):
        await answer(window, "Approve")

    assert merchant.call("GET", f"/v2/checkout/orders/{order}")["status"] == "COMPLETED"


async def test_capture_in_the_browser_restarts_by_itself_when_the_card_is_declined(
    tab: Page, merchant: Merchant
) -> None:
    await mount(
        tab,
        merchant,
        "{onApprove: async (_, actions) => { told.push(['status', (await actions.order.capture()).status]); }}",
    )
    window = await click(tab)

    await answer(window, "Approve", "Card declined")
    await expect(window.get_by_role("alert")).to_be_visible()
    await answer(window, "Approve")

    assert await told(tab, 1) == [["status", "COMPLETED"]]


async def test_restart_never_resolves_and_offers_the_same_order(tab: Page, merchant: Merchant) -> None:
    restart = (
        "async (data, actions) =>"
        " { told.push(['approve', data.orderID]); await actions.restart(); told.push(['late']); }"
    )
    order = await mount(tab, merchant, f"{{onApprove: {restart}}}")
    window = await click(tab)

    await answer(window, "Approve")
    await expect(window.get_by_role("status")).to_contain_text("approved this payment already")
    await answer(window, "Approve")

    assert await told(tab, 2) == [["approve", order]] * 2


async def test_error_is_told_when_no_order_id_is_passed(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, order="")

    window = await click(tab)

    assert await told(tab, 1) == [["error", "Expected an order id to be passed"]]
    assert window.is_closed() or await window.wait_for_event("close")


async def test_error_is_told_when_the_order_is_nobodys(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, order="5O190127TN364715T")

    await click(tab)

    ((name, words),) = await told(tab, 1)
    assert name == "error"
    assert words.startswith("INVALID_RESOURCE_ID: Specified resource ID does not exist.")
    assert "(Corr ID: " in words


async def test_paypal_pitfall_12_closing_before_the_order_is_known_is_an_error_and_no_cancellation(
    tab: Page, merchant: Merchant
) -> None:
    await mount(tab, merchant, "{createOrder: () => new Promise((go) => { window.go = go; })}")
    window = await click(tab)

    await window.close()

    assert await told(tab, 1) == [["error", "Detected popup close"]]


async def test_order_that_comes_after_the_window_was_closed_opens_nothing(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, "{createOrder: () => new Promise((go) => { window.go = go; })}")
    window = await click(tab)
    await window.close()
    await told(tab, 1)

    await tab.evaluate("go('5O190127TN364715T')")
    await tab.evaluate("new Promise((done) => setTimeout(done))")

    assert await tab.evaluate("told.length") == 1
    assert len(tab.context.pages) == 1


async def test_cancel_tells_the_order(tab: Page, merchant: Merchant) -> None:
    order = await mount(tab, merchant, "{onCancel: (data) => told.push(['cancel', data.orderID])}")
    window = await click(tab)

    await window.get_by_role("button", name="Cancel").click()

    assert await told(tab, 1) == [["cancel", order]]


async def test_nothing_is_made_when_the_page_rejects_the_click(tab: Page, merchant: Merchant) -> None:
    await mount(
        tab,
        merchant,
        "{onClick: (data, actions) => { told.push(['click', data.fundingSource]); return actions.reject(); },"
        " createOrder: () => told.push(['made'])}",
    )

    window = await click(tab)

    assert window.is_closed() or await window.wait_for_event("close")
    assert await tab.evaluate("told") == [["click", "paypal"]]


@pytest.mark.parametrize("url", ["/orders/tok", "localhost/orders"])
async def test_redirect_is_refused_when_the_address_is_not_whole(tab: Page, merchant: Merchant, url: str) -> None:
    await mount(tab, merchant, f"{{onApprove: (_, actions) => actions.redirect('{url}')}}")

    await answer(await click(tab), "Approve")

    assert await told(tab, 1) == [["error", f"Invalid redirect url: {url} - must be fully qualified url"]]


async def test_window_is_closed_when_the_page_is_led_on(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, "{onApprove: (_, actions) => actions.redirect(location.origin + '/orders/tok')}")
    window = await click(tab)

    async with window.expect_event("close"):
        await answer(window, "Approve")

    await expect(tab.get_by_role("heading", name="Your order")).to_be_visible()


async def test_window_is_closed_when_the_page_leaves_before_it_is_told_to(tab: Page, merchant: Merchant) -> None:
    # As where the next page is there before the frame has heard: the library itself closes nothing here.
    leave = "{onApprove: () => { location.assign('/orders/tok'); return new Promise(() => {}); }}"
    await mount(tab, merchant, leave)
    window = await click(tab)

    async with window.expect_event("close"):
        await answer(window, "Approve")

    await expect(tab.get_by_role("heading", name="Your order")).to_be_visible()


async def test_paypal_pitfall_15_other_payee_is_only_warned_of_when_the_script_names_no_merchant(
    tab: Page, merchant: Merchant
) -> None:
    await load(tab, merchant)
    amount = {"currency_code": "EUR", "value": "24.00"}
    unit = {"amount": amount, "payee": {"email_address": "vera@example.com"}}
    made = merchant.call("POST", "/v2/checkout/orders", {"intent": "CAPTURE", "purchase_units": [unit]})
    await tab.evaluate(MOUNT.replace("PROPS", "{}"), made["id"])

    async with tab.expect_console_message(lambda said: "merchant-id=vera@example.com or" in said.text) as warned:
        window = await click(tab)

    await expect(window.get_by_role("button", name="Approve")).to_be_visible()
    assert (await warned.value).type == "warning"


async def test_button_believes_its_own_window_only(tab: Page, merchant: Merchant) -> None:
    order = await mount(tab, merchant)
    window = await click(tab)
    await window.get_by_role("button", name="Approve").wait_for()
    forged = "(id) => frames[0].postMessage({outcome: 'approved', orderID: id, payerID: 'X'}, '*')"

    await tab.evaluate(forged, order)
    await tab.frames[1].evaluate("new Promise((done) => setTimeout(done))")
    await window.get_by_role("button", name="Cancel").click()

    assert await told(tab, 1) == [["cancel", {"orderID": order}]]
