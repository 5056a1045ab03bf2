"""The watch over every browser sees what it is there for."""

from __future__ import annotations

from typing import Literal

import pytest

from e2e.pages.shop import Shop
from e2e.watch import Watch

Event = Literal["console", "pageerror", "requestfailed"]


@pytest.mark.parametrize(
    ("deed", "event", "wrong"),
    [
        ("console.error('it broke')", "console", "console: it broke"),
        ("setTimeout(() => { throw new Error('nobody caught this'); })", "pageerror", "nobody caught this"),
        (
            "document.body.append(Object.assign(new Image(), {src: 'http://example.com/'}))",
            "console",
            "Content Security",
        ),
        ("setTimeout(() => location.assign('http://example.com/'))", "requestfailed", "a request left this machine"),
    ],
    ids=["console", "exception", "policy", "stranger"],
)
def test_deed_of_a_page_is_reported_when_it_is_wrong(
    shop: Shop, watch: Watch, deed: str, event: Event, wrong: str
) -> None:
    shop.open_home()

    with shop.page.expect_event(event):
        shop.page.evaluate(deed)
    shop.page.context.cookies()  # whatever else the browser had to say has been heard when this is answered

    with pytest.raises(AssertionError, match=wrong):
        watch.check()
    watch.problems.clear()


def test_page_is_reported_when_it_has_no_policy(shop: Shop, watch: Watch) -> None:
    shop.page.route("**/help", lambda route: route.fulfill(body="<h1>Help</h1>", content_type="text/html"))

    shop.page.goto("/help")

    with pytest.raises(AssertionError, match="a page without the policy"):
        watch.check()
    watch.problems.clear()


def test_error_is_reported_when_it_was_expected_and_never_came() -> None:
    watch = Watch(())
    watch.expect(404)

    with pytest.raises(AssertionError, match="status of 404"):
        watch.check()
