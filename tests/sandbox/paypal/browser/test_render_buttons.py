"""Rendering the library's buttons: where, how they look, what ends them, and how a page takes up a redirect."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.sandbox.paypal.browser.merchant import Merchant
from tests.sandbox.paypal.browser.steps import answer, button, click, load, mount, told


async def test_page_may_switch_the_button_off_and_on(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, "{onInit: (_, actions) => { window.able = actions; actions.disable(); }}")
    await expect(button(tab)).to_be_disabled()

    await tab.evaluate("able.enable()")

    await expect(button(tab)).to_be_enabled()


async def test_render_is_rejected_when_there_is_no_such_container(tab: Page, merchant: Merchant) -> None:
    await load(tab, merchant)

    words = await tab.evaluate("paypal.Buttons().render('#nowhere').catch((error) => error.message)")

    assert words == "Document is ready and element #nowhere does not exist"


async def test_button_comes_when_the_page_asks_before_its_container_was_read(tab: Page, merchant: Merchant) -> None:
    merchant.own_script = "void 0;"
    merchant.early_script = "paypal.Buttons({}).render('#paypal-buttons')"

    await tab.goto(f"{merchant.url}/pay")

    await expect(button(tab)).to_be_visible()


async def test_nothing_is_there_to_click_while_the_frame_has_no_script_to_hear_it(
    tab: Page, merchant: Merchant
) -> None:
    held: list[Route] = []
    await tab.route("**/sdk/button.js", lambda route: held.append(route))
    await load(tab, merchant)
    await tab.evaluate("void paypal.Buttons().render('#paypal-buttons')")
    there = tab.frame_locator("#paypal-buttons iframe").locator("button")
    await expect(there).to_be_attached()

    await expect(there).to_be_hidden()
    await held.pop().continue_()

    await expect(there).to_be_visible()
    await click(tab)


async def test_style_is_the_usual_one_where_the_page_leaves_it_open(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant, "{style: {color: undefined, label: undefined, height: undefined}}")

    await expect(button(tab)).to_have_text("PayPal")
    await expect(button(tab)).to_have_class("gold rect")


@pytest.mark.parametrize(
    ("style", "sentence"),
    [
        ("{height: 60}", "Expected style.height to be between 25px and 55px - got 60px"),
        ("{height: '48'}", "Expected style.height to be a number, got: 48"),
        ("{color: 'red'}", "Unexpected style.color for paypal button: red, expected gold, blue, silver, white, black"),
        ("{shape: 'round'}", "Unexpected style.shape for paypal button: round, expected rect, pill, sharp"),
        ("{layout: 'vertical', tagline: true}", "style.tagline is not allowed for vertical layout"),
    ],
)
async def test_style_is_refused_when_it_is_none_of_the_buttons(
    tab: Page, merchant: Merchant, style: str, sentence: str
) -> None:
    await load(tab, merchant)

    words = await tab.evaluate(
        f"() => {{ try {{ paypal.Buttons({{style: {style}}}) }} catch (e) {{ return e.message }} }}"
    )

    assert words == sentence


async def test_only_paypal_itself_is_eligible(tab: Page, merchant: Merchant) -> None:
    await load(tab, merchant)

    found = await tab.evaluate(
        "() => [undefined, paypal.FUNDING.PAYPAL, paypal.FUNDING.CARD].map((fundingSource) =>"
        " paypal.Buttons({fundingSource}).isEligible())"
    )

    assert found == [True, True, False]
    assert "paypal" in await tab.evaluate("paypal.getFundingSources()")


async def test_paypal_pitfall_13_page_is_told_when_its_container_is_swapped_out(tab: Page, merchant: Merchant) -> None:
    await mount(tab, merchant)

    await tab.evaluate("document.getElementById('paypal-buttons').remove()")

    assert await told(tab, 1) == [["error", "Detected container element removed from DOM"]]


async def test_paypal_pitfall_13_nothing_is_told_when_the_page_closes_the_buttons_first(
    tab: Page, merchant: Merchant
) -> None:
    await mount(tab, merchant)

    await tab.evaluate("buttons.close().then(() => document.getElementById('paypal-buttons').remove())")
    await tab.evaluate("new Promise((done) => setTimeout(done))")

    assert await tab.evaluate("told") == []


async def test_click_is_told_when_it_comes_before_the_page_is_in_touch_with_the_button(
    tab: Page, merchant: Merchant
) -> None:
    await load(tab, merchant)
    await tab.evaluate(
        """(address) => new Promise((done) => {
          const frame = document.createElement("iframe");
          Object.assign(frame, { src: address, onload: done });
          document.getElementById("paypal-buttons").append(frame);
        })""",
        f"{merchant.sandbox}/sdk/button?client-id=overprint",
    )
    await click(tab)

    await tab.evaluate(
        """() => {
          const { port1, port2 } = new MessageChannel();
          window.told = [];
          port1.onmessage = ({ data }) => told.push(data.verb ?? "answer");
          document.querySelector("#paypal-buttons iframe").contentWindow.postMessage("paypal-button", "*", [port2]);
          port1.postMessage({ number: 1, verb: "hello", words: [] });
        }"""
    )

    assert await told(tab, 2) == ["answer", "clicked"]


async def test_paypal_pitfall_13_button_works_on_when_its_container_was_moved_within_the_page(
    tab: Page, merchant: Merchant
) -> None:
    order = await mount(tab, merchant)

    await tab.evaluate("document.querySelector('main').append(document.getElementById('paypal-buttons'))")
    await answer(await click(tab), "Approve")

    ((name, data),) = await told(tab, 1)
    assert (name, data["orderID"]) == ("approve", order)


@pytest.mark.parametrize("end", ["go('5O190127TN364715T')", "fail(new Error('too late'))"])
async def test_paypal_pitfall_13_nothing_is_told_when_the_order_comes_after_the_page_has_closed_the_buttons(
    tab: Page, merchant: Merchant, end: str
) -> None:
    await mount(tab, merchant, "{createOrder: () => new Promise((go, fail) => { Object.assign(window, {go, fail}); })}")
    window = await click(tab)
    await tab.wait_for_function("Boolean(window.go)")

    await tab.evaluate(f"buttons.close().then(() => {end})")
    await tab.evaluate("new Promise((done) => setTimeout(done))")

    assert await tab.evaluate("told") == []
    assert window.is_closed() or await window.wait_for_event("close")


async def test_paypal_pitfall_13_buttons_are_destroyed_when_the_script_is_loaded_twice(
    tab: Page, merchant: Merchant
) -> None:
    await mount(tab, merchant)

    await tab.evaluate(
        "() => { const again = document.createElement('script');"
        " again.src = document.getElementById('paypal-script').src; document.head.append(again); }"
    )

    assert await told(tab, 1) == [["error", "zoid destroyed all components"]]
    await expect(tab.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("#onApprove?token=ORDER&PayerID=ADA", ["approve", "ORDER ADA"]),
        ("?token=ORDER&PayerID=ADA", ["approve", "ORDER ADA"]),
        ("#onCancel?token=ORDER&PayerID=ADA", ["cancel", "ORDER"]),
        ("?token=ORDER", ["cancel", "ORDER"]),
        ("#onError?message=Broken", ["error", "Broken"]),
    ],
)
async def test_return_in_the_address_is_told_when_the_page_resumes(
    tab: Page, merchant: Merchant, address: str, expected: list[str]
) -> None:
    merchant.own_script = "void 0;"
    await tab.goto(f"{merchant.url}/pay{address}")
    await tab.wait_for_function("window.paypal")

    row = await tab.evaluate(
        """() => new Promise((done) => {
          const buttons = paypal.Buttons({
            onApprove: async (data) => done(["approve", `${data.orderID} ${data.payerID}`]),
            onCancel: (data) => done(["cancel", data.orderID]),
            onError: (error) => done(["error", error.message]),
          });
          if (buttons.hasReturned()) buttons.resume();
        })"""
    )

    assert row == expected
