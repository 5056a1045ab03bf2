"""What pages read of a cart: its checkout groups (`groups`, pure) as they stand now (`read`)."""

from store.cart.queries.groups import (
    WAITING_PREFIX,
    AppliedCode,
    CheckoutGroup,
    GroupLine,
    GroupVendor,
    group_lines,
)
from store.cart.queries.read import CartView, count_items, name_variant, read_cart, read_group

__all__ = [
    "WAITING_PREFIX",
    "AppliedCode",
    "CartView",
    "CheckoutGroup",
    "GroupLine",
    "GroupVendor",
    "count_items",
    "group_lines",
    "name_variant",
    "read_cart",
    "read_group",
]
