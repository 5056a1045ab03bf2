"""The shop's shelves over HTTP: home, category, seller, search and product pages, and pictures; reading only."""

from store.catalogue.controllers.media import show_picture
from store.catalogue.controllers.product import show_product
from store.catalogue.controllers.shelf import show_category, show_home, show_search, show_seller

route_handlers = [show_home, show_category, show_seller, show_search, show_product, show_picture]
