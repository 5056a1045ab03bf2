from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.constraints import Check

ID = "2026-11-25T10:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What a payment adds up to"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="store", description=DESCRIPTION
    )

    manager.add_constraint(
        table_class_name="Payment",
        tablename="payment",
        constraint_name="payment_adds_up",
        constraint_class=Check,
        params={
            "condition": "amount = subtotal - coupon AND least(amount, coupon, discount) >= 0 AND discount <= amount AND (coupon = 0) = (coupon_request = '') AND (discount = 0 OR allows_codes)"
        },
        schema=None,
    )

    return manager
