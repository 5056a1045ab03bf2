"""Lists: newest first, both cursors, limits, creation ranges; expansion to four levels."""

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import Api


@pytest.fixture
def names(api: Api) -> list[str]:
    """Five customers' ids, newest first; a minute lies between two of them."""
    ids = []
    for number in range(5):
        ids.append(api.v1.customers.create({"name": f"Ada {number}"}).id)
        api.advance(60)
    return ids[::-1]


def test_page_is_newest_first_and_says_when_there_is_more(api: Api, names: list[str]) -> None:
    page = api.v1.customers.list({"limit": 2})

    assert ([c.id for c in page.data], page.has_more, page.url) == (names[:2], True, "/v1/customers")
    assert api.v1.customers.list({"limit": 5}).has_more is False


def test_page_goes_on_after_the_cursor(api: Api, names: list[str]) -> None:
    page = api.v1.customers.list({"limit": 2, "starting_after": names[1]})

    assert ([c.id for c in page.data], page.has_more) == (names[2:4], True)


def test_page_ends_before_the_cursor(api: Api, names: list[str]) -> None:
    page = api.v1.customers.list({"limit": 2, "ending_before": names[3]})
    first = api.v1.customers.list({"limit": 2, "ending_before": names[2]})

    assert ([c.id for c in page.data], page.has_more) == (names[1:3], True)
    assert ([c.id for c in first.data], first.has_more) == (names[:2], False)


def test_every_object_comes_once_when_the_client_pages(api: Api, names: list[str]) -> None:
    assert [c.id for c in api.v1.customers.list({"limit": 2}).auto_paging_iter()] == names


@pytest.mark.parametrize(
    ("bound", "expected"), [("gte", [0, 1, 2]), ("gt", [0, 1]), ("lte", [2, 3, 4]), ("lt", [3, 4])]
)
def test_list_is_cut_when_a_creation_range_is_given(
    api: Api, names: list[str], bound: str, expected: list[int]
) -> None:
    middle = api.v1.customers.retrieve(names[2]).created

    found = api.v1.customers.list({"created": {bound: middle}})  # type: ignore[misc]

    assert [c.id for c in found.data] == [names[n] for n in expected]


def test_cursor_is_refused_when_nobody_knows_it(api: Api, names: list[str]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.customers.list({"starting_after": "cus_unknown"})
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.list({"starting_after": names[0], "ending_before": names[1]})

    assert caught.value.param == "starting_after"


def test_reference_becomes_the_object_when_it_is_expanded(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})
    session = api.open_session(customer=customer.id, expand=["customer"])

    assert session.customer.name == "Ada"


def test_references_are_followed_four_levels_deep(api: Api) -> None:
    vendor = api.vendor()
    data = {"payment_intent_data": {"application_fee_amount": 100}}
    session = api.open_session(account=vendor.id, **data)
    api.pay(session.id)
    api.advance(3)

    path = "payment_intent.latest_charge.application_fee.balance_transaction"
    found = api.v1.checkout.sessions.retrieve(session.id, {"expand": [path]}, {"stripe_account": vendor.id})

    assert found.payment_intent.latest_charge.application_fee.balance_transaction.amount == 100


def test_references_are_followed_four_levels_deep_when_something_is_made(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id)
    intent = str(api.v1.checkout.sessions.retrieve(session.id).payment_intent)

    path = "charge.payment_intent.latest_charge.balance_transaction"
    refund = api.v1.refunds.create({"payment_intent": intent, "amount": 100, "expand": [path]})

    charge: Any = refund.charge
    assert charge.payment_intent.latest_charge.balance_transaction.amount == 1000


def test_references_inside_a_list_are_followed_four_levels_deep_and_its_data_is_one(api: Api) -> None:
    api.pay(api.open_session().id)
    api.advance(3)

    reference = "data.payment_intent.latest_charge.balance_transaction"
    found: Any = api.v1.checkout.sessions.list({"expand": [reference]})
    lines: Any = api.v1.checkout.sessions.retrieve(found.data[0].id, {"expand": ["line_items.data.price.product"]})

    assert found.data[0].payment_intent.latest_charge.balance_transaction.amount == 1000
    assert lines.line_items.data[0].price.product.name == "Print"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/checkout/sessions/{}?expand[]=payment_intent.latest_charge.balance_transaction.source.customer",
        "/v1/checkout/sessions?expand[]=data.payment_intent.latest_charge.balance_transaction.source",
        "/v1/checkout/sessions?expand[]=data.line_items.data.price.product",
    ],
)
def test_expansion_is_refused_when_it_goes_five_levels_deep(api: Api, path: str) -> None:
    session = api.open_session()
    api.pay(session.id)

    good, _, _ = api.raw("GET", path.format(session.id).rpartition(".")[0])
    status, _, answer = api.raw("GET", path.format(session.id))

    assert (good, status) == (200, 400)
    assert (answer["error"]["type"], answer["error"]["param"]) == ("invalid_request_error", "expand")
    assert answer["error"]["message"].startswith("You cannot expand more than 4 levels of a property.")


def test_references_inside_a_list_are_expanded(api: Api) -> None:
    api.pay(api.open_session().id)

    found = api.v1.checkout.sessions.list({"expand": ["data.payment_intent.latest_charge", "data.line_items"]})

    assert found.data[0].payment_intent.latest_charge.status == "succeeded"
    assert found.data[0].line_items.data[0].quantity == 1


def test_nothing_happens_when_the_reference_is_null(api: Api) -> None:
    session = api.open_session(expand=["payment_intent.latest_charge.transfer_data.destination", "customer"])

    assert (session.payment_intent, session.customer) == (None, None)


@pytest.mark.parametrize("path", ["colour", "amount_total", "customer.colour", "a.b.c.d.e", "line_items.data.colour"])
def test_expansion_is_refused_when_it_leads_nowhere(api: Api, path: str) -> None:
    customer = api.v1.customers.create({"name": "Ada"})

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(customer=customer.id, expand=[path])

    assert caught.value.param == "expand"
    assert api.v1.checkout.sessions.list().data == []
