"""What a page does with the library and what its buyer does in the window, in the words of the tests."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page

from tests.sandbox.paypal.browser.merchant import Merchant

# What a page is told, in order; `order` is the id that createOrder answers with.
MOUNT = """async (order) => {
  window.told = [];
  const tell = (name) => (value) => { told.push([name, value?.message ?? value]); };
  const base = { onApprove: tell("approve"), onCancel: tell("cancel"), onError: tell("error") };
  window.buttons = paypal.Buttons({ createOrder: async () => order, ...base, ...PROPS });
  await buttons.render("#paypal-buttons");
}"""

# How often the mouse comes near at most.
HOVERS = 50


def button(tab: Page) -> Locator:
    return tab.frame_locator("#paypal-buttons iframe").get_by_role("button")


async def load(tab: Page, merchant: Merchant) -> None:
    """A page that has the library and calls nothing."""
    merchant.own_script = "void 0;"
    await tab.goto(f"{merchant.url}/pay")
    await tab.wait_for_function("window.paypal")


async def mount(tab: Page, merchant: Merchant, props: str = "{}", order: str | None = None) -> str:
    """Render buttons with these props, written as JavaScript, over an order made by the server; return its id."""
    await load(tab, merchant)
    made = order if order is not None else merchant.create_order()["id"]
    await tab.evaluate(MOUNT.replace("PROPS", props), made)
    return str(made)


async def click(tab: Page) -> Page:
    """Click once, when the frame feels the mouse: of one that has only just come the browser may not know where."""
    async with tab.expect_popup() as opened:
        for _ in range(HOVERS):
            await button(tab).hover()
            if await button(tab).evaluate("button => button.matches(':hover')"):
                break
        await button(tab).click()
    return await opened.value


async def answer(window: Page, name: str, outcome: str = "PayPal balance") -> None:
    await window.get_by_label(outcome).check()
    await window.get_by_role("button", name=name).click()


async def told(tab: Page, count: int) -> list[list[Any]]:
    """What the page was told, once it was told `count` things."""
    await tab.wait_for_function("count => window.told.length >= count", arg=count)
    rows: list[list[Any]] = await tab.evaluate("told")
    return rows
