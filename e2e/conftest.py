"""What every journey gets: a market, a browser that is watched, a buyer of its own.

Nobody shares anything: each test has fresh browser contexts, an address of its own and, before it starts, shelves and
a provider as they were seeded. When it has ended, what must hold does: `e2e/invariants.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from e2e.chromium import launch_options
from e2e.invariants import check_after
from e2e.market import Market, visit_market
from e2e.pages.rails import RAILS, Rail
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import ARGS, Watch

DESKTOP, PHONE = 1280, 390
HEIGHTS = {DESKTOP: 900, PHONE: 844}
# Long for a person, short for a machine that runs several browsers and shops at once.
EXPECT_MILLISECONDS = 15_000
NewContext = Callable[..., BrowserContext]


def pytest_configure(config: pytest.Config) -> None:
    expect.set_options(timeout=EXPECT_MILLISECONDS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of `e2e.chromium`, unable to resolve any name but this machine's."""
    ours = launch_options()
    return {**browser_type_launch_args, **ours, "args": [*ours["args"], *ARGS]}


@pytest.fixture(scope="session")
def market() -> Iterator[Market]:
    """One market per worker."""
    with visit_market() as market:
        yield market


@pytest.fixture(scope="session")
def base_url(market: Market) -> str:
    """Where `page.goto("/")` leads."""
    return market.shop


@pytest.fixture(autouse=True)
def fresh(market: Market, request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing of the test before is left, and the test leaves nothing broken but what its mark names."""
    market.begin()
    yield
    check_after(market, request)


@pytest.fixture
def watch(market: Market, pytestconfig: pytest.Config) -> Iterator[Watch]:
    """Fails the test for what a browser saw go wrong."""
    watch = Watch((market.shop, market.sandbox))
    if pytestconfig.getoption("--tracing") != "off":
        watch.allow("Blocked script execution")  # the recorder looks into the mailbox's locked frame
    yield watch
    watch.check()


@pytest.fixture(params=[DESKTOP, pytest.param(PHONE, marks=pytest.mark.long)], ids=["desktop", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    """CSS pixels: a desk's screen, or a telephone's."""
    return int(request.param)


@pytest.fixture
def new_context(new_context: NewContext, watch: Watch, width: int) -> NewContext:
    """Every browser context of a test is watched and has the test's width."""

    def make(**options: Any) -> BrowserContext:
        size = {"width": width, "height": HEIGHTS[width]}
        context = new_context(**{"viewport": size, "reduced_motion": "reduce", "locale": "en-GB", **options})
        context.set_default_timeout(EXPECT_MILLISECONDS)
        watch.follow(context)
        return context

    return make


@pytest.fixture
def new_visitor(new_context: NewContext) -> Callable[..., Shop]:
    """Make another visitor, with cookies of his own; options are those of a browser context."""
    return lambda **options: Shop(new_context(**options).new_page())


@pytest.fixture
def shop(new_visitor: Callable[..., Shop]) -> Shop:
    """The shop as one visitor sees it."""
    return new_visitor()


@pytest.fixture(params=RAILS, ids=[rail.name for rail in RAILS])
def rail(request: pytest.FixtureRequest) -> Rail:
    """One way to pay after the other: the journey that asks for it is made once for each."""
    assert isinstance(request.param, Rail)
    return request.param


@pytest.fixture
def ada() -> Person:
    """Ada buys; her mails are hers alone."""
    return Person("Ada Buyer", f"ada.{secrets.token_hex(4)}@example.com")


@pytest.fixture
def otto() -> Person:
    """Otto owns nothing of Ada's."""
    return Person("Otto Other", f"otto.{secrets.token_hex(4)}@example.com")
