"""Where a sign-in of a while ago is not enough: what can take money, a shop or an account away.

Asked of every route there is. One that begins like these and forgets to ask fails here, and so does one that asks in
vain.
"""

from __future__ import annotations

from store.kit.db import fetch
from tests.app.actors import Scene, set_the_scene
from tests.app.test_access import MATRIX, SIGN_IN, list_routes, meet
from tests.world import Browser, World

GUARDED = (
    *("/sell/connect/", "/sell/team", "/sell/payouts/"),
    *("/account/email", "/account/password", "/account/export", "/account/delete"),
)
# It reads the provider's truth into our rows and changes nothing there.
LOOKS = {"GET /sell/connect/return"}


class LaterScene(Scene):
    """Everybody signed in sixteen minutes ago."""

    async def enter(self, actor: str) -> Browser:
        browser = await super().enter(actor)
        await fetch("UPDATE session SET signed_in_at = signed_in_at - interval '16 minutes' WHERE person IS NOT NULL")
        return browser


async def test_owner_signs_in_again_before_payouts_team_and_account_on_every_route(world: World) -> None:
    now = await set_the_scene(world)
    later = LaterScene(world, now.facts)

    asked_again = {route for route in MATRIX if await meet(later, "owner", route) == SIGN_IN}

    guarded = {route for route in list_routes(world) if route.partition(" ")[2].startswith(GUARDED)}
    assert asked_again == guarded - LOOKS
