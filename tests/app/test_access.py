"""Who gets in where: each of nine actors at each route and verb of the composed shop (I28).

What is not yours is not found, never forbidden: a 403 would tell that it exists. A route that has no row here fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from litestar.routes import HTTPRoute

from store.kit.web.forms import FORM_TYPE
from tests.app.actors import ACTORS, GUESTS, HOLDERS, IN_THE_SHOP, Scene, set_the_scene
from tests.world import World

IN, SIGN_IN, NOT_FOUND, REFUSED = "in", "sign in", "404", "refused"
EVERYBODY = dict.fromkeys(ACTORS, IN)
NOBODY = dict.fromkeys(ACTORS, NOT_FOUND)
UNSIGNED = dict.fromkeys(ACTORS, REFUSED)
PERSONS = {actor: SIGN_IN if actor in GUESTS else IN for actor in ACTORS}
# Whoever holds the link of the order; the others try one that they made up.
TOKEN = {actor: IN if actor in HOLDERS else NOT_FOUND for actor in ACTORS}
# The pages of one's own shop, whichever that is; and what only its owner may do.
SEATED = {actor: SIGN_IN if actor in GUESTS else NOT_FOUND for actor in ACTORS} | dict.fromkeys(
    (*IN_THE_SHOP, "other vendor"), IN
)
OWNERS = SEATED | {"staff": NOT_FOUND}
# One thing of Kiln & Co's: for its people, and for its owner alone.
KILNS = SEATED | {"other vendor": NOT_FOUND}
KILNS_OWNER = OWNERS | {"other vendor": NOT_FOUND}

CODE = {"group": "platform-USD", "code": "WELCOME10"}
ASK = {"form_id": "form-0001", "seller": "{part_id}", "about": "question", "message": "When?"}


class Row(NamedTuple):
    """What each actor meets, at which address (the route's own unless given), with which form."""

    expected: dict[str, str]
    address: str = ""
    form: Mapping[str, str] = MappingProxyType({})


MATRIX = {
    "GET /": Row(EVERYBODY),
    "GET /c/{slug}": Row(EVERYBODY, "/c/{category}"),
    "GET /s/{slug}": Row(EVERYBODY, "/s/kiln-co"),
    "GET /search": Row(EVERYBODY),
    "GET /p/{slug}": Row(EVERYBODY),
    "GET /media/{name}": Row(NOBODY, "/media/nothing"),
    "GET /static/{file_path}": Row(EVERYBODY, "/static/css/app.css"),
    "HEAD /static/{file_path}": Row(EVERYBODY, "/static/css/app.css"),
    "GET /help": Row(EVERYBODY),
    "GET /returns": Row(EVERYBODY),
    "GET /terms": Row(EVERYBODY),
    "GET /privacy": Row(EVERYBODY),
    "GET /healthz": Row(EVERYBODY),
    "GET /readyz": Row(EVERYBODY),
    "GET /metrics": Row(EVERYBODY),
    "GET /cart": Row(EVERYBODY),
    "GET /cart/badge": Row(EVERYBODY),
    "POST /cart/add": Row(EVERYBODY, form={"variant": "{variant}", "quantity": "1"}),
    # Each of them comes with an empty cart.
    "POST /cart/accept": Row(NOBODY),
    "POST /cart/change": Row(EVERYBODY),
    "POST /cart/remove": Row(EVERYBODY),
    "POST /cart/restore": Row(EVERYBODY),
    "POST /cart/promotion": Row(EVERYBODY, form=CODE),
    "POST /cart/promotion/remove": Row(EVERYBODY),
    "GET /checkout": Row(EVERYBODY),
    "POST /checkout": Row(EVERYBODY),
    "GET /orders/{token}": Row(TOKEN),
    "GET /orders/{token}/status": Row(TOKEN),
    "GET /orders/{token}/ask": Row(TOKEN),
    "POST /orders/{token}/ask": Row(TOKEN, form=ASK),
    "POST /orders/{token}/pay": Row(TOKEN),
    "POST /orders/{token}/check": Row(TOKEN),
    "POST /orders/{token}/cancel": Row(TOKEN),
    "GET /payments/{token}/return": Row(TOKEN, "/payments/{payment}/return?session_id={session}"),
    "GET /pay/{token}": Row(TOKEN),
    "POST /payments/paypal": Row(TOKEN, form={"order": "{token}"}),
    "POST /payments/{token}/capture": Row(TOKEN, "/payments/{at_paypal}/capture"),
    "POST /webhooks/paypal": Row(UNSIGNED),
    "POST /webhooks/stripe": Row(UNSIGNED),
    "POST /webhooks/stripe/connect": Row(UNSIGNED),
    "GET /account": Row(PERSONS),
    "GET /account/signin": Row(EVERYBODY),
    "POST /account/signin": Row(EVERYBODY),
    "POST /account/demo": Row(EVERYBODY, form={"person": "otto"}),
    "GET /account/signup": Row(EVERYBODY),
    "POST /account/signup": Row(EVERYBODY),
    "GET /account/signout": Row(EVERYBODY),
    "POST /account/signout": Row(EVERYBODY),
    "GET /account/orders": Row(PERSONS),
    "GET /account/export": Row(PERSONS),
    "GET /account/delete": Row(PERSONS),
    "GET /account/email": Row(PERSONS),
    "POST /account/email": Row(PERSONS),
    "GET /account/password": Row(PERSONS),
    "POST /account/password": Row(PERSONS),
    "GET /account/sessions": Row(PERSONS),
    "POST /account/sessions/end": Row(PERSONS, form={"others": "1"}),
    "POST /account/verify": Row(PERSONS),
    "GET /account/reset": Row(EVERYBODY),
    "POST /account/reset": Row(EVERYBODY),
    # The links of mails: one that somebody made up opens nothing.
    "GET /account/reset/{token}": Row(NOBODY, "/account/reset/made-up"),
    "POST /account/reset/{token}": Row(NOBODY, "/account/reset/made-up", {"password": "analytical engine"}),
    "GET /account/verify/{token}": Row(NOBODY, "/account/verify/made-up"),
    "POST /account/verify/{token}": Row(PERSONS | dict.fromkeys(ACTORS[3:], NOT_FOUND), "/account/verify/made-up"),
    "GET /sell/join/{token}": Row(NOBODY, "/sell/join/made-up"),
    "POST /sell/join/{token}": Row(PERSONS | dict.fromkeys(ACTORS[3:], NOT_FOUND), "/sell/join/made-up"),
    "GET /sell": Row(EVERYBODY),
    "GET /sell/onboarding": Row(PERSONS),
    "POST /sell/onboarding": Row(PERSONS),
    "GET /sell/onboarding/status": Row(SEATED),
    "POST /sell/connect/start": Row(OWNERS),
    # The other shop takes direct charges and has the full dashboard.
    "POST /sell/connect/dashboard": Row(KILNS_OWNER),
    "GET /sell/connect/refresh": Row(KILNS_OWNER, "/sell/connect/refresh?account={account}"),
    "GET /sell/connect/return": Row(KILNS_OWNER, "/sell/connect/return?account={account}"),
    "GET /sell/home": Row(SEATED),
    "GET /sell/products": Row(SEATED),
    "POST /sell/products": Row(SEATED),
    "GET /sell/products/new": Row(SEATED),
    "GET /sell/products/{product_id}": Row(KILNS),
    "POST /sell/products/{product_id}": Row(KILNS),
    "GET /sell/products/{product_id}/variants": Row(KILNS),
    "POST /sell/products/{product_id}/variants": Row(KILNS),
    "POST /sell/products/{product_id}/hide": Row(KILNS),
    "POST /sell/products/{product_id}/archive": Row(KILNS),
    "POST /sell/products/{product_id}/restore": Row(KILNS),
    "POST /sell/uploads/{product_id}": Row(KILNS),
    "POST /sell/products/{product_id}/pictures/{picture_id}/first": Row(KILNS),
    "POST /sell/products/{product_id}/pictures/{picture_id}/remove": Row(KILNS),
    "POST /sell/products/{product_id}/pictures/{picture_id}/restore": Row(KILNS),
    "GET /sell/orders": Row(SEATED),
    "GET /sell/orders.csv": Row(SEATED),
    "GET /sell/orders/{part_id}": Row(KILNS),
    "POST /sell/orders/{part_id}/ship": Row(KILNS),
    "POST /sell/orders/{part_id}/deliver": Row(KILNS),
    "POST /sell/messages/{message_id}/done": Row(KILNS),
    "GET /sell/statement": Row(SEATED),
    "GET /sell/payouts": Row(SEATED),
    "POST /sell/payouts/address": Row(OWNERS),
    "GET /sell/payouts/verify/{token}": Row(
        PERSONS | dict.fromkeys(ACTORS[3:], NOT_FOUND), "/sell/payouts/verify/made-up"
    ),
    "POST /sell/payouts/verify/{token}": Row(
        PERSONS | dict.fromkeys(ACTORS[3:], NOT_FOUND), "/sell/payouts/verify/made-up"
    ),
    "GET /sell/team": Row(OWNERS),
    "POST /sell/team": Row(OWNERS),
    "POST /sell/team/withdraw": Row(
        OWNERS | {"owner": NOT_FOUND, "other vendor": NOT_FOUND}, form={"invitation": "{part_id}"}
    ),
    "POST /sell/team/remove": Row(KILNS_OWNER, form={"person": "{staff}"}),
    "GET /sell/promotions": Row(SEATED),
    "POST /sell/promotions": Row(SEATED),
    "POST /sell/promotions/{promotion_id}/off": Row(KILNS),
    "POST /sell/promotions/{promotion_id}/on": Row(KILNS),
    "GET /sell/settings": Row(SEATED),
    "POST /sell/settings": Row(SEATED),
    "POST /sell/settings/pause": Row(OWNERS),
    "POST /sell/settings/close": Row(OWNERS),
    "POST /sell/settings/open": Row(OWNERS),
    # At last: nobody can ask for anything after it.
    "POST /account/delete": Row(PERSONS),
}
# Pages of one's own that could show somebody else's order, and who may read of it there.
TELLING = {
    "/account/orders": ("buyer",),
    "/account/export": ("buyer",),
    # By the buyer's question, which waits there for an answer.
    "/sell/home": IN_THE_SHOP,
    "/sell/orders": IN_THE_SHOP,
    "/sell/orders.csv": IN_THE_SHOP,
    "/sell/statement": IN_THE_SHOP,
}


def list_routes(world: World) -> set[str]:
    """Every verb and route there is."""
    return {
        f"{method} {route.path_format}"
        for route in world.shop.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }


async def test_every_route_has_its_row(world: World) -> None:
    assert list_routes(world) ^ MATRIX.keys() == set()


@pytest.mark.parametrize("actor", ACTORS)
async def test_everybody_meets_what_is_theirs_and_nothing_else_on_every_route(world: World, actor: str) -> None:
    scene = await set_the_scene(world)

    met = {route: await meet(scene, actor, route) for route in MATRIX}

    differences = {
        route: (met[route], row.expected[actor]) for route, row in MATRIX.items() if met[route] != row.expected[actor]
    }
    assert differences == {}


@pytest.mark.parametrize("actor", ACTORS[3:])
async def test_order_is_read_of_by_its_people_only(world: World, actor: str) -> None:
    scene = await set_the_scene(world)
    browser = await scene.enter(actor)

    told = [path for path in TELLING if scene.facts["number"] in (await browser.get(path)).text]

    assert told == [path for path, readers in TELLING.items() if actor in readers]


async def meet(scene: Scene, actor: str, route: str) -> str:
    """What this actor gets there."""
    method, _, template = route.partition(" ")
    row = MATRIX[route]
    holds = actor in HOLDERS or row.expected is not TOKEN
    facts = scene.facts if holds else {**scene.facts, "token": "made-up", "payment": "made-up", "at_paypal": "made-up"}
    browser = await scene.enter(actor)
    body = urlencode({name: text.format(**facts) for name, text in row.form.items()})
    headers = {"Content-Type": FORM_TYPE} if method == "POST" else {}
    address = (row.address or template).format(**facts)
    answer = await browser.client.request(method, address, content=body, headers=headers)
    assert answer.status_code < 500, (route, answer.text)
    if answer.status_code == 404:
        return NOT_FOUND
    if answer.headers.get("location", "").startswith("/account/signin?next="):
        return SIGN_IN
    # A form that lacks something gets 400 or 422 from whoever has let it in; a webhook gets 400 for its signature.
    refused = (400, 401, 403) if "/webhooks/" in route else (401, 403)
    return REFUSED if answer.status_code in refused else IN
