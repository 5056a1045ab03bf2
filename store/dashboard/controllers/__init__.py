"""The vendor's pages over HTTP. Every one asks for a seat first, and every query and write carries its vendor's id."""

from store.dashboard.controllers.connect import come_back, open_dashboard, refresh, start
from store.dashboard.controllers.home import show_home
from store.dashboard.controllers.onboarding import open_a_shop, show_onboarding, show_sell, show_tasks
from store.dashboard.controllers.orders import deliver, export_orders, finish, ship, show_order, show_orders
from store.dashboard.controllers.payouts import ask_for_address, show_payouts, show_verify_address, verify_address
from store.dashboard.controllers.pictures import bring_back, make_first, remove, upload
from store.dashboard.controllers.product import create, save, show_new, show_product
from store.dashboard.controllers.products import archive, hide, restore, show_products
from store.dashboard.controllers.promotions import add_promotion, show_promotions, switch_off, switch_on
from store.dashboard.controllers.settings import close, open_up, pause, save_settings, show_settings
from store.dashboard.controllers.statement import show_statement
from store.dashboard.controllers.variants import save_all, show_variants

route_handlers = [
    show_sell,
    show_onboarding,
    open_a_shop,
    show_tasks,
    start,
    come_back,
    refresh,
    open_dashboard,
    show_home,
    show_products,
    show_new,
    create,
    show_product,
    save,
    hide,
    archive,
    restore,
    show_variants,
    save_all,
    upload,
    make_first,
    remove,
    bring_back,
    show_orders,
    export_orders,
    show_order,
    ship,
    deliver,
    finish,
    show_statement,
    show_payouts,
    ask_for_address,
    show_verify_address,
    verify_address,
    show_settings,
    save_settings,
    pause,
    close,
    open_up,
    show_promotions,
    add_promotion,
    switch_off,
    switch_on,
]
