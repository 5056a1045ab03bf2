"""The nine who may ask for anything, each with what they hold: a session, an order's token, a seat in a shop."""

from __future__ import annotations

from uuid import UUID

from store.accounts.service import create_person, sign_in
from store.catalogue.imaging import Prepared
from store.catalogue.service.pictures import add_picture
from store.kit.db import fetch, fetch_value, transaction
from store.promotions.service import NewCode, add_code
from tests.payments.buying import MUG
from tests.people import sign_in_as
from tests.world import Browser, World

ACTORS = (
    *("guest", "guest with the token", "another guest"),
    *("buyer", "other buyer", "owner", "staff", "other vendor", "operator"),
)
GUESTS = ACTORS[:3]
# Who has the link of the order that everything is about.
HOLDERS = ("guest with the token", "buyer")
IN_THE_SHOP = ("owner", "staff")
EMAILS = {
    "buyer": "ada@example.com",
    "other buyer": "otto@example.com",
    "owner": "vera@example.com",
    "staff": "staff@example.com",
    "other vendor": "other@example.com",
    "operator": "olga@example.com",
}


class Scene:
    """Ada has bought a mug of Kiln & Co and is about to pay another at PayPal; two more work in shops.

    `facts` fills addresses and forms.
    """

    def __init__(self, world: World, facts: dict[str, str]) -> None:
        self.world = world
        self.facts = facts

    async def enter(self, actor: str) -> Browser:
        """A browser of this actor's, signed in a moment ago; guests have none of that."""
        browser = self.world.browser()
        if actor not in GUESTS:
            person_id = await fetch_value("SELECT id FROM person WHERE email = $1", EMAILS[actor])
            browser.client.cookies.set("sid", await sign_in(person_id, None, "Test") or "")
        return browser


async def set_the_scene(world: World) -> Scene:
    """Everything that the rows of the matrix speak of."""
    ada = world.browser()
    await sign_in_as(ada, "ada")
    path = await ada.buy(MUG)
    await world.settle()
    for actor, slug, role in (("staff", "kiln-co", "staff"), ("other vendor", "turned", "owner")):
        async with transaction():
            person_id = await create_person(EMAILS[actor], "")
            await fetch(
                "INSERT INTO membership (id, person, vendor, role)"
                " SELECT gen_random_uuid(), $1, vendor.id, $3 FROM vendor WHERE slug = $2",
                *(person_id, slug, role),
            )
    await ada.add(MUG)
    waiting = (await ada.check_out(provider="paypal")).rpartition("/")[2]
    await ada.post("/payments/paypal", order=waiting)
    token = path.rpartition("/")[2]
    part_id = await _text('SELECT id FROM vendor_order WHERE "order" = (SELECT id FROM orders WHERE token = $1)', token)
    await ada.post(f"{path}/ask", form_id="form-0000", seller=part_id, about="question", message="When?")
    product_id = await _text("SELECT product FROM variant WHERE sku = $1", MUG)
    vendor_id = await fetch_value("SELECT vendor FROM product WHERE id = $1", UUID(product_id))
    await add_picture(vendor_id, UUID(product_id), Prepared(1, 1, ()), "A mug")
    facts = {
        "token": token,
        "number": await _text("SELECT number FROM orders WHERE token = $1", token),
        "payment": await _text("SELECT token FROM payment WHERE provider = 'stripe'"),
        "session": await _text("SELECT provider_ref FROM payment WHERE provider = 'stripe'"),
        "at_paypal": await _text("SELECT token FROM payment WHERE provider = 'paypal'"),
        "part_id": part_id,
        "message_id": await _text("SELECT id FROM order_message"),
        "picture_id": await _text("SELECT id FROM picture"),
        "promotion_id": str(await add_code(vendor_id, NewCode("MINE", 100, None, "USD", None, None, None))),
        "variant": await _text("SELECT id FROM variant WHERE sku = $1", MUG),
        "product_id": product_id,
        "category": await _text("SELECT slug FROM category ORDER BY position LIMIT 1"),
        "slug": await _text(
            "SELECT product.slug FROM product JOIN variant ON product = product.id WHERE sku = $1", MUG
        ),
        "account": await _text("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'"),
        "staff": await _text("SELECT id FROM person WHERE email = $1", EMAILS["staff"]),
    }
    return Scene(world, facts)


async def _text(sql: str, *args: object) -> str:
    found: UUID | str | None = await fetch_value(sql, *args)
    assert found is not None, sql
    return str(found)
