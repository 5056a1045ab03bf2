"""A cart and its lines. It holds intentions only: prices and stock are read anew at each look."""

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.catalogue.tables import Variant
from store.promotions.tables import Promotion


class Cart(Table, tablename="cart"):
    """One visitor's cart, found by the token in its own cookie; `promotion` is the code that was applied to it."""

    id = UUID(primary_key=True, default=UUID4())
    token = Text(unique=True)
    promotion = ForeignKey(Promotion, null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class CartLine(Table, tablename="cart_line"):
    """`quantity` of one variant; `seen_price` is the unit price the visitor was last shown and accepted."""

    id = UUID(primary_key=True, default=UUID4())
    cart = ForeignKey(Cart, null=False)
    variant = ForeignKey(Variant, null=False)
    quantity = Integer()
    seen_price = BigInt()
    added_at = Timestamptz(default=TimestamptzNow())

    cart_line_once = Unique(["cart", "variant"])
    sane_quantity = Check("quantity BETWEEN 1 AND 99")
