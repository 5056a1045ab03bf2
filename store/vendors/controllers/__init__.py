"""What vendors, and those who become one, see: the sign-up, the team; and who may work in a shop (`require_seat`)."""

from store.vendors.controllers.join import join_shop, show_join
from store.vendors.controllers.seats import require_owner, require_seat
from store.vendors.controllers.signup import show_sign_up, sign_up
from store.vendors.controllers.team import invite_member, remove_from_team, show_team, withdraw_from_team

__all__ = ["require_owner", "require_seat", "route_handlers"]

route_handlers = [
    show_sign_up,
    sign_up,
    show_team,
    invite_member,
    withdraw_from_team,
    remove_from_team,
    show_join,
    join_shop,
]
