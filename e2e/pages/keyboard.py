"""The keyboard alone, as somebody uses it who has no mouse."""

from __future__ import annotations

from playwright.sync_api import Locator

PRESSES = 150


def tab_to(place: Locator) -> None:
    """Press Tab until the focus is there, or on one of several such. Raises AssertionError when it never is."""
    page = place.page
    reached = place.and_(page.locator(":focus"))
    for _ in range(PRESSES):
        page.keyboard.press("Tab")
        if reached.count():
            return
    raise AssertionError(f"Tab never came to {place}")


def press(place: Locator) -> None:
    """Go to a link or button by Tab and press Enter on it."""
    tab_to(place)
    place.page.keyboard.press("Enter")
