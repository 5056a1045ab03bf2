"""What vendors, and those who become one, see: the sign-up."""

from store.vendors.controllers.signup import show_sign_up, sign_up

route_handlers = [show_sign_up, sign_up]
