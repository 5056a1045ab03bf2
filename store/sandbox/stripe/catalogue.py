"""Products and prices (one-off): what a session's line items refer to.

Invariant: a price's amount never changes; one that is no longer wanted is set inactive and another one made
(docs.stripe.com/products-prices). A product with prices cannot be deleted.
"""

from typing import Any

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Condition, Document, World
from store.sandbox.stripe import rules
from store.sandbox.stripe.money import MAX_AMOUNT, check_currency
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import LISTS, Call, Route

PRODUCT_FIELDS = """
    active description images marketing_features metadata name shippable statement_descriptor
    tax_code unit_label url
"""
PRICE_FIELDS = "active lookup_key metadata nickname tax_behavior"


def create_product(call: Call) -> Document:
    """Create a product; `id` may be chosen by the caller."""
    if "id" in call.params and call.world.has(call.account, "product", call.params["id"]):
        raise refuse(f"Product already exists: {call.params['id']}.", param="id", code="resource_already_exists")
    product = _make_product(call.world, call.account, call.params, active=True)
    call.world.emit(call.account, "product.created", product)
    return product


def retrieve_product(call: Call) -> Document:
    """Return one product."""
    return call.world.get(call.account, "product", call.ids["id"])


def list_products(call: Call) -> Document:
    """Return products newest first."""
    ids: list[Condition] = [("id", "IN", call.params["ids"])] if "ids" in call.params else []
    return call.page("product", "active", "url", "shippable", "type", where=ids)


def update_product(call: Call) -> Document:
    """Change the given fields; `metadata` is merged."""
    return _update(call, "product", call.ids["id"])


def delete_product(call: Call) -> Document:
    """Delete a product that has no prices."""
    product = retrieve_product(call)
    if call.world.find(call.account, "price", product=product["id"]):
        raise refuse(
            "This product cannot be deleted because it has one or more user-created prices. Set it inactive instead.",
            param="id",
        )
    call.world.delete(call.account, "product", product["id"])
    call.world.emit(call.account, "product.deleted", product)
    return {"id": product["id"], "object": "product", "deleted": True}


def create_price(call: Call) -> Document:
    """Create a one-off price for a product."""
    params = call.params
    price = price_from_data(call.world, call.account, params, "", active=params.get("active", True))
    price |= {name: params.get(name) for name in ("lookup_key", "nickname")}
    price["metadata"] = merge_metadata({}, params.get("metadata") or {})
    call.world.put(call.account, "price", price)
    call.world.emit(call.account, "price.created", price)
    return price


def retrieve_price(call: Call) -> Document:
    """Return one price."""
    return call.world.get(call.account, "price", call.ids["price"], param="price")


def list_prices(call: Call) -> Document:
    """Return prices newest first."""
    keys: list[Condition] = []
    if "lookup_keys" in call.params:
        keys = [("lookup_key", "IN", call.params["lookup_keys"])]
    if "recurring" in call.params:
        keys.append(("type", "IS", "recurring"))
    return call.page("price", "active", "currency", "product", "type", where=keys)


def update_price(call: Call) -> Document:
    """Change what may change of a price: not its amount."""
    return _update(call, "price", call.ids["price"])


def price_from_data(world: World, account: str, data: Params, param: str, *, active: bool = False) -> Document:
    """Store the price that `price_data` describes (inactive unless said otherwise) and return it.

    `param` is the hash that the data stands in, empty when it is the request itself.
    """
    names = {name: f"{param}[{name}]" if param else name for name in ("currency", "unit_amount", "product")}
    currency = check_currency(data["currency"], names["currency"])
    amount, field = data.get("unit_amount"), names["unit_amount"]
    if amount is None:
        raise refuse(f"Missing required param: {field}.", param=field, code="parameter_missing")
    if not 0 <= amount <= MAX_AMOUNT:
        raise refuse(f"Invalid integer: {amount}; must be between 0 and {MAX_AMOUNT}.", param=field)
    if ("product" in data) == ("product_data" in data):
        raise refuse("You must specify exactly one of `product` and `product_data`.", param=names["product"])
    if "product" in data:
        product = world.get(account, "product", data["product"], param=names["product"])
    else:
        product = _make_product(world, account, data["product_data"], active=active)
    price = blank(
        world,
        "price",
        active=active,
        billing_scheme="per_unit",
        currency=currency,
        product=product["id"],
        tax_behavior=data.get("tax_behavior", "unspecified"),
        type="one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    world.put(account, "price", price)
    return price


def _make_product(world: World, account: str, fields: dict[str, Any], *, active: bool) -> Document:
    product = blank(
        world,
        "product",
        id=fields.get("id"),
        active=active,
        images=[],
        marketing_features=[],
        type="service",
        updated=world.clock.now(),
    )
    kept = {k: v for k, v in fields.items() if k not in ("expand", "metadata", "id") and v is not None}
    product |= kept | {"metadata": merge_metadata({}, fields.get("metadata") or {})}
    world.put(account, "product", product)
    return product


def _update(call: Call, kind: str, id: str) -> Document:
    obj = call.world.get(call.account, kind, id)
    before = dict(obj)
    for name, value in call.params.items():
        if name == "metadata":
            obj["metadata"] = merge_metadata(obj["metadata"], value)
        elif name != "expand":
            obj[name] = value
    if "updated" in obj:
        obj["updated"] = call.now
    call.world.put(call.account, kind, obj)
    call.world.emit(call.account, f"{kind}.updated", obj, {k: v for k, v in before.items() if obj[k] != v})
    return obj


ROUTES = (
    Route("POST /v1/products", create_product, f"id {PRODUCT_FIELDS}"),
    Route("GET /v1/products/{id}", retrieve_product),
    Route("GET /v1/products", list_products, f"{LISTS} created active ids url shippable type"),
    Route("POST /v1/products/{id}", update_product, PRODUCT_FIELDS),
    Route("DELETE /v1/products/{id}", delete_product),
    Route(
        "POST /v1/prices",
        create_price,
        f"{PRICE_FIELDS} currency product product_data unit_amount",
        (rules.PRICE_CREATE,),
    ),
    Route("GET /v1/prices/{price}", retrieve_price),
    Route(
        "GET /v1/prices",
        list_prices,
        f"{LISTS} created active currency product type lookup_keys recurring",
        (rules.PRICE_LIST,),
    ),
    Route("POST /v1/prices/{price}", update_price, PRICE_FIELDS),
)
