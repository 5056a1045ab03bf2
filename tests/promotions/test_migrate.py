"""A shop that was open before there were promotions keeps its orders, and their payments can still be confirmed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from tests.conftest import ROOT, database_url

LAST_BEFORE = "2026-11-25T09:00:00:000000"
OLD_ORDER = """
INSERT INTO vendor (id, slug, name, about, returns_text, ink, email, country, currency, charge_type)
  VALUES (gen_random_uuid(), 'kiln-co', 'Kiln', '', '', 'blue-sun', 'v@example.com', 'US', 'USD', 'destination');
INSERT INTO category (id, slug, name, intro, position) VALUES (gen_random_uuid(), 'kitchen', 'Kitchen', '', 0);
INSERT INTO product (id, vendor, category, slug, title, summary, description, art, art_text, currency, price)
  SELECT gen_random_uuid(), vendor.id, category.id, 'mug', 'Mug', '', '', 'enamel-mug', '', 'USD', 2400
  FROM vendor, category;
INSERT INTO variant (id, product, sku, label, price, position)
  SELECT gen_random_uuid(), id, 'MUG', '', 2400, 0 FROM product;
INSERT INTO orders (id, number, token, form_id, group_key, goods_hash, snapshot_hash, charge_type, email, full_name,
    address_line1, address_line2, city, region, postcode, country, currency, subtotal, delivery, total, fee, descriptor,
    hold_until)
  VALUES (gen_random_uuid(), 'OP-1', 'token', 'form', 'platform-USD', 'h', 's', 'destination', 'ada@example.com',
    'Ada', '1 Row', '', 'London', '', 'N1', 'GB', 'USD', 2400, 600, 3000, 240, 'OP-1', now());
INSERT INTO vendor_order (id, "order", vendor, vendor_name, account_ref, subtotal, delivery, total, fee, share)
  SELECT gen_random_uuid(), orders.id, vendor.id, 'Kiln', 'acct_1', 2400, 600, 3000, 240, 2760 FROM orders, vendor;
INSERT INTO order_line (id, "order", vendor_order, variant, product_slug, title, variant_label, art, unit_price,
    quantity, total)
  SELECT gen_random_uuid(), orders.id, vendor_order.id, variant.id, 'mug', 'Mug', '', 'enamel-mug', 2400, 1, 2400
  FROM orders, vendor_order, variant;
INSERT INTO payment (id, "order", token, charge_type, amount, currency, fee, request, status, provider_ref, expires_at)
  SELECT gen_random_uuid(), id, 'paytoken', 'destination', 3000, 'USD', 240, '{}', 'pending', 'cs_1', now()
  FROM orders;
"""
CAPTURE = """
INSERT INTO capture (id, payment, "order", capture_ref, kind, amount, currency, charge_type)
SELECT gen_random_uuid(), id, "order", 'ch_1', 'settling', amount, currency, charge_type FROM payment
"""


def migrate(url: str, *target: str) -> None:
    """Run the migrations up to `target`, all of them by default."""
    piccolo = Path(sys.executable).with_name("piccolo")
    command = [str(piccolo), "migrations", "forwards", "store", *target]
    env = {**os.environ, "DATABASE_URL": url, "PICCOLO_CONF": "store.piccolo_conf"}
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)


async def test_old_order_is_whole_and_payable_when_promotions_arrive(database: str) -> None:
    name = f"overprint_old_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    admin = await asyncpg.connect(database)
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template1')
    try:
        url = database_url(name)
        migrate(url, LAST_BEFORE)
        old = await asyncpg.connect(url)
        async with old.transaction():
            await old.execute(OLD_ORDER)
        await old.close()

        migrate(url)

        new = await asyncpg.connect(url)
        try:
            assert dict(await new.fetchrow("SELECT discount, promo_code, total FROM orders") or {}) == {
                "discount": 0,
                "promo_code": "",
                "total": 3000,
            }
            assert dict(await new.fetchrow("SELECT discount, owed, share FROM vendor_order") or {}) == {
                "discount": 0,
                "owed": 0,
                "share": 2760,
            }
            payment = await new.fetchrow("SELECT amount, subtotal, coupon, allows_codes, discount FROM payment")
            assert tuple(payment or ()) == (3000, 3000, 0, False, 0)
            await new.execute("UPDATE payment SET status = 'succeeded'")
            await new.execute(CAPTURE)
        finally:
            await new.close()
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()
