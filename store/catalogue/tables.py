"""What is for sale, what it looks like, and how many there are.

A variant's counters obey on_hand = reserved + sold + available with none below zero (I5, a CHECK), and they
change by rows of `stock_move` only: a variant starts at zero, `service.adjust_stock` fills the shelf.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
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
    """One product. `price` is its lowest variant's, in minor units of the vendor's `currency`, for lists.

    `art` is a drawing of `static/art`, shown while there is no picture. `version` counts what a person changed, so
    that two who edit at once notice each other. What is archived is not published. `closed`: it is off the shelf as
    its shop is closed, and comes back with it.
    """

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
    archived_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    closed = Boolean(default=False)

    product_archived = Check("NOT published OR (archived_at IS NULL AND NOT closed)")


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


class Picture(Table, tablename="picture"):
    """One picture of a product, its own or a vendor's upload made anew. `name` is random and part of its address.

    `width` and `height` are those of the largest rendition, in pixels. A removed one is kept for a while, for Undo.
    """

    id = UUID(primary_key=True, default=UUID4())
    product = ForeignKey(Product, null=False)
    name = Text(unique=True)
    position = Integer(default=0)
    alt = Text()
    width = Integer()
    height = Integer()
    removed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    picture_is_described = Check("alt <> '' AND width > 0 AND height > 0")


class Rendition(Table, tablename="picture_rendition"):
    """A picture as it is sent: encoded, in one width (pixels) and one kind (webp, jpeg); never changed."""

    id = BigSerial(primary_key=True)
    picture = ForeignKey(Picture, null=False, on_delete=OnDelete.cascade)
    kind = Text()
    width = Integer()
    body = Bytea()

    rendition_once = Unique(["picture", "kind", "width"])
    rendition_kind = Check("kind IN ('webp', 'jpeg') AND width > 0")
