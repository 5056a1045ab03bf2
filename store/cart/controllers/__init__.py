"""The cart over HTTP: its page, its lines, its promotion code."""

from store.cart.controllers.codes import apply_promotion, remove_promotion
from store.cart.controllers.lines import (
    accept_in_cart,
    add_to_cart,
    change_quantity,
    remove_from_cart,
    restore_to_cart,
)
from store.cart.controllers.page import COOKIE, COOKIE_SECONDS, read_cart_token, show_badge, show_cart

__all__ = ["COOKIE", "COOKIE_SECONDS", "read_cart_token", "route_handlers"]

route_handlers = [
    show_cart,
    show_badge,
    add_to_cart,
    change_quantity,
    remove_from_cart,
    restore_to_cart,
    accept_in_cart,
    apply_promotion,
    remove_promotion,
]
