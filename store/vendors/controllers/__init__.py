"""What vendors, and those who become one, see: the sign-up; and who may work in a shop (`require_seat`)."""

from store.vendors.controllers.seats import require_owner, require_seat
from store.vendors.controllers.signup import show_sign_up, sign_up

__all__ = ["require_owner", "require_seat", "route_handlers"]

route_handlers = [show_sign_up, sign_up]
