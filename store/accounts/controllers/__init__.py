"""Accounts over HTTP: signing in and out, and who may go on. Sign-up is served by `vendors`: it may open a shop too."""

from store.accounts.controllers.account import end_sessions, show_account, show_sessions
from store.accounts.controllers.email import change_email, send_verification, show_email, show_verify, verify
from store.accounts.controllers.guards import SignInNeeded, lead_to_sign_in, require_fresh, require_person
from store.accounts.controllers.password import (
    ask_for_reset,
    change_password,
    reset_password,
    show_new_password,
    show_password,
    show_reset,
)
from store.accounts.controllers.session import SessionMiddleware, begin, end, find_person, flash, renew, take_flash
from store.accounts.controllers.signin import show_sign_in, show_sign_out, sign_in, sign_in_demo, sign_out

__all__ = [
    "SessionMiddleware",
    "SignInNeeded",
    "begin",
    "end",
    "find_person",
    "flash",
    "lead_to_sign_in",
    "renew",
    "require_fresh",
    "require_person",
    "route_handlers",
    "take_flash",
]

route_handlers = [
    show_account,
    show_sessions,
    end_sessions,
    show_sign_in,
    sign_in,
    sign_in_demo,
    show_sign_out,
    sign_out,
    send_verification,
    show_verify,
    verify,
    show_email,
    change_email,
    show_reset,
    ask_for_reset,
    show_new_password,
    reset_password,
    show_password,
    change_password,
]
