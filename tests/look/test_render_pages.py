"""Rendered pages: one h1, unique ids, labelled controls, errors that are linked and named, no markup from data."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec import structs

from store.cart.controllers.page import CartPage, GroupView
from store.cart.queries import AppliedCode, CheckoutGroup
from store.kit.money import Money
from store.kit.web.errors import WORDS, ErrorView
from store.orders.queries import TimelineEntry
from store.payments.queries import ChangedPage, changed_page, checkout_page, encode_seen
from tests.look.markup import Outline
from tests.look.pages import PLACED, SOME_ID, Demo, make_group, make_order, make_paid, make_status, render

FIELDS = ("form_id", "email", "full_name", "address_line1", "address_line2", "city", "postcode", "region", "country")
TYPED = dict.fromkeys(FIELDS, "")
ERRORS = {"postcode": "Enter the postcode.", "email": "Enter an email address like name@example.com."}
MAIL = {
    "number": "OP-7K3M9",
    "order_url": "http://localhost:8000/orders/tok",
    "name": "Ada & Co",
    "address": ["Ada & Co", "1 Row"],
    "currency": "USD",
    "subtotal": 4800,
    "delivery": 600,
    "total": 5400,
    "descriptor": "OVERPRINT* OP",
    "method": "Visa 4242",
    "way_back": "Visa 4242",
    "when_back": "Your bank usually shows it within 5 to 10 days.",
    "parts": [
        {
            "vendor": "Kiln & Co",
            "subtotal": 4800,
            "delivery": 600,
            "total": 5400,
            "lines": [{"title": "Enamel mug", "variant": "", "quantity": 2, "unit_price": 2400, "total": 4800}],
        }
    ],
    "vendor": "Kiln & Co",
    "carrier": "Royal Mail",
    "tracking": "RM 123",
    "reason": "The card was declined",
    "amount": 2000,
    "share": 4500,
}


def checkout(errors: dict[str, str], problem: str = "") -> str:
    return render("payments/checkout.html", checkout_page(make_group(), TYPED, errors, problem))


def cut_group(off: int) -> CheckoutGroup:
    """The same group with a code that takes `off` minor units off."""
    group = make_group()
    applied = AppliedCode(SOME_ID, "TENOFF", off, "")
    return structs.replace(group, discount=off, total=group.total - off, applied=applied)


def cart(group: CheckoutGroup, **changes: Any) -> str:
    """The cart's page with one payment and its code's field."""
    values: dict[str, Any] = {
        "title": "Your cart", "count": 2, "groups": (GroupView("group-1", "Your items", group, asks_code=True),),
        "changed": False, "several": False, "removed": None, "restored": "", "errors": {}, "typed": {}, "message": "",
        "code_error": "", "typed_code": "", "code_said": "",
    }  # fmt: skip
    return render("cart/cart.html", CartPage(**{**values, **changes}))


REFUSED_CODE = "TENOFF works once for one email address, and ada@example.com has used it already."
REFUSED_GROUP = structs.replace(make_group(), applied=AppliedCode(SOME_ID, "TENOFF", 0, "TENOFF is no longer valid."))
PAGES = {
    "cart": lambda: cart(make_group()),
    "cart with a code": lambda: cart(cut_group(540), code_said="TENOFF is applied."),
    "cart with a refused code": lambda: cart(make_group(), code_error="There is no code X.", typed_code='X"<'),
    "cart with a code that ended": lambda: cart(REFUSED_GROUP),
    "checkout with a code": lambda: render("payments/checkout.html", checkout_page(cut_group(540), TYPED, {})),
    "checkout with nothing to pay": lambda: render("payments/checkout.html", checkout_page(cut_group(5400), TYPED, {})),
    "checkout with a code used up": lambda: render(
        "payments/checkout.html", checkout_page(cut_group(540), TYPED, {}, code_problem=REFUSED_CODE)
    ),
    "order with discounts": lambda: render(
        "orders/order.html", structs.replace(make_order(make_paid()), discounts=(("TENOFF", 540), ("", 100)))
    ),
    "order waiting": lambda: render("orders/order.html", make_order(make_status())),
    "order paid": lambda: render("orders/order.html", make_order(make_paid())),
    "checkout": lambda: checkout({}),
    "checkout refused": lambda: checkout(ERRORS),
    "checkout without provider": lambda: checkout({}, "Stripe does not answer just now."),
    "changed": lambda: render("payments/changed.html", changed_page("[]", make_group())),
    "changed to nothing": lambda: render("payments/changed.html", ChangedPage((), None)),
    **{
        name: lambda name=name: render(f"info/{name}.html", None, badge=2, flash=("Saved.",))
        for name in ("help", "returns", "terms", "privacy")
    },
    **{
        f"error {status}": lambda status=status: render(
            "errors/error.html", ErrorView(status, *WORDS[status], request_id="R7K3M9", retry_after=5)
        )
        for status in WORDS
    },
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_formed_and_labelled(name: str) -> None:
    assert Outline(PAGES[name]()).find_problems() == []


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<h1>a</h1><h1>b</h1>", "2 h1"),
        ("<h1>a</h1><p id='x'></p><p id='x'></p>", "id x twice"),
        ("<h1>a</h1><input id='q'>", "q has no label"),
        ("<h1>a</h1><p aria-describedby='hint'></p>", "#hint is named and not there"),
        ("<h1>a</h1><a href='#email'>b</a>", "link to #email, which is not there"),
        ("<h1>a</h1><div>", "<div> is never closed"),
        ("<h1>a</h1><p></div>", "</div> closes something else"),
    ],
)
def test_outline_notices_what_is_wrong(page: str, problem: str) -> None:
    assert problem in Outline(page).find_problems()


def test_data_never_becomes_markup() -> None:
    page = PAGES["order paid"]()

    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in page
    assert "<b>Lovelace" not in page


def test_refused_form_says_error_in_title_summary_and_field() -> None:
    page = checkout(ERRORS)

    assert "<title>Error: Checkout" in page
    # The order of the page, not the order in which they were found.
    assert re.findall(r'<a href="#(\w+)">Enter', page) == ["email", "postcode"]
    for name, words in ERRORS.items():
        described = re.search(rf'<input[^>]* id="{name}"[^>]*aria-describedby="([^"]*)" aria-invalid="true"', page)
        assert described is not None, name
        assert f"{name}-error" in described[1].split()
        assert page.index(f'for="{name}"') < page.index(f'id="{name}-error"') < page.index(f'id="{name}" name')
        assert page.count(words) == 2
    assert page.index('id="email-hint"') < page.index('id="email-error"')


def test_form_keeps_what_was_typed() -> None:
    typed = {**TYPED, "city": 'Bath "Spa"', "country": "GB"}

    page = render("payments/checkout.html", checkout_page(make_group(), typed, ERRORS))

    assert 'value="Bath &#34;Spa&#34;"' in page
    assert '<option value="GB" selected>' in page


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"unit_price": 2600, "problem": "The price changed from $24.00 to $26.00."}, "2 × $26.00"),
        ({"available": 1, "problem": "Only 1 left: you wanted 2."}, "1 × $24.00"),
        ({"available": 0, "problem": "This has sold out."}, "This has sold out."),
    ],
)
def test_changed_page_says_both_sides_in_the_same_words(now: dict[str, object], words: str) -> None:
    group = make_group()
    (vendor,) = group.vendors
    line = structs.replace(vendor.lines[0], **now)
    after = structs.replace(group, vendors=(structs.replace(vendor, lines=(line,)),), blocked="Something changed.")

    view = changed_page(encode_seen(group), after)

    assert [(change.saw, change.now) for change in view.changes] == [("2 × $24.00", words)]


def test_changed_page_has_no_empty_table_when_the_goods_are_the_same() -> None:
    group = make_group()

    page = render("payments/changed.html", changed_page(encode_seen(group), group))

    assert "<table" not in page
    assert "what delivery costs or how it is paid has changed" in page
    assert "Go on with the new total, $54.00" in page


def test_checkout_says_what_it_costs_before_the_form() -> None:
    page = checkout({})

    brief = page[page.index('<p class="brief') : page.index('id="checkout-form"')]
    assert "2 items" in brief
    assert "Total $54.00" in brief
    assert 'href="#review-title"' in brief


def test_error_page_says_what_to_do_and_how_to_quote_it() -> None:
    view = ErrorView(429, *WORDS[429], request_id="R7K3M9", retry_after=1)

    page, part = render("errors/error.html", view), render("errors/_error.html", view)

    assert "try again in 1 second." in page
    for text in (page, part):
        assert "Too many tries" in text
        assert "<code>R7K3M9</code>" in text
    assert "<html" not in part


@pytest.mark.parametrize("kind", ["order_confirmed", "payment_failed", "refunded", "refund_failed", "shipped", "sold"])
def test_mail_is_whole_in_text_and_html_without_foreign_parts(kind: str) -> None:
    def money(amount: int) -> str:
        return str(Money(amount, "USD"))

    text, html = (render(f"mail/{kind}.{ending}", MAIL, money=money) for ending in ("txt", "html"))

    subject, _, body = text.partition("\n")
    assert subject.startswith("Subject: ")
    assert "OP-7K3M9" in subject
    assert "Ada & Co" in body
    assert "Ada &amp; Co" in html
    assert kind == "shipped" or "$54.00" in body
    assert "\n\n\n" not in body
    assert kind != "order_confirmed" or "Kiln & Co is preparing it.\n\nKiln & Co\n" in body
    assert kind.startswith("refund") or ("Kiln & Co" in body and "Kiln &amp; Co" in html)
    assert not re.search(r"<(img|link|script)\b|\sstyle=|src=|url\(|@import", html)
    assert MAIL["order_url"] in text
    assert f'href="{MAIL["order_url"]}"' in html


class Region(HTMLParser):
    """The attributes of #order-status."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if dict(attrs).get("id") == "order-status":
            self.attributes = dict(attrs)


def test_waiting_region_polls_exactly_as_agreed() -> None:
    page = render("orders/order.html", make_order(make_status(interval=2000)))

    attributes = Region(page).attributes
    polling = {name: value for name, value in attributes.items() if name.startswith(("hx-", "data-"))}
    assert polling == {
        "data-poll": None,
        "hx-get": "/orders/tok/status",
        "hx-trigger": "every 2000ms, poll-now",
        "hx-swap": "outerMorph",
        "hx-sync": "this:drop",
        "hx-status:404": "swap:outerMorph",
    }
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert page.index("<noscript>") < page.index("</head>")


@pytest.mark.parametrize(
    "part",
    [
        lambda: render("orders/_status.html", make_paid()),
        lambda: render("orders/_status.html", make_status("needs_review", interval=None)),
        lambda: render("orders/_gone.html", None),
        lambda: render("orders/order.html", make_order(make_paid())),
    ],
)
def test_region_that_waits_for_nothing_carries_no_htmx(part) -> None:  # type: ignore[no-untyped-def]
    page = part()

    attributes = Region(page).attributes
    assert attributes["id"] == "order-status"
    assert not [name for name in attributes if name.startswith(("hx-", "data-"))]
    assert "http-equiv" not in page


@pytest.mark.parametrize(("state", "shown"), [("paid", True), ("partially_refunded", True), ("refunded", False)])
def test_parcel_is_promised_only_while_something_is_still_bought(state: str, shown: bool) -> None:
    status = make_status(state, interval=None, terminal=True, paid_at=PLACED)

    assert ("To ship" in render("orders/order.html", make_order(status))) is shown


@pytest.mark.parametrize(("door", "words"), [("webhook", "webhook"), ("check", "at your request"), ("", "")])
def test_timeline_names_the_door_in_words(door: str, words: str) -> None:
    part = render("orders/_status.html", make_status(timeline=(TimelineEntry(PLACED, "Canceled.", door),)))

    assert re.findall(r"</time>(?: · ([^<]*))?</p>", part) == [words]


def test_fragment_brings_the_tab_title_and_the_live_text() -> None:
    part = render("orders/_status.html", make_paid())

    assert part.lstrip().startswith("<title>Paid - Order OP-7K3M9</title>")
    assert re.search(r'id="order-live" role="status">\s*<p>Payment received\.', part)


def test_actions_are_real_forms() -> None:
    part = render("orders/_status.html", make_status())

    for verb, words in (("check", "Check now"), ("pay", "Return to payment"), ("cancel", "Cancel")):
        form = re.search(rf'<form action="/orders/tok/{verb}" method="post">.*?</form>', part, re.DOTALL)
        assert form is not None, verb
        assert words in form[0]


def test_sandbox_is_named_only_in_the_demo() -> None:
    demo, real = (render("info/help.html", None, settings=Demo(demo=on)) for on in (True, False))

    assert '<aside class="sandbox"' in demo
    assert 'href="http://127.0.0.1:8001/mailbox"' in demo
    assert "andbox" not in real
    assert "4242" not in real
