"""What is for sale, and how many there are.

A variant's counters obey on_hand = reserved + sold + available with none below zero (I5, a CHECK), and they
change by rows of `stock_move` only: a variant starts at zero, `service.adjust_stock` fills the shelf.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.vendors.tables import Vendor


class Category(Table, tablename="category"):
    """A shelf of the shop."""

    id = UUID(primary_key=True, default=UUID4())
    slug = Text(unique=True)
    name = Text()
    intro = Text()
    position = Integer(default=0)


class Product(Table, tablename="product"):
    """One product. `price` is its lowest variant's, in minor units of the vendor's `currency`, for lists."""

    id = UUID(primary_key=True, default=UUID4())
    vendor = ForeignKey(Vendor, null=False)
    category = ForeignKey(Category, null=False)
    slug = Text(unique=True)
    title = Text()
    summary = Text()
    description = Text()
    art = Text()
    art_text = Text()
    currency = Text()
    price = BigInt()
    published = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())


class Variant(Table, tablename="variant"):
    """What is put into a cart. Every product has at least one; a lone one has an empty `label`."""

    id = UUID(primary_key=True, default=UUID4())
    product = ForeignKey(Product, null=False)
    sku = Text(unique=True)
    label = Text()
    price = BigInt()
    position = Integer(default=0)
    published = Boolean(default=True)
    on_hand = Integer(default=0)
    reserved = Integer(default=0)
    sold = Integer(default=0)

    stock_adds_up = Check("reserved >= 0 AND sold >= 0 AND on_hand - reserved - sold >= 0")
    price_is_positive = Check("price > 0")


class StockMove(Table, tablename="stock_move"):
    """One change of a variant's counters. `ref` names the cause (an order); (variant, kind, ref) is unique.

    Kinds: adjust (on_hand += quantity), hold (reserved +=), release (reserved -=), sell (reserved to sold).
    The counters change by a row here and by nothing else (a trigger, `guards/30_catalogue.sql`).
    `holder` is the cart a hold was made for: what that cart holds itself is still available to it.
    """

    id = BigSerial(primary_key=True)
    variant = ForeignKey(Variant, null=False)
    kind = Text()
    quantity = Integer()
    ref = Text()  # type: ignore[assignment]
    holder = UUID(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())

    stock_move_once = Unique(["variant", "kind", "ref"])
