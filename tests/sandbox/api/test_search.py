"""The search language, as the provider documents it."""

from urllib.parse import urlencode

import pytest
import stripe

from store.sandbox.stripe.search import SEARCHED
from tests.sandbox.api.conftest import Api


@pytest.fixture
def people(api: Api) -> Api:
    """Three customers; the last made is the newest."""
    api.v1.customers.create({"name": "Ada Buyer", "email": "ada@example.com", "metadata": {"tier": "gold"}})
    api.advance(10)
    api.v1.customers.create({"name": 'Vera "V" Vendor', "email": "vera@example.com"})
    api.advance(10)
    api.v1.customers.create({"name": "Otto", "metadata": {"tier": "Silver", "a b": "it's"}})
    return api


def names(api: Api, query: str) -> list[str]:
    return [str(customer.name).split()[0] for customer in api.v1.customers.search({"query": query}).data]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('email:"ada@example.com"', ["Ada"]),
        ('email:"ADA@EXAMPLE.COM"', ["Ada"]),
        ("email:'ada@example.com'", ["Ada"]),
        ('email:"ada@example"', []),
        ('email~"example"', ["Vera", "Ada"]),
        ('name~"er" email:"x"', None),
        ('-email:"ada@example.com"', ["Otto", "Vera"]),
        ("email:null", ["Otto"]),
        ("-email:null", ["Vera", "Ada"]),
        ('metadata["tier"]:"silver"', ["Otto"]),
        ("metadata['a b']:'it\\'s'", ["Otto"]),
        ('metadata["none"]:null', ["Otto", "Vera", "Ada"]),
        ('name:"vera \\"v\\" vendor"', ["Vera"]),
        ('name~"ada" AND email~"example"', ["Ada"]),
        ('name~"ada" email~"example"', ["Ada"]),
        ('name~"ada" or name~"otto"', ["Otto", "Ada"]),
        ("created>0", ["Otto", "Vera", "Ada"]),
        ("created<=1", []),
    ],
)
def test_customers_are_found_when_the_query_fits(people: Api, query: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(stripe.InvalidRequestError, match="at least 3 characters"):
            names(people, query)
    else:
        assert names(people, query) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "cannot be unset"),
        (" ", "unable to parse"),
        ("ada", "unable to parse"),
        ('email:"a', "unable to parse"),
        ('email:"a" AND x', "unable to parse"),
        ('email:"a" AND name:"b" OR name:"c"', "can't combine"),
        ('shoe_size:"44"', "not supported for search"),
        ('metadata:"x"', "not supported for search"),
        ('email["x"]:"y"', "not supported for search"),
        ('email>"a"', "not numeric"),
        ("created~123", "does not support substring"),
        ('created>"soon"', "not a whole number"),
        ("email~null", "with `:`"),
        (" ".join(['name:"x"'] * 30), "at most 20 clauses"),
    ],
)
def test_query_is_refused_in_words_when_it_makes_no_sense(people: Api, query: str, words: str) -> None:
    status, _, answer = people.raw("GET", "/v1/customers/search?" + _encode(query=query))

    assert status == 400
    assert answer["error"]["param"] == "query"
    assert words in answer["error"]["message"]


def test_every_object_comes_once_when_the_client_pages(people: Api) -> None:
    first = people.v1.customers.search({"query": "created>0", "limit": 2})

    assert (first.has_more, first.object) == (True, "search_result")
    assert [c.name for c in first.auto_paging_iter()] == ["Otto", 'Vera "V" Vendor', "Ada Buyer"]
    assert people.v1.customers.search({"query": "created>0", "limit": 3}).next_page is None


@pytest.mark.parametrize("page", ["x", "!!!", "Y3VzX25vbmU="])
def test_page_is_refused_when_no_search_gave_it(people: Api, page: str) -> None:
    status, _, answer = people.raw("GET", "/v1/customers/search?" + _encode(query="created>0", page=page))

    assert (status, answer["error"]["param"]) == (400, "page")


def test_deleted_customer_is_not_found(people: Api) -> None:
    ada = people.v1.customers.search({"query": 'name~"ada"'}).data[0]
    people.v1.customers.delete(ada.id)

    assert names(people, 'name~"ada"') == []


def test_found_objects_are_expanded_when_it_is_asked(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})
    api.v1.payment_intents.create({"amount": 500, "currency": "usd", "customer": customer.id})

    found = api.v1.payment_intents.search({"query": "amount:500", "expand": ["data.customer"]})

    assert found.data[0].customer.name == "Ada"  # type: ignore[union-attr]


def test_another_account_s_objects_are_not_found(people: Api) -> None:
    vendor = people.vendor()

    assert people.v1.customers.search({"query": "created>0"}, {"stripe_account": vendor.id}).data == []


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("charge", 'payment_method_details.card.last4:"4242" AND status:"succeeded" amount>=1000 -refunded:"true"'),
        ("payment_intent", 'status:"succeeded" currency:"USD"'),
        ("price", 'active:"true" AND type:"one_time"'),
        ("product", 'name~"print"'),
    ],
)
def test_object_is_found_by_its_own_fields(api: Api, kind: str, query: str) -> None:
    api.pay(api.open_session().id)
    product = api.v1.products.create({"name": "Riso print"})
    api.v1.prices.create({"product": product.id, "unit_amount": 500, "currency": "usd"})

    status, _, answer = api.raw("GET", f"/v1/{kind}s/search?" + _encode(query=query))

    assert status == 200
    assert {row["object"] for row in answer["data"]} == {kind}


@pytest.mark.parametrize("kind", list(SEARCHED))
def test_search_stands_before_the_id_in_the_address(api: Api, kind: str) -> None:
    status, _, answer = api.raw("GET", f"/v1/{kind}s/search")

    assert (status, answer["error"]["param"]) == (400, "query")


def _encode(**fields: str) -> str:
    return urlencode(fields)
